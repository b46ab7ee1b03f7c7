"""Where alerts are sent."""

from __future__ import annotations

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from daemon.operations import Operations, TestResult
from mcp_surface.answers import answer, plural


async def send_test_notification(
    operations: Operations,
    channel: Annotated[
        str | None, Field(description="Channel from monitor_status; all if left out.", max_length=60)
    ] = None,
) -> Annotated[CallToolResult, TestResult]:
    """Send a test message; monitor_status tells soon after whether it was delivered."""
    result = await operations.send_test(channel)
    return answer(result, f"{plural(len(result.queued), 'test message')} queued: {', '.join(result.queued)}")
