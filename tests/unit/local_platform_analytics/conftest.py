"""Calls in the tables of a platform, which a test can have copied into columns as far as it likes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from local_platform.analytics import folding
from local_platform.storage.schema import migrate
from local_platform.wire import to_ms

TEAM = 2
NOW = datetime(2026, 3, 20, 12, 34, 56, tzinfo=UTC)

_CALL: Mapping[str, object] = {
    "created_ms": 0,
    "transaction_id": "t",
    "priced": 1,
    "team": TEAM,
    "provider": "OPENAI",
    "model": "gpt-4o",
    "input_tokens": 10,
    "output_tokens": 5,
    "reasoning_tokens": 0,
    "cached_tokens": 0,
    "total_tokens": 15,
    "duration_ms": 100,
    "input_cost": 0,
    "output_cost": 0,
    "total_cost": 1_000_000_000,
}


@dataclass(frozen=True)
class Ledger:
    """A platform's tables with what a test puts into them."""

    connection: sqlite3.Connection

    def call(self, before: timedelta = timedelta(minutes=1), **fields: Any) -> None:
        """Meter a call that came some time before the present."""
        row = {**_CALL, "request_ms": to_ms(NOW - before), **fields}
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO completion ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - a test's own columns
        self.connection.execute(statement, list(row.values()))

    def name(self, kind: str, number: int, name: str) -> None:
        """Let a resource be known by a name."""
        self.connection.execute(
            "INSERT OR REPLACE INTO document (kind, id, tenant, team, name, created_ms, updated_ms, json)"
            " VALUES (?, ?, 1, ?, ?, 0, 0, '{}')",
            (kind, number, TEAM, name),
        )

    def fold(self) -> int:
        """Copy all calls; return how many batches that took."""
        batches = 0
        while (batch := folding.next_batch(self.connection)) is not None:
            folding.store_batch(batch, self.connection)
            batches += 1
        return batches

    def copied(self) -> int:
        """Count the stored columns."""
        (count,) = self.connection.execute("SELECT count(*) FROM call_column").fetchone()
        return int(count)


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        return connection.serialize()


def open_ledger() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_empty())
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    return connection


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy any number of calls, three at a time."""
    monkeypatch.setattr(folding, "_SMALLEST_BATCH", 1)
    monkeypatch.setattr(folding, "_LARGEST_BATCH", 3)


@pytest.fixture
def ledger(small_batches: None) -> Iterator[Ledger]:
    with closing(open_ledger()) as connection:
        yield Ledger(connection)
