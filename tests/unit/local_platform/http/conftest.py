"""A platform in this process with a tenant of its own and a foreign one, and clients with keys of every scope."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from local_platform.server import Platform, running_platform
from local_platform.testing import ManualClock


class Answer(NamedTuple):
    status: int
    body: Any
    text: str
    headers: dict[str, str]


class Client:
    """Speaks with one key, for one team."""

    def __init__(self, url: str, session: aiohttp.ClientSession, key: str, team_id: str, tenant_id: str) -> None:
        self.url = url
        self.key = key
        self.team_id = team_id
        self.tenant_id = tenant_id
        self._session = session

    async def send(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"x-api-key": self.key}
        async with self._session.request(method, self.url + path, params=query, data=data, headers=headers) as response:
            text = await response.text()
            decoded = json.loads(text) if text and "json" in response.content_type else None
            return Answer(response.status, decoded, text, dict(response.headers))

    async def get(self, path: str, **query: str) -> Answer:
        return await self.send("GET", path, **query)

    async def put(self, path: str, body: object) -> Answer:
        return await self.send("PUT", path, body)


@pytest.fixture
async def platform(data_dir: Path, clock: ManualClock) -> AsyncIterator[Platform]:
    async with running_platform(data_dir, clock=clock) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def owner(platform: Platform, session: aiohttp.ClientSession) -> Client:
    return Client(platform.url, session, platform.api_key, platform.team_id, platform.tenant_id)


@pytest.fixture
def with_key(owner: Client, session: aiohttp.ClientSession) -> Callable[..., Awaitable[Client]]:
    """Make a key, and return a client that has it."""

    async def make(**fields: str) -> Client:
        made = (await owner.send("POST", "/local/v1/keys", fields)).body
        return Client(owner.url, session, made["key"], made["teamId"], made["tenantId"])

    return make


@pytest.fixture
def call(clock: ManualClock) -> dict[str, Any]:
    """The body of a metered call."""
    moment = clock.now.isoformat()
    return {
        "model": "gpt-4o",
        "provider": "OPENAI",
        "inputTokenCount": 1000,
        "outputTokenCount": 100,
        "totalTokenCount": 1100,
        "requestTime": moment,
        "completionStartTime": moment,
        "responseTime": moment,
        "requestDuration": 600,
        "stopReason": "END",
    }
