from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from local_platform.analytics.folder import Folder
from local_platform.storage.database import Database

from .conftest import Ledger


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "platform.sqlite3")
    yield opened
    await opened.close()


def copied(database: Database) -> tuple[int, int]:
    """Return up to which call is copied, and how many distinct batches there are."""
    with closing(sqlite3.connect(database.path)) as connection:
        (through,) = connection.execute("SELECT through FROM folded").fetchone()
        (batches,) = connection.execute("SELECT count(DISTINCT first) FROM call_column").fetchone()
    return through, batches


def fill(connection: sqlite3.Connection, calls: int) -> None:
    for _ in range(calls):
        Ledger(connection).call()


async def test_catching_up_copies_batch_after_batch(small_batches: None, database: Database) -> None:
    await database.write(lambda connection: fill(connection, 10))
    await Folder(database).catch_up()
    assert copied(database) == (10, 4)


async def test_of_several_that_catch_up_at_once_none_copies_what_another_has_copied(
    small_batches: None, database: Database
) -> None:
    await database.write(lambda connection: fill(connection, 10))
    folder = Folder(database)
    await asyncio.gather(*(folder.catch_up() for _ in range(5)))
    assert copied(database) == (10, 4)


async def test_metering_goes_on_between_two_batches(small_batches: None, database: Database) -> None:
    await database.write(lambda connection: fill(connection, 6))
    folder = Folder(database)
    assert await folder.step()
    await database.write(lambda connection: fill(connection, 1))
    await folder.catch_up()
    assert not await folder.step()
    assert copied(database) == (7, 3)
