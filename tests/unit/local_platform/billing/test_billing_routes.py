"""Billing over HTTP: a product with prices, a subscription to it, calls, and what they cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local_platform import ids
from local_platform.server import Platform, running_platform

API = "/profitstream/v2/api"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
MOMENT = "2026-03-20T11:59:00.000Z"
GOLD = {
    "type": "SUBSCRIPTION",
    "name": "Gold",
    "currency": "USD",
    "period": "MONTH",
    "periodCount": 1,
    "charge": "199",
    "graduated": True,
    "tiers": [{"name": "Free", "upTo": 1, "unitAmount": "0"}, {"name": "Paid", "upTo": None, "unitAmount": "0.02"}],
}


class Account:
    """Speaks to one platform as its owner."""

    def __init__(self, platform: Platform, session: aiohttp.ClientSession) -> None:
        self._platform = platform
        self._session = session

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        url, query = self._platform.url + path, {"teamId": self._platform.team_id}
        async with self._session.request(method, url, params=query, json=body) as response:
            return response.status, await response.json()

    async def post(self, path: str, **fields: Any) -> tuple[int, Any]:
        body = {"teamId": self._platform.team_id, "ownerId": await self._owner(), **fields}
        return await self.ask("POST", f"{API}/{path}", body)

    async def make(self, path: str, **fields: Any) -> dict[str, Any]:
        status, made = await self.post(path, **fields)
        assert status == 201, made
        return dict(made)

    async def subscribe(self, plan: dict[str, Any]) -> dict[str, Any]:
        product = await self.make("products", name="Gold", version="1.0.0", plan=plan)
        return await self.make(
            "subscriptions",
            name="Gold of Acme",
            productId=product["id"],
            subscriberEmail="ann@example.com",
            start="2026-03-01T00:00:00Z",
        )

    async def meter(self, **fields: Any) -> None:
        body = {
            "model": "gpt-4o",
            "provider": "OPENAI",
            "costType": "AI",
            "inputTokenCount": 1000,
            "outputTokenCount": 100,
            "totalTokenCount": 1100,
            "requestTime": MOMENT,
            "completionStartTime": MOMENT,
            "responseTime": MOMENT,
            "requestDuration": 600,
            "isStreamed": False,
            "stopReason": "END",
            **fields,
        }
        status, answer = await self.ask("POST", "/meter/v2/ai/completions", body)
        assert status == 201, answer

    async def _owner(self) -> str:
        status, me = await self.ask("GET", f"{API}/users/me")
        assert status == 200, me
        return str(me["id"])


@pytest.fixture
async def account(data_dir: Path) -> AsyncIterator[Account]:
    async with (
        running_platform(data_dir, clock=lambda: NOW) as platform,
        aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session,
    ):
        yield Account(platform, session)


async def test_calls_of_its_organization_and_product_are_billed_and_fill_its_quota(account: Account) -> None:
    subscription = await account.subscribe(GOLD)
    one = f"{API}/subscriptions/{subscription['id']}"
    assert (subscription["charge"], subscription["periodEnd"]) == (199, "2026-04-01T00:00:00.000Z")
    for _ in range(3):
        await account.meter(
            organizationName=subscription["organization"]["label"], productName=subscription["product"]["label"]
        )
    assert await account.ask("GET", f"{one}/billed-amount") == (200, {"amountBilled": 199.04})
    assert await account.ask("GET", f"{one}/quota-consumed") == (200, {"consumed": 3, "limit": 1})
    _, shown = await account.ask("GET", one)
    assert (shown["periodCallCountConsumed"], shown["wentOverSubscriptionQuota"]) == (3, True)


async def test_a_multiple_of_the_ai_cost_follows_what_the_calls_really_cost(account: Account) -> None:
    status, page = await account.ask("GET", f"{API}/metering-element-definitions?size=100")
    assert status == 200
    (elements,) = page["_embedded"].values()
    total = next(element["id"] for element in elements if element["name"] == "totalCost")
    # In the spelling that clients really use inside aggregations.
    tiers = [{"name": "Multiple", "up_to": None, "unit_amount": "1.10"}]
    cost = {"name": "AI cost", "aggregationType": "SUM", "elementDefinitionId": total, "tiers": tiers}
    subscription = await account.subscribe({**GOLD, "tiers": [], "ratingAggregations": [cost]})
    await account.meter(totalCost=2.5, subscriptionId=subscription["id"])
    answer = await account.ask("GET", f"{API}/subscriptions/{subscription['id']}/billed-amount")
    assert answer == (200, {"amountBilled": 201.75})


@pytest.mark.parametrize("figure", ["billed-amount", "quota-consumed"])
async def test_a_subscription_that_does_not_exist_has_no_figures(account: Account, figure: str) -> None:
    unknown = ids.encode("subscription", 99)
    status, body = await account.ask("GET", f"{API}/subscriptions/{unknown}/{figure}")
    assert (status, body["message"]) == (404, f"Couldn't find Subscription with ID: {unknown}")
    assert (await account.ask("GET", f"{API}/subscriptions/nonsense/{figure}"))[0] == 400


async def test_a_plan_whose_tiers_overlap_is_refused_field_by_field(account: Account) -> None:
    tiers = [{"name": "A", "upTo": 10}, {"name": "B", "upTo": 5}, {"name": "C", "upTo": None}]
    status, answer = await account.post("products", name="Gold", version="1.0.0", plan={**GOLD, "tiers": tiers})
    assert status == 400
    assert answer["details"] == {"plan.tiers[1].upTo": "must be greater than 10, where the tier before ends"}
