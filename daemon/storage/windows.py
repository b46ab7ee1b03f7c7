"""Reading what the windows say: which entities changed, hourly sums, and the trailing hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from daemon.domain import MEASURES, Dimension, Entity, Measures
from daemon.store import StoredEntity

_SUMS = ", ".join(MEASURES)
_TOTALS = ", ".join(f"sum({name})" for name in MEASURES)


def entities(connection: sqlite3.Connection) -> list[StoredEntity]:
    """Return every entity ever seen."""
    rows = connection.execute("SELECT id, partition, dimension, name, first_seen, last_seen FROM entities ORDER BY id")
    return [StoredEntity(row[0], row[1], Entity(Dimension(row[2]), row[3]), row[4], row[5]) for row in rows]


def changed(connection: sqlite3.Connection, after: int, until: int) -> dict[int, list[int]]:
    """Return the hours that polls in (after, until] changed, by entity id."""
    found: dict[int, list[int]] = {}
    query = "SELECT entity_id, start FROM windows WHERE seq > ? AND seq <= ? AND grain = 3600"
    for entity_id, start in connection.execute(query, (after, until)):
        found.setdefault(entity_id, []).append(start)
    return found


def hours(connection: sqlite3.Connection, ids: Sequence[int], start: int, end: int) -> dict[int, dict[int, Measures]]:
    """Return hourly sums by entity id and window start, for starts in [start, end)."""
    found: dict[int, dict[int, Measures]] = {}
    query = f"SELECT start, {_SUMS} FROM windows WHERE entity_id = ? AND grain = 3600 AND start >= ? AND start < ?"  # noqa: S608 - our own column names
    for entity_id in ids:
        found[entity_id] = {row[0]: Measures(*row[1:]) for row in connection.execute(query, (entity_id, start, end))}
    return found


def trailing(connection: sqlite3.Connection, ids: Sequence[int], start: int, end: int) -> dict[int, Measures]:
    """Return the sums of the minutes in [start, end), by entity id; nothing for those without a call."""
    found = {}
    query = f"SELECT {_TOTALS} FROM windows WHERE entity_id = ? AND grain = 60 AND start >= ? AND start < ?"  # noqa: S608 - our own column names
    for entity_id in ids:
        row = connection.execute(query, (entity_id, start, end)).fetchone()
        if row[0] is not None:
            found[entity_id] = Measures(*row)
    return found
