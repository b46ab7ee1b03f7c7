from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local_platform.storage.database import Database
from local_platform.storage.schema import NewerSchemaError


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "db.sqlite3")
    yield opened
    await opened.close()


def _insert(name: str, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO incident VALUES (1, ?, 'k', 'e', 'd', '2026', NULL, 's')", (name,))


def _names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT id FROM incident ORDER BY id")]


async def test_what_is_written_can_be_read_as_soon_as_it_is_answered(database: Database) -> None:
    await database.write(lambda c: _insert("a", c))
    assert await database.read(_names) == ["a"]


async def test_a_failing_write_is_told_to_its_caller_and_leaves_its_neighbours_alone(database: Database) -> None:
    gate = threading.Event()
    blocked = asyncio.ensure_future(database.write(lambda _: gate.wait(10)))

    def half(connection: sqlite3.Connection) -> None:
        _insert("half", connection)
        raise ValueError("no")

    # These three wait behind the gate, so that they share one transaction.
    waiting = [
        asyncio.ensure_future(database.write(work))
        for work in (lambda c: _insert("a", c), half, lambda c: _insert("b", c))
    ]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(blocked, *waiting, return_exceptions=True)
    assert [type(result) for result in results] == [bool, type(None), ValueError, type(None)]
    assert await database.read(_names) == ["a", "b"]


async def test_a_write_whose_caller_gave_up_before_its_turn_is_not_made(database: Database) -> None:
    begun, gate = threading.Event(), threading.Event()

    def block(_: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(10)

    blocked = asyncio.ensure_future(database.write(block))
    # Only now is it certain that the next one is in a batch of its own.
    assert await asyncio.to_thread(begun.wait, 10)
    given_up = asyncio.ensure_future(database.write(lambda c: _insert("never", c)))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    gate.set()
    await blocked
    assert await database.read(_names) == []


async def test_a_batch_that_cannot_be_committed_is_told_to_every_caller(database: Database) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    try:
        await database.write(lambda c: c.execute("PRAGMA busy_timeout = 1").fetchall())
        other.execute("BEGIN IMMEDIATE")
        writes = [database.write(lambda c, n=n: _insert(n, c)) for n in "ab"]
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert all(isinstance(result, sqlite3.OperationalError) for result in results)
        other.execute("ROLLBACK")
    finally:
        other.close()
    await database.write(lambda c: _insert("after", c))
    assert await database.read(_names) == ["after"]


async def test_what_waits_when_the_database_closes_is_still_written(tmp_path: Path) -> None:
    database = Database(tmp_path / "db.sqlite3")
    writes = [asyncio.ensure_future(database.write(lambda c, n=n: _insert(n, c))) for n in "abc"]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    with pytest.raises(RuntimeError, match="closed"):
        await database.write(_names)
    again = Database(tmp_path / "db.sqlite3")
    assert await again.read(_names) == ["a", "b", "c"]
    await again.close()


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await database.read(lambda c: _insert("a", c))


def test_data_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 999")
    later.close()
    with pytest.raises(NewerSchemaError, match="later release"):
        Database(path)
