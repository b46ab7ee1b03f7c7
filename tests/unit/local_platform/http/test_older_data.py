from __future__ import annotations

import sqlite3
from pathlib import Path

import aiohttp
import pytest

from local_platform.accounts.keys import Keys
from local_platform.server import running_platform
from local_platform.storage import schema

KEY = "hak_0123456789abcdef"


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of the release before keys had states, with a label and a job's call in it."""
    steps = sorted(schema._MIGRATIONS.glob("*.sql"))
    connection = sqlite3.connect(tmp_path / "platform.sqlite3")
    for path in steps:
        if int(path.name[:4]) < 9:
            connection.executescript(path.read_text())
    connection.execute("INSERT INTO incident VALUES ('i', 'k', 'e', 'd', '2026-01-01T00:00:00.000Z', NULL, 's')")
    columns = [
        row for row in connection.execute("PRAGMA table_info(completion)") if row[3] and not row[4] and row[5] == 0
    ]
    values = {name: "x" if kind == "TEXT" else 1 for _, name, kind, *_ in columns} | {
        "id": 1,
        "team": 5,
        "job": "old-job",
    }
    marks = ", ".join("?" * len(values))
    statement = f"INSERT INTO completion ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - names from the schema
    connection.execute(statement, tuple(values.values()))
    connection.execute(
        """INSERT INTO completion_record VALUES (1, '{"agenticJobId":"old-job","agenticJobName":"Old"}')"""
    )
    connection.execute("PRAGMA user_version = 8")
    connection.commit()
    connection.close()
    return tmp_path


async def test_labels_of_an_earlier_release_belong_to_the_account_that_opens_the_file(older: Path) -> None:
    async with (
        running_platform(older, api_key=KEY) as platform,
        aiohttp.ClientSession(platform.url, headers={"x-api-key": KEY}) as session,
        session.get("/local/v1/incidents") as response,
    ):
        assert [one["id"] for one in await response.json()] == ["i"]


async def test_jobs_that_calls_of_an_earlier_release_name_are_known(older: Path) -> None:
    async with running_platform(older, api_key=KEY):
        pass
    connection = sqlite3.connect(older / "platform.sqlite3")
    found = connection.execute("SELECT team, agentic_id, name, source FROM job").fetchall()
    connection.close()
    assert found == [(5, "old-job", "Old", "TELEMETRY")]


async def test_another_key_for_the_same_data_is_the_operator_from_then_on(tmp_path: Path) -> None:
    async with running_platform(tmp_path, api_key=KEY) as first:
        pass
    async with (
        running_platform(tmp_path, api_key="hak_another_0123456789") as second,
        aiohttp.ClientSession(second.url, headers={"x-api-key": KEY}) as session,
    ):
        assert second.team_id == first.team_id
        async with session.put("/local/v1/faults", json={}) as response:
            assert response.status == 200, "the first key is of the same tenant"


def test_nobody_is_known_before_anything_is_read() -> None:
    keys = Keys()
    assert (keys.find(KEY), keys.has_team(0, 0)) == (None, False)
