"""A platform in this process, and a client that meters whatever can be metered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
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


class Meter:
    """Meters with one key, and reads back what was metered."""

    def __init__(self, platform: Platform, clock: ManualClock, session: aiohttp.ClientSession) -> None:
        self.platform = platform
        self.clock = clock
        self._session = session

    async def send(self, method: str, path: str, body: object = None, key: str | None = None, **query: Any) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        url = self.platform.url + (path if path.startswith("/") else f"{API}/{path}")
        async with self._session.request(
            method, url, json=body, headers=headers, params={"teamId": self.platform.team_id, **query}
        ) as response:
            return Answer(response.status, json.loads(await response.text()))

    async def meter(self, what: str, key: str | None = None, **fields: Any) -> Answer:
        """Meter a call of a model (completions, images, audio, video), or anything else by its path."""
        body = {**(self._call(what) if what.startswith("ai/") else {}), **fields}
        return await self.send("POST", f"/meter/v2/{what}", body, key)

    async def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.send("GET", path, **query)
        assert answer.status == 200, answer.body
        [found] = answer.body.get("_embedded", {"": []}).values()
        return list(found)

    async def made(self, path: str, **fields: Any) -> dict[str, Any]:
        body = {"teamId": self.platform.team_id, "tenantId": self.platform.tenant_id, **fields}
        answer = await self.send("POST", path, body)
        assert answer.status == 201, answer.body
        return dict(answer.body)

    async def be_strict(self, strict: bool = True) -> None:
        path = f"tenants/{self.platform.tenant_id}/strict-ingestion-mode"
        assert (await self.send("PATCH", path, {"strictIngestionMode": strict})).status == 200

    def _call(self, what: str) -> dict[str, Any]:
        moment = self.clock().isoformat().replace("+00:00", "Z")
        common = {
            "transactionId": "tx-1",
            "model": "gpt-4o",
            "provider": "OPENAI",
            "requestTime": moment,
            "responseTime": moment,
            "requestDuration": 600,
        }
        counts = {"inputTokenCount": 1000, "outputTokenCount": 100, "totalTokenCount": 1100}
        more: dict[str, dict[str, Any]] = {
            "ai/completions": {**counts, "completionStartTime": moment, "stopReason": "END"},
            "ai/images": {"actualImageCount": 2},
        }
        return common | more.get(what, {})


@pytest.fixture
async def platform(data_dir: Path, clock: ManualClock) -> AsyncIterator[Platform]:
    async with running_platform(data_dir, clock=clock) as running:
        yield running


@pytest.fixture
async def meter(platform: Platform, clock: ManualClock) -> AsyncIterator[Meter]:
    async with aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session:
        yield Meter(platform, clock, session)
