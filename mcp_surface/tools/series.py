"""What is watched."""

from __future__ import annotations

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from daemon.operations import Operations, SeriesList
from mcp_surface.answers import answer, plural


async def list_series(
    operations: Operations,
    pattern: Annotated[str, Field(description="Name or pattern, such as cost/agent/*.", max_length=300)] = "*",
    limit: Annotated[int, Field(description="Series per page.", ge=1, le=200)] = 50,
    offset: Annotated[int, Field(description="Series to skip.", ge=0)] = 0,
) -> Annotated[CallToolResult, SeriesList]:
    """List watched series with their last judged hour, expected band and tuning; open alerts first."""
    page = await operations.list_series(pattern, limit=limit, offset=offset)
    shown = len(page.series)
    alerting = sum(one.alert is not None for one in page.series)
    text = f"{shown} of {plural(page.total, 'series')}; {alerting} of these with an open alert"
    if offset + shown < page.total:
        text += f"; more with offset {offset + shown}"
    return answer(page, text)
