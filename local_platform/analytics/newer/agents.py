"""Which agents use which tools."""

from __future__ import annotations

import sqlite3

from local_platform.analytics.newer.asking import Asked
from local_platform.wire import from_nano, to_ms


def tool_breakdown(connection: sqlite3.Connection, asked: Asked) -> list[dict[str, object]]:
    """Return the events of each agent and tool, the most costly first."""
    rows = connection.execute(
        "SELECT coalesce(agent, 'Unclassified'), coalesce(tool.name, tool_id),"
        " coalesce(json_extract(tool.json, '$.toolType'), 'CUSTOM'), count(*), sum(cost) AS spent"
        " FROM tool_event AS event LEFT JOIN document AS tool"
        " ON tool.kind = 'tool' AND tool.team = event.team AND tool.key = casefold(tool_id)"
        " WHERE event.team = ? AND at_ms >= ? AND at_ms < ? GROUP BY 1, 2, 3 ORDER BY spent DESC, 1, 2",
        (asked.team, to_ms(asked.window.start), to_ms(asked.window.end)),
    )
    return [
        {"agentName": agent, "toolName": tool, "toolType": kind, "totalCalls": calls, "totalCost": from_nano(spent)}
        for agent, tool, kind, calls, spent in rows
    ]
