"""How the daemon is doing."""

from __future__ import annotations

from typing import Annotated

from mcp.types import CallToolResult

from daemon.operations import Operations, Status
from mcp_surface.answers import answer, plural


async def monitor_status(operations: Operations) -> Annotated[CallToolResult, Status]:
    """Tell whether polling works, how many alerts are open, and whether messages get through."""
    status = await operations.status()
    return answer(status, _line(status))


def _line(status: Status) -> str:
    polled = f"{status.last_poll_at:%Y-%m-%d %H:%M:%S} UTC" if status.last_poll_at else "never"
    parts = [
        f"{status.state}: {plural(status.series, 'series')} watched",
        plural(status.open_alerts, "open alert"),
        f"last successful poll {polled}",
    ]
    parts += [f"{channel.name} held back: {channel.paused_for}" for channel in status.channels if channel.paused_for]
    return "; ".join(parts + ([status.problem] if status.problem else []))
