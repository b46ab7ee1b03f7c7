"""A platform in this process, a clock that stands still, and a client that knows the key."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from shutil import copy
from typing import Any, NamedTuple

import aiohttp
import pytest

from local_platform import ids
from local_platform.server import Platform, running_platform
from local_platform.storage.schema import migrate
from local_platform.testing import ManualClock

TENANT = 7
KEY = f"rev_sk_{ids.encode('tenant', TENANT)}_0123456789abcdef"
METER = "/meter/v2/ai/completions"
METRICS = "/profitstream/v2/api/sources/metrics/ai"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """Speaks to one platform with its key, and names its team where a query needs one."""

    def __init__(self, platform: Platform, session: aiohttp.ClientSession) -> None:
        self.platform = platform
        self.session = session

    async def send(self, method: str, path: str, **options: Any) -> Answer:
        async with self.session.request(method, self.platform.url + path, **options) as response:
            text = await response.text()
            body = json.loads(text) if "json" in response.content_type else text
            return Answer(response.status, body, dict(response.headers))

    async def get(self, path: str, **query: Any) -> Answer:
        params = {"teamId": self.platform.team_id, **query}
        return await self.send("GET", path, params=params)

    async def log(self, **query: Any) -> Answer:
        return await self.get(f"{METRICS}/completions", **query)

    async def records(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.log(**query)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.body.get("_embedded", {}).get("aICompletionMetricResourceList", [])
        return found

    async def report(self, name: str, **query: Any) -> Any:
        answer = await self.get(f"{METRICS}/{name}", **query)
        assert answer.status == 200, answer.body
        return answer.body

    async def meter(self, body: object, key: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return await self.send("POST", METER, data=BytesIO(json.dumps(body).encode()), headers=headers)

    async def import_lines(self, lines: list[str]) -> Answer:
        return await self.send("POST", "/local/v1/import", data=BytesIO("\n".join(lines).encode()))

    async def status(self) -> dict[str, Any]:
        answer = await self.send("GET", "/local/v1/status")
        found: dict[str, Any] = answer.body
        return found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 10, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them; to make them anew takes most of a platform's start."""
    path = tmp_path_factory.mktemp("empty") / "platform.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection)
    return path


@pytest.fixture
def data_dir(tmp_path: Path, empty_database: Path) -> Path:
    """A directory in which a platform starts sooner."""
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    copy(empty_database, made)
    return made


@pytest.fixture
async def platform(data_dir: Path, clock: ManualClock) -> AsyncIterator[Platform]:
    async with running_platform(data_dir, api_key=KEY, clock=clock) as running:
        yield running


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session:
        yield Client(platform, session)


@pytest.fixture
def completion(clock: ManualClock) -> Callable[..., dict[str, Any]]:
    """Make a body that is complete; a field set to None is left out."""

    def make(at: datetime | None = None, **fields: Any) -> dict[str, Any]:
        moment = (at or clock()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = {
            "transactionId": "tx-1",
            "model": "gpt-4o",
            "provider": "OPENAI",
            "costType": "AI",
            "inputTokenCount": 1000,
            "outputTokenCount": 100,
            "totalTokenCount": 1100,
            "requestTime": moment,
            "completionStartTime": moment,
            "responseTime": moment,
            "requestDuration": 600,
            "isStreamed": False,
            "stopReason": "END",
            **fields,
        }
        return {name: value for name, value in body.items() if value is not None}

    return make
