"""A platform in this process whose clock stands still, and somebody who sets rules and meters calls there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from local_platform import ids
from local_platform.server import Platform, running_platform
from local_platform.testing import ManualClock
from local_platform.wire import iso

KEY = f"rev_sk_{ids.encode('tenant', 7)}_0123456789abcdef"
BASE = "/profitstream/v2/api"


class Answer(NamedTuple):
    status: int
    body: Any


class Client:
    """Speaks to one platform with its key."""

    def __init__(self, platform: Platform, session: aiohttp.ClientSession, clock: ManualClock) -> None:
        self.platform = platform
        self.session = session
        self.clock = clock

    @property
    def team(self) -> str:
        return self.platform.team_id

    async def send(self, method: str, path: str, body: object = None, **query: Any) -> Answer:
        sent = {"json": body} if body is not None else {}
        async with self.session.request(method, self.platform.url + path, params=query, **sent) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text) if text else None)

    async def get(self, path: str, **query: Any) -> Any:
        """Read something of the team that is there."""
        answer = await self.send("GET", f"{BASE}/{path}", teamId=self.team, **query)
        assert answer.status == 200, answer.body
        return answer.body

    async def page(self, path: str, **query: Any) -> list[dict[str, Any]]:
        body = await self.get(path, **query)
        return [item for items in body.get("_embedded", {}).values() for item in items]

    async def make(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.send("POST", f"{BASE}/{path}", {**body, "teamId": self.team})
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.body
        return made

    async def rule(self, **fields: Any) -> dict[str, Any]:
        plain = {
            "name": "Costs",
            "alertType": "THRESHOLD",
            "metricType": "TOTAL_COST",
            "operatorType": "GREATER_THAN",
            "threshold": 10,
            "periodDuration": "FIFTEEN_MINUTES",
            "enabled": True,
        }
        return await self.make("sources/ai/anomaly", plain | fields)

    async def budget(self, **fields: Any) -> dict[str, Any]:
        return await self.rule(**{"alertType": "CUMULATIVE_USAGE", "periodDuration": "DAILY", **fields})

    async def control(self, **fields: Any) -> dict[str, Any]:
        plain = {"name": "Cap", "metricType": "TOTAL_COST", "windowType": "DAILY", "action": "BLOCK", "hardLimit": 10}
        return await self.make("ai/cost-controls", plain | fields)

    async def meter(self, dollars: float, **fields: Any) -> None:
        moment = iso(self.clock())
        body = {
            "transactionId": "tx",
            "model": "gpt-4o",
            "provider": "OPENAI",
            "inputTokenCount": 10,
            "outputTokenCount": 5,
            "totalTokenCount": 15,
            "requestTime": moment,
            "completionStartTime": moment,
            "responseTime": moment,
            "requestDuration": 100,
            "stopReason": "END",
            "totalCost": dollars,
            **fields,
        }
        answer = await self.send("POST", "/meter/v2/ai/completions", body)
        assert answer.status == 201, answer.body

    async def make_job_type(self, name: str) -> None:
        """Let jobs of a type be measured by their quality."""
        path = f"{BASE}/jobs/types/{name}/economics"
        answer = await self.send("PUT", path, {"metrics": [{"key": "quality_rate"}]}, teamId=self.team)
        assert answer.status == 200, answer.body

    async def report_quality(self, job: str, job_type: str, share: float, **more: Any) -> None:
        await self.make_job_type(job_type)
        await self.send("POST", f"{BASE}/jobs", {"agenticJobId": job, "name": job, "type": job_type}, teamId=self.team)
        metric = {"key": "quality_rate", "value": share, **more}
        answer = await self.send("POST", f"{BASE}/jobs/{job}/outcome/metrics", [metric], teamId=self.team)
        assert answer.status < 300, answer.body

    async def evaluate(self) -> dict[str, Any]:
        answer = await self.send("POST", "/local/v1/evaluations")
        assert answer.status == 200, answer.body
        done: dict[str, Any] = answer.body
        return done

    async def alerts(self, **query: Any) -> list[dict[str, Any]]:
        return await self.page("sources/ai/alert", **query)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 5, 14, 12, tzinfo=UTC))


Connected = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture
def connected(data_dir: Path, clock: ManualClock) -> Connected:
    """Start the platform on its data, as often as a test wants."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Client]:
        async with (
            running_platform(data_dir, api_key=KEY, clock=clock) as platform,
            aiohttp.ClientSession(headers={"x-api-key": KEY}) as session,
        ):
            yield Client(platform, session, clock)

    return connect


@pytest.fixture
async def client(connected: Connected) -> AsyncIterator[Client]:
    async with connected() as client:
        yield client
