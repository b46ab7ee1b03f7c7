"""What was tuned at run time, who did it, and small facts about this database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any


def put(connection: sqlite3.Connection, pattern: str, body: Mapping[str, Any], at: int, actor: str) -> None:
    """Keep the override of a pattern, replacing an earlier one, and note it in the audit log."""
    text = json.dumps(dict(body), sort_keys=True)
    connection.execute(
        "INSERT INTO overrides (pattern, body, changed_at, changed_by) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (pattern) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        (pattern, text, at, actor),
    )
    note(connection, at, actor, "tune", f"{pattern} {text}")


def remove(connection: sqlite3.Connection, pattern: str, at: int, actor: str) -> bool:
    """Forget the override of a pattern; tells whether there was one."""
    gone = connection.execute("DELETE FROM overrides WHERE pattern = ?", (pattern,)).rowcount > 0
    if gone:
        note(connection, at, actor, "untune", pattern)
    return gone


def everything(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Return all overrides by pattern, oldest first."""
    rows = connection.execute("SELECT pattern, body FROM overrides ORDER BY changed_at, pattern")
    return {pattern: json.loads(body) for pattern, body in rows}


def note(connection: sqlite3.Connection, at: int, actor: str, action: str, detail: str) -> None:
    """Write one line of the audit log."""
    connection.execute("INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)", (at, actor, action, detail))


def fact(connection: sqlite3.Connection, key: str, value: str) -> str:
    """Return a fact about this database, keeping `value` if there is none yet."""
    connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", (key, value))
    return str(connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])
