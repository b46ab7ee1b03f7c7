"""Completions in the database: storing them once, reading them back, counting them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from local_platform.metering.completion import COLUMNS, Completion

_INSERT = (
    f"INSERT INTO completion (id, {', '.join(COLUMNS)}) "  # noqa: S608 - our own column names
    f"VALUES (?{', ?' * len(COLUMNS)})"
)
_TEAM = COLUMNS.index("team")
_INSERT_RECORD = "INSERT INTO completion_record (id, json) VALUES (?, ?)"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the answer to a metered call is made of."""

    row: int
    transaction_id: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the platform holds; the moments are request times in epoch milliseconds."""

    transactions: int
    unpriced: int
    first_ms: int | None
    last_ms: int | None


def meter(connection: sqlite3.Connection, completion: Completion) -> Stored:
    """Store one completion; the same idempotency key again finds what it stored first."""
    if completion.idempotency_key is not None:
        known = connection.execute(
            "SELECT id, transaction_id, created_ms FROM completion WHERE team = ? AND idempotency_key = ?",
            (completion.columns[_TEAM], completion.idempotency_key),
        ).fetchone()
        if known:
            return Stored(*known)
    row = meter_all(connection, [completion])
    return Stored(row, completion.transaction_id, completion.created_ms)


def meter_all(connection: sqlite3.Connection, completions: Sequence[Completion]) -> int:
    """Store completions that carry no key seen before; return the first one's row."""
    (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM completion").fetchone()
    rows = list(enumerate(completions, start=newest + 1))
    connection.executemany(_INSERT, ((row, *item.columns) for row, item in rows))
    connection.executemany(_INSERT_RECORD, ((row, item.record) for row, item in rows))
    return int(newest) + 1


def totals(connection: sqlite3.Connection, team: int) -> Totals:
    """Count what a team has."""
    return Totals(
        *connection.execute(
            "SELECT (SELECT count(*) FROM completion WHERE team = :team),"
            " (SELECT count(*) FROM completion WHERE priced = 0 AND team = :team),"
            " (SELECT min(request_ms) FROM completion WHERE team = :team),"
            " (SELECT max(request_ms) FROM completion WHERE team = :team)",
            {"team": team},
        ).fetchone()
    )


def metered_models(connection: sqlite3.Connection, team: int) -> list[tuple[str, str]]:
    """Return every provider and model that a team has metered."""
    return connection.execute(
        "SELECT DISTINCT provider, model FROM completion WHERE team = ? ORDER BY provider, model", (team,)
    ).fetchall()
