"""Completions in the database: storing them once, counting them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from local_platform.metering.answers import Stored
from local_platform.metering.completion import COLUMNS, Completion
from local_platform.wire import dumps

# A statement of many rows releases the interpreter once for all of them; more rows than this gain nothing.
_ROWS_OF_A_STATEMENT = 64

_FIND_KEYS = (
    "SELECT c.team, c.idempotency_key, c.id, c.transaction_id, c.created_ms"
    " FROM json_each(?) AS asked CROSS JOIN completion AS c"
    " ON c.team = asked.value ->> 0 AND c.idempotency_key = asked.value ->> 1"
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the platform holds; the moments are request times in epoch milliseconds."""

    transactions: int
    unpriced: int
    first_ms: int | None
    last_ms: int | None


def meter(connection: sqlite3.Connection, completions: Sequence[Completion]) -> list[Stored]:
    """Store completions; the same idempotency key again stores nothing and answers what its first call was answered."""
    answered = _answered(connection, completions)
    (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM completion").fetchone()
    fresh: list[tuple[int, Completion]] = []
    stored = []
    for completion in completions:
        key = (completion.team, completion.idempotency_key)
        answer = answered.get(key)
        if answer is None:
            answer = Stored(newest + len(fresh) + 1, completion.transaction_id, completion.created_ms)
            fresh.append((answer.row, completion))
            if completion.idempotency_key is not None:
                answered[key] = answer
        stored.append(answer)
    _insert(connection, "completion", len(COLUMNS) + 1, [(row, *one.columns) for row, one in fresh])
    _insert(connection, "completion_record", 2, [(row, one.record) for row, one in fresh])
    return stored


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


def _answered(
    connection: sqlite3.Connection, completions: Sequence[Completion]
) -> dict[tuple[int, str | None], Stored]:
    """Return what the calls under keys seen before were answered, by team and key."""
    keys = [(one.team, one.idempotency_key) for one in completions if one.idempotency_key is not None]
    if not keys:
        return {}
    return {(team, key): Stored(*answer) for team, key, *answer in connection.execute(_FIND_KEYS, (dumps(keys),))}


def _insert(connection: sqlite3.Connection, table: str, width: int, rows: Sequence[tuple[object, ...]]) -> None:
    for start in range(0, len(rows), _ROWS_OF_A_STATEMENT):
        some = rows[start : start + _ROWS_OF_A_STATEMENT]
        connection.execute(_insertion(table, width, len(some)), [value for row in some for value in row])


@cache
def _insertion(table: str, width: int, rows: int) -> str:
    columns = {"completion": ("id", *COLUMNS), "completion_record": ("id", "json")}[table]
    marks = ",".join([f"({','.join('?' * width)})"] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}"  # noqa: S608 - our own names
