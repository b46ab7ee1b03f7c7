"""Calls in the tables of a platform, which a test can have copied into columns as far as it likes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from local_platform.analytics import folding
from local_platform.server import Platform, running_platform
from local_platform.storage.schema import migrate
from local_platform.wire import iso, to_ms

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


class Client:
    """Speaks to one platform as the clients of the newer analytics do."""

    def __init__(self, platform: Platform, session: aiohttp.ClientSession) -> None:
        self.platform = platform
        self._session = session

    async def send(self, method: str, path: str, body: object = None, **query: Any) -> Answer:
        async with self._session.request(method, self.platform.url + path, json=body, params=query) as response:
            return Answer(response.status, response.content_type, await response.json(content_type=None))

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.send("GET", f"/api/v2/{path}", **query)

    async def post(self, path: str, body: object) -> Answer:
        return await self.send("POST", f"/api/v2/{path}", body)

    async def items(self, report: str, **query: Any) -> list[Any]:
        answer = await self.get(f"analytics/{report}", size="100", **query)
        assert answer.status == 200, answer.body
        found: list[Any] = answer.body["_embedded"]["items"]
        return found

    async def figures(self, report: str, **query: Any) -> dict[str, float]:
        """Add a report up by group."""
        items = await self.items(report, **query)
        sums: dict[str, float] = {}
        for group in (group for item in items for group in item.get("groups", [item])):
            sums[group["groupName"]] = sums.get(group["groupName"], 0) + group["metrics"][0]["metricResult"]
        return sums

    async def legacy(self, report: str, **query: Any) -> dict[str, float]:
        """Add a report of the management tree up by group."""
        path = f"/v2/api/sources/metrics/ai/{report}"
        answer = await self.send("GET", path, teamId=self.platform.team_id, period="THIRTY_DAYS", **query)
        assert answer.status == 200, answer.body
        sums: dict[str, float] = {}
        for bucket in answer.body if isinstance(answer.body, list) else [answer.body]:
            for group in bucket["groups"]:
                sums[group["groupName"]] = sums.get(group["groupName"], 0) + group["metrics"][0]["metricResult"]
        return sums

    async def call(self, before: timedelta = timedelta(minutes=1), **fields: Any) -> None:
        """Meter a call that came some time before the present."""
        moment = iso(NOW - before)
        body = {
            "model": "gpt-4o",
            "provider": "OPENAI",
            "inputTokenCount": 1000,
            "outputTokenCount": 100,
            "totalTokenCount": 1100,
            "totalCost": 1,
            "requestTime": moment,
            "completionStartTime": moment,
            "responseTime": moment,
            "requestDuration": 500,
            "isStreamed": False,
            "stopReason": "END",
            "costType": "AI",
            **fields,
        }
        answer = await self.send("POST", "/meter/v2/ai/completions", body)
        assert answer.status == 201, answer.body

    async def tool(self, tool: str, **fields: Any) -> None:
        """Meter an event of a tool."""
        body = {"toolId": tool, "operation": "run", "durationMs": 40, "success": True, **fields}
        body["timestamp"] = iso(NOW - timedelta(minutes=1))
        answer = await self.send("POST", "/meter/v2/tool/events", body)
        assert answer.status == 201, answer.body


class Answer(NamedTuple):
    status: int
    form: str
    body: Any


@pytest.fixture
async def client(data_dir: Path) -> AsyncIterator[Client]:
    async with (
        running_platform(data_dir, clock=lambda: NOW) as platform,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {platform.api_key}"}) as session,
    ):
        yield Client(platform, session)
