"""Whether anything was metered, and when last."""

from __future__ import annotations

import sqlite3

from local_platform.wire import iso_ms


def last_call(connection: sqlite3.Connection, team: int) -> str | None:
    """Return the moment of a team's last call."""
    (moment,) = connection.execute("SELECT max(request_ms) FROM completion WHERE team = ?", (team,)).fetchone()
    return iso_ms(moment)


def last_traced_call(connection: sqlite3.Connection, team: int) -> str | None:
    """Return the moment of a team's last call that belongs to a trace."""
    # Left to itself, SQLite would sort every traced call; and without any, the walk back would never end.
    row = connection.execute(
        "SELECT request_ms FROM completion INDEXED BY completion_by_request"
        " WHERE team = :team AND trace_id IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM completion WHERE team = :team AND trace_id IS NOT NULL)"
        " ORDER BY request_ms DESC LIMIT 1",
        {"team": team},
    ).fetchone()
    return iso_ms(row[0]) if row else None
