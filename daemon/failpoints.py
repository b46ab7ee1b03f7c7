"""Named places where a test may end the process as a power cut would; without the variable they do nothing."""

from __future__ import annotations

import os
import signal

_NAME, _, _SKIP = os.environ.get("MONITOR_FAILPOINT", "").partition(":")
_left = int(_SKIP or 0)


def failpoint(name: str) -> None:
    """Kill this process with SIGKILL if ``MONITOR_FAILPOINT`` names this place; ``name:N`` lets it pass N times."""
    global _left  # noqa: PLW0603 - one countdown per process is the point
    if name != _NAME:
        return
    if _left > 0:
        _left -= 1
        return
    os.kill(os.getpid(), signal.SIGKILL)
