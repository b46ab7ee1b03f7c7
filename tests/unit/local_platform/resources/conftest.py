"""A platform in this process, and a client that makes valid resources of every kind."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from local_platform.resources.kind import Kind, Owner
from local_platform.resources.mounted import KINDS
from local_platform.server import Platform, running_platform
from local_platform.testing import ManualClock

API = "/profitstream/v2/api"
BY_NAME = {kind.name: kind for kind in KINDS}
PLAN = {
    "name": "plan",
    "type": "SUBSCRIPTION",
    "currency": "USD",
    "period": "MONTH",
    "periodCount": 1,
    "tiers": [{"name": "all", "upTo": None, "unitAmount": "0.01"}],
}


class Answer(NamedTuple):
    status: int
    body: Any


class Shop:
    """Somebody with a key, who names team and tenant where a request needs them."""

    def __init__(self, platform: Platform, session: aiohttp.ClientSession, team_id: str, tenant_id: str) -> None:
        self.platform = platform
        self.session = session
        self.team_id = team_id
        self.tenant_id = tenant_id
        self.counter = itertools.count()

    async def send(self, method: str, path: str, body: object = None, **query: Any) -> Answer:
        prefix = "" if path.startswith("/") else f"{API}/"
        async with self.session.request(method, f"{self.platform.url}{prefix}{path}", json=body, params=query) as got:
            text = await got.text()
            return Answer(got.status, json.loads(text) if text else None)

    async def make(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Make a resource; a field that is None is left out."""
        body = {**await self.body(kind), **fields}
        return await self.made(kind, {name: value for name, value in body.items() if value is not None})

    async def made(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        path = "/local/v1/slack-configurations" if kind == "slack_configuration" else BY_NAME[kind].path
        answer = await self.send("POST", path, body)
        assert answer.status == 201, answer.body
        found: dict[str, Any] = answer.body
        return found

    async def read(self, kind: str, identity: str) -> dict[str, Any]:
        answer = await self.send("GET", f"{BY_NAME[kind].path}/{identity}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.body
        return found

    async def list(self, kind: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.page(BY_NAME[kind], **query)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.body.get("_embedded", {}).get(BY_NAME[kind].collection, [])
        return found

    async def page(self, kind: Kind, **query: Any) -> Answer:
        return await self.send("GET", kind.path, **{**self.owner(kind), **query})

    def owner(self, kind: Kind) -> dict[str, str]:
        tenant = (kind.listed_by or kind.owner) is Owner.TENANT
        return {"tenantId": self.tenant_id} if tenant else {"teamId": self.team_id}

    async def me(self) -> str:
        identity: str = (await self.send("GET", "users/me")).body["id"]
        return identity

    async def body(self, kind: str) -> dict[str, Any]:
        """Return what a new resource of a kind needs, unlike any before."""
        number = next(self.counter)
        name, address = f"{kind} {number}", f"{kind}{number}@example.com"
        fixed: dict[str, dict[str, Any]] = {
            "user": {"email": address, "roles": ["ROLE_API_CONSUMER"]},
            "subscriber": {"email": address},
            "product": {"name": name, "version": "1.0.0", "plan": PLAN},
            "source": {"name": name, "type": "AI", "version": "1.0.0"},
            "metering_element_definition": {"name": name, "type": "NUMBER"},
            "agent": {"telemetryKey": name},
            "tool": {"name": name, "toolId": name, "toolType": "CUSTOM"},
            "slack_configuration": {"name": name, "teamName": "WS", "channelName": "alerts"},
            "chart_definition": {"label": name, "type": "BAR"},
            "provider_credential": {"label": name, "provider": "OPENAI", "apiKey": "sk-very-secret"},
            "anomaly": {
                "name": name,
                "alertType": "THRESHOLD",
                "metricType": "TOTAL_COST",
                "operatorType": "GREATER_THAN",
                "threshold": 10,
                "periodDuration": "ONE_HOUR",
                "enabled": True,
            },
            "cost_control": {
                "name": name,
                "metricType": "TOTAL_COST",
                "windowType": "DAILY",
                "action": "BLOCK",
                "hardLimit": 100,
            },
            "subscription": {"name": name, "subscriberEmail": address},
            "credential": {"name": name, "externalId": name, "externalSecret": "very-secret"},
        }
        return {**fixed.get(kind, {"name": name}), **await self._named(kind)}

    async def _named(self, kind: str) -> dict[str, Any]:
        """Make what a resource of a kind must name."""
        needed = [one for one in BY_NAME[kind].references if one.field in BY_NAME[kind].required]
        return {
            one.field: await self.me() if one.kind == "user" else (await self.make(one.kind))["id"] for one in needed
        }


@pytest.fixture
async def platform(data_dir: Path, clock: ManualClock) -> AsyncIterator[Platform]:
    async with running_platform(data_dir, clock=clock) as running:
        yield running


@pytest.fixture
async def shop(platform: Platform) -> AsyncIterator[Shop]:
    async with aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session:
        yield Shop(platform, session, platform.team_id, platform.tenant_id)


@pytest.fixture
async def stranger(shop: Shop) -> AsyncIterator[Shop]:
    """Somebody of another tenant."""
    made = (await shop.send("POST", "/local/v1/keys", {"tenant": "new", "scope": "write"})).body
    async with aiohttp.ClientSession(headers={"x-api-key": made["key"]}) as session:
        yield Shop(shop.platform, session, made["teamId"], made["tenantId"])
