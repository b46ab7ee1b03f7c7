from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local_platform.metering.completion import Arrival, Completion, complete, named_in
from local_platform.metering.fields import checked
from local_platform.metering.intake import Intake
from local_platform.metering.names import Referred
from local_platform.storage.database import Database
from local_platform.wire import loads

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "db.sqlite3")
    yield opened
    await opened.close()


def _call(number: int, key: str | None = None, team: int = 1) -> Completion:
    body = {
        **{"model": "m", "provider": "P", "inputTokenCount": 1, "outputTokenCount": 1, "totalTokenCount": 2},
        **{"requestTime": "2026-03-10T12:00Z", "completionStartTime": "2026-03-10T12:00Z"},
        **{"responseTime": "2026-03-10T12:00Z", "requestDuration": 1, "stopReason": "END"},
        "transactionId": f"tx-{number}",
    }
    fields = checked(loads(json.dumps(body).encode()))
    return complete(fields, named_in(fields), Referred(), Arrival(team, NOW, key))


def _stored(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT transaction_id FROM completion ORDER BY id")]


async def test_calls_that_wait_together_are_all_stored_and_each_is_answered_with_its_own_row(
    database: Database,
) -> None:
    intake = Intake(database)
    answers = await asyncio.gather(*(intake.take(_call(number)) for number in range(150)))
    assert [answer.label for answer in answers] == [f"tx-{number}" for number in range(150)]
    assert len({answer.row for answer in answers}) == 150
    assert sorted(await database.read(_stored)) == sorted(answer.label for answer in answers)


async def test_a_key_counts_once_within_a_batch_and_across_batches_but_not_across_teams(database: Database) -> None:
    intake = Intake(database)
    first, twin, other = await asyncio.gather(
        intake.take(_call(1, "k")), intake.take(_call(2, "k")), intake.take(_call(3, "k", team=2))
    )
    again = await intake.take(_call(4, "k"))
    assert first == twin == again != other
    assert await database.read(_stored) == ["tx-1", "tx-3"]


async def test_everyone_in_a_batch_that_cannot_be_stored_hears_of_it_and_the_next_batch_goes_on(
    database: Database,
) -> None:
    intake = Intake(database)
    await database.write(lambda c: c.execute("PRAGMA busy_timeout = 1").fetchall())
    other = sqlite3.connect(database.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(*(intake.take(_call(number)) for number in range(3)), return_exceptions=True)
        assert all(isinstance(result, sqlite3.OperationalError) for result in results)
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert (await intake.take(_call(9))).label == "tx-9"


async def test_a_caller_that_goes_away_leaves_the_others_of_its_batch_alone(database: Database) -> None:
    intake = Intake(database)
    leaving, staying = (asyncio.ensure_future(intake.take(_call(number))) for number in (1, 2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).label == "tx-2"
    assert leaving.cancelled()
