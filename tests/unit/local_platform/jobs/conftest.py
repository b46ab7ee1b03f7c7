"""A platform in this process whose clock stands still, and a client that speaks of jobs to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from local_platform.server import Platform, running_platform
from local_platform.testing import ManualClock

API = "/profitstream/v2/api"


class Answer(NamedTuple):
    status: int
    body: Any


class Client:
    """Speaks to one platform with its key."""

    def __init__(self, platform: Platform, session: aiohttp.ClientSession) -> None:
        self.platform = platform
        self.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
        self._session = session

    async def send(self, method: str, path: str, body: object = None, **query: Any) -> Answer:
        params = {"teamId": self.platform.team_id, **query}
        data = None if body is None else json.dumps(body).encode()
        async with self._session.request(method, self.platform.url + path, params=params, data=data) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text) if text else None)

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.send("GET", API + path, **query)

    async def post(self, path: str, body: object) -> Answer:
        return await self.send("POST", API + path, body)

    async def put(self, path: str, body: object) -> Answer:
        return await self.send("PUT", API + path, body)

    async def patch(self, path: str, body: object) -> Answer:
        return await self.send("PATCH", API + path, body)

    async def meter(self, job: str | None, **fields: Any) -> None:
        moment = self.now.isoformat()
        body = {
            "model": "gpt-4o",
            "provider": "OPENAI",
            "inputTokenCount": 1000,
            "outputTokenCount": 100,
            "totalTokenCount": 1100,
            "totalCost": 0.25,
            "requestTime": moment,
            "completionStartTime": moment,
            "responseTime": moment,
            "requestDuration": 600,
            "stopReason": "END",
            "agenticJobId": job,
            **fields,
        }
        answer = await self.send("POST", "/meter/v2/ai/completions", body)
        assert answer.status == 201, answer.body

    async def jobs(self, **query: Any) -> list[str]:
        answer = await self.get("/jobs", **query)
        assert answer.status == 200, answer.body
        found = answer.body.get("_embedded", {}).get("jobResourceList", [])
        assert len(found) <= answer.body["page"]["totalElements"]
        return [job["agenticJobId"] for job in found]


@pytest.fixture
async def client(data_dir: Path, clock: ManualClock) -> AsyncIterator[Client]:
    async with (
        running_platform(data_dir, clock=clock) as platform,
        aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session,
    ):
        yield Client(platform, session)
