"""What tests of every folder share: a clock that stands still, databases, and calls to put into them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from daemon.clock import to_ms
from daemon.domain import TOTAL, Dimension, Entity, Measures, Transaction
from daemon.storage.database import migrate
from daemon.storage.sqlite import SqliteStore
from daemon.testing import NOON, ManualClock


@contextmanager
def _memory_database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        yield connection


def _call(row_id: str, at: int = to_ms(NOON), *, nanos: int = 1_000_000_000, **given: Any) -> Transaction:
    """Build a call; other measures and dimensions are named like their fields, as in ``agent="bot"``."""
    entities = [Entity(dimension, given.pop(dimension)) for dimension in Dimension if dimension in given]
    return Transaction(
        row_id=row_id,
        transaction_id=given.pop("transaction_id", f"tx-{row_id}"),
        at=at,
        entities=(TOTAL, *entities),
        measures=Measures(calls=1, cost_nanos=nanos, **given),
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def memory_database() -> Callable[[], AbstractContextManager[sqlite3.Connection]]:
    """Open an empty, migrated database in memory; for properties, where each example needs its own."""
    return _memory_database


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with _memory_database() as connection:
        yield connection


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "monitor.sqlite3")
    await store.open()
    yield store
    await store.close()


@pytest.fixture(scope="session")
def call() -> Callable[..., Transaction]:
    return _call
