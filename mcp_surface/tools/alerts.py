"""What was found."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import Field

from daemon.operations import AlertDetail, AlertList, Operations
from mcp_surface.answers import answer, plural

NAMED = 5  # alerts that the text names; the data holds all


async def list_alerts(
    operations: Operations,
    state: Annotated[Literal["firing", "resolved", "any"], Field(description="Which alerts.")] = "any",
    limit: Annotated[int, Field(description="Most alerts to return.", ge=1, le=100)] = 20,
) -> Annotated[CallToolResult, AlertList]:
    """List alerts, newest first, with what was observed and expected; those of one incident share its id."""
    found = await operations.list_alerts(state, limit=limit)
    names = ", ".join(f"{one.id} {one.series} ({one.state})" for one in found.alerts[:NAMED])
    text = f"{len(found.alerts)} of {plural(found.total, 'alert')}"
    return answer(found, f"{text}: {names}" if names else f"{text}; nothing unusual was found")


async def explain_alert(
    operations: Operations,
    alert_id: Annotated[str, Field(description="Id from list_alerts.", max_length=100)],
) -> Annotated[CallToolResult, AlertDetail]:
    """Tell why an alert fired: the expected band, who and what made the excess, related alerts, and who was told."""
    detail = await operations.explain_alert(alert_id)
    causes = f" Causes: {'; '.join(detail.causes)}." if detail.causes else ""
    return answer(detail, f"{detail.alert.series} is {detail.alert.state}: {detail.alert.summary}{causes}")
