"""T1: metered calls become transactions and windows, once each, however often they are read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from daemon.domain import HOUR_MS, MEASURES, MINUTE_MS, NAMED, Dimension, Entity, Transaction
from daemon.store import Poll

MINUTES_KEPT_MS = 48 * HOUR_MS
"""Minute windows serve the trailing hour only; older calls go straight to the hourly ones."""

COLUMNS = ("row_id", "transaction_id", "at", *NAMED, *MEASURES)

_INSERT = f"INSERT OR REPLACE INTO transactions ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - our own column names
_UPSERT = (
    f"INSERT INTO windows (entity_id, grain, start, seq, {', '.join(MEASURES)}) VALUES ({', '.join('?' * (4 + len(MEASURES)))}) "  # noqa: S608 - our own column names
    "ON CONFLICT (entity_id, grain, start) DO UPDATE SET seq = excluded.seq, "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in MEASURES)
)

Row = tuple[str | int | None, ...]
Deltas = dict[tuple[Entity, int, int], list[int]]


def ingest(
    connection: sqlite3.Connection,
    tenant: str,
    source: str,
    transactions: Sequence[Transaction],
    at: int,
    watermark: int | None,
) -> Poll:
    """Record calls, correct their windows and move the cursor; see `daemon.store.Store.ingest`."""
    reached = max(watermark or 0, cursor(connection, source))
    seq = connection.execute(
        "INSERT INTO polls (source, at, watermark, fetched, added, revised) VALUES (?, ?, ?, ?, 0, 0)",
        (source, at, reached, len(transactions)),
    ).lastrowid
    assert seq is not None  # noqa: S101 - sqlite3 types it optional; an INSERT always sets it
    rows = {transaction.row_id: _row(transaction) for transaction in transactions}
    known = _known(connection, list(rows))
    fresh = [row for row_id, row in rows.items() if known.get(row_id) != row]
    outdated = [known[str(row[0])] for row in fresh if row[0] in known]
    deltas: Deltas = {}
    horizon = at - MINUTES_KEPT_MS
    for row in outdated:
        _add(deltas, row, -1, horizon)
    for row in fresh:
        _add(deltas, row, 1, horizon)
    connection.executemany(_INSERT, fresh)
    _apply(connection, tenant, deltas, seq)
    added, revised = len(fresh) - len(outdated), len(outdated)
    connection.execute("UPDATE polls SET added = ?, revised = ? WHERE seq = ?", (added, revised, seq))
    return Poll(seq, reached, len(transactions), added, revised)


def cursor(connection: sqlite3.Connection, source: str) -> int:
    """Return up to when the source has been read completely, 0 before the first read."""
    row = connection.execute("SELECT max(watermark) FROM polls WHERE source = ?", (source,)).fetchone()
    return int(row[0] or 0)


def latest(connection: sqlite3.Connection) -> Poll | None:
    """Return the newest committed read."""
    row = connection.execute(
        "SELECT seq, watermark, fetched, added, revised FROM polls ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return Poll(*row) if row else None


def totals(connection: sqlite3.Connection, start: int, end: int) -> tuple[int, int]:
    """Return how many calls lie in [start, end) and what they cost in nano-dollars."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(cost_nanos), 0) FROM transactions WHERE at >= ? AND at < ?", (start, end)
    ).fetchone()
    return int(row[0]), int(row[1])


def quarantine(connection: sqlite3.Connection, records: Iterable[tuple[str, str, str]], at: int) -> None:
    """Set aside records that could not be understood: (row id, reason, raw text)."""
    connection.executemany(
        "INSERT OR IGNORE INTO quarantine (row_id, at, reason, record) VALUES (?, ?, ?, ?)",
        [(row_id, at, reason, record) for row_id, reason, record in records],
    )


def _row(transaction: Transaction) -> Row:
    named = {entity.dimension: entity.name for entity in transaction.entities}
    measures = transaction.measures
    return (
        transaction.row_id,
        transaction.transaction_id,
        transaction.at,
        *(named.get(dimension) for dimension in NAMED),
        *(getattr(measures, name) for name in MEASURES),
    )


def _known(connection: sqlite3.Connection, row_ids: Sequence[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for start in range(0, len(row_ids), 500):
        chunk = row_ids[start : start + 500]
        marks = ", ".join("?" * len(chunk))
        query = f"SELECT {', '.join(COLUMNS)} FROM transactions WHERE row_id IN ({marks})"  # noqa: S608 - our own column names
        found.update((row[0], row) for row in connection.execute(query, chunk))
    return found


def _add(deltas: Deltas, row: Row, sign: int, horizon: int) -> None:
    at = row[2]
    assert isinstance(at, int)  # noqa: S101 - the column is an integer
    measures = [sign * int(value or 0) for value in row[-len(MEASURES) :]]
    starts = [(3600, at - at % HOUR_MS)]
    if at >= horizon:
        starts.append((60, at - at % MINUTE_MS))
    names = zip(NAMED, row[3 : 3 + len(NAMED)], strict=True)
    entities = [
        Entity(Dimension.TOTAL, ""),
        *(Entity(dimension, str(name)) for dimension, name in names if name is not None),
    ]
    for entity in entities:
        for grain, start in starts:
            sums = deltas.get((entity, grain, start))
            if sums is None:
                deltas[entity, grain, start] = measures.copy()
            else:
                for index, value in enumerate(measures):
                    sums[index] += value


def _apply(connection: sqlite3.Connection, tenant: str, deltas: Deltas, seq: int) -> None:
    spans: dict[Entity, tuple[int, int]] = {}
    for entity, _, start in deltas:
        first, last = spans.get(entity, (start, start))
        spans[entity] = min(first, start), max(last, start)
    ids = {entity: _entity_id(connection, tenant, entity, *span) for entity, span in spans.items()}
    connection.executemany(
        _UPSERT, ((ids[entity], grain, start, seq, *sums) for (entity, grain, start), sums in deltas.items())
    )


def _entity_id(connection: sqlite3.Connection, tenant: str, entity: Entity, first: int, last: int) -> int:
    row = connection.execute(
        "INSERT INTO entities (partition, dimension, name, first_seen, last_seen) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (dimension, name) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), "
        "last_seen = max(last_seen, excluded.last_seen) RETURNING id",
        (entity.partition(tenant), entity.dimension, entity.name, first, last),
    ).fetchone()
    return int(row[0])
