"""The vendor's own clients, unchanged: where they are, and the watch that keeps them on this machine.

The vendor's MCP server needs libraries that clash with ours, so it lives in an environment of its own, together with
the SDK and the packages that the SDK hooks into: `make vendor` builds it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]


def _vendor_python() -> Path | None:
    place = Path(os.environ.get("MONITOR_VENDOR_MCP") or CHECKOUT / ".cache" / "vendor-mcp")
    python = place / "bin" / "python" if place.is_dir() else place
    return python if python.is_file() else None


@pytest.fixture(scope="session")
def vendor_python() -> Path:
    """The interpreter of the environment with the vendor's packages."""
    if python := _vendor_python():
        return python
    pytest.skip("the vendor's packages are not there; `make vendor` installs them, or set MONITOR_VENDOR_MCP")


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, str]]:
    """Give the environment of a process that cannot leave the machine, and writes each attempt into a file."""

    def environment(attempts: Path) -> dict[str, str]:
        attempts.touch()
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path_factory.mktemp("home")),
            "TZ": "UTC",
            "PYTHONPATH": str(HERE / "watch"),
            "ATTEMPTS": str(attempts),
        }

    return environment
