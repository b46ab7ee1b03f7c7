"""What an alert is explained with: an entity's calls by all their names at once, and its calm past."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from daemon.domain import MEASURES, NAMED, Dimension, Entity, Measures
from daemon.store import Cells, Span

_LABELS = ", ".join(NAMED)
_TOTALS = ", ".join(f"sum({name})" for name in MEASURES)


def cells(connection: sqlite3.Connection, entity: Entity, spans: Sequence[Span]) -> Cells:
    """Return the sums of an entity's calls in some spans, none of which overlap, by their names."""
    only, values = _condition(entity)
    found: dict[tuple[str | None, ...], Sequence[int]] = {}
    query = f"SELECT {_LABELS}, {_TOTALS} FROM transactions WHERE at >= ? AND at < ? {only} GROUP BY {_LABELS}"  # noqa: S608 - enum names
    # A query for each span, since SQLite reads a list of ranges as one that holds them all.
    for span in spans:
        for row in connection.execute(query, (*span, *values)):
            labels, sums = row[: len(NAMED)], row[len(NAMED) :]
            known = found.get(labels)
            found[labels] = sums if known is None else [one + more for one, more in zip(known, sums, strict=True)]
    return {labels: Measures(*sums) for labels, sums in found.items()}


def seen_since(connection: sqlite3.Connection, entities: Iterable[Entity]) -> list[int]:
    """Return when those of some entities that are known were first seen, in their order."""
    query = "SELECT first_seen FROM entities WHERE dimension = ? AND name = ?"
    rows = (connection.execute(query, (entity.dimension, entity.name)).fetchone() for entity in entities)
    return [row[0] for row in rows if row is not None]


def episodes(connection: sqlite3.Connection, series: str, start: int, end: int) -> list[Span]:
    """Return from when to when a series had episodes that overlap [start, end); an open one ends with it."""
    query = (
        "SELECT opened_at, coalesce(resolved_at, ?) FROM alerts "
        "WHERE series = ? AND opened_at < ? AND coalesce(resolved_at, ?) > ? ORDER BY opened_at"
    )
    return connection.execute(query, (end, series, end, end, start)).fetchall()


def _condition(entity: Entity) -> tuple[str, tuple[str, ...]]:
    if entity.dimension is Dimension.TOTAL:
        return "", ()
    return f"AND {entity.dimension} = ?", (entity.name,)
