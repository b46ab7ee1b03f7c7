"""What was answered to a metered record, so that the same idempotency key gets the same answer again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stored:
    """What an answer is made of.

    Attributes:
        row: The number of the row that was made.
        label: The transaction's id.
        created_ms: When it arrived first.
    """

    row: int
    label: str
    created_ms: int


def once(connection: sqlite3.Connection, kind: str, team: int, key: str | None, make: Callable[[], Stored]) -> Stored:
    """Make something unless it was made under this key before; return what was made first."""
    if key is None:
        return make()
    known = connection.execute(
        "SELECT row, label, created_ms FROM answer WHERE team = ? AND kind = ? AND key = ?", (team, kind, key)
    ).fetchone()
    if known:
        return Stored(*known)
    stored = make()
    connection.execute(
        "INSERT INTO answer (team, kind, key, row, label, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (team, kind, key, stored.row, stored.label, stored.created_ms),
    )
    return stored
