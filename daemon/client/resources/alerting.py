"""Alert rules, fired alerts, budgets and Slack channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.client.api import Api, Scope
from daemon.client.collection import Collection, Page, Spec, page_of
from daemon.client.payloads.alerting import (
    Budget,
    Budgets,
    FiredAlert,
    MetricPoint,
    ProviderKeys,
    Rule,
    SlackChannel,
)
from daemon.client.wire import read, segment

RULES = Spec("/sources/ai/anomaly", Rule, frozenset({"query", "type"}), unscoped=frozenset({"create"}))
ALERTS = Spec("/sources/ai/alert", FiredAlert, frozenset({"type", "start", "end", "anomalyId", "ownerId", "resolved"}))
SLACK = Spec("/configurations/slack", SlackChannel, frozenset(), unscoped=frozenset({"get"}))


class Rules(Collection[Rule]):
    """Alert rules."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, RULES)

    async def switch(self, item_id: str, on: bool) -> Rule:
        """Switch one on or off."""
        return await self.update(item_id, Rule(enabled=on))

    async def delete_all(self) -> None:
        """Remove every rule of the team."""
        await self._api.send("DELETE", RULES.path)

    async def metric(self, item_id: str) -> MetricPoint:
        """Read what the rule looks at."""
        path = f"{RULES.of(item_id)}/metric"
        return read(MetricPoint, await self._api.get(path), path)

    async def provider_keys(
        self, *, provider: str | None = None, query: str | None = None, number: int = 0, size: int = 50
    ) -> ProviderKeys:
        """Find API keys at providers that a rule can be narrowed to."""
        path = f"{RULES.path}/provider-dimensions/api-keys"
        asked = {"provider": provider, "query": query, "page": number, "size": size}
        return read(ProviderKeys, await self._api.get(path, asked), path)


class BudgetCalls:
    """Rules on cumulative usage, seen as budgets. `now` asks how things stood, or will stand, at another time."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def portfolio(
        self,
        number: int = 0,
        size: int = 20,
        *,
        now: datetime | None = None,
        trend: bool | None = None,
        group_limit: int | None = None,
    ) -> Page[Budget]:
        """Read a page of all budgets with their risks."""
        path = "/ai/alerts/budgets/portfolio"
        query = {"page": number, "size": size, "now": now, "includeTrend": trend, "groupLimit": group_limit}
        return page_of(Budget, await self._api.get(path, query), path, number)

    async def progress(self, rule_id: str, *, now: datetime | None = None, trend: bool | None = None) -> Budget:
        """Read how far one budget is used up."""
        path = f"/ai/alerts/{segment(rule_id)}/budget/progress"
        return read(Budget, await self._api.get(path, {"now": now, "includeTrend": trend}, scope=Scope.NONE), path)

    async def progress_of(
        self, rule_ids: Sequence[str], *, now: datetime | None = None, trend: bool | None = None
    ) -> tuple[Budget, ...]:
        """Read several, in the order given; `ok` tells which could be read."""
        path = "/ai/alerts/budgets/progress"
        query = {"ids": rule_ids, "now": now, "includeTrend": trend}
        return read(Budgets, await self._api.get(path, query, scope=Scope.NONE), path).items

    async def reset(self, rule_id: str) -> Budget:
        """Let the budget's period begin anew."""
        path = f"/ai/alerts/{segment(rule_id)}/budget/reset"
        return read(Budget, await self._api.send("POST", path, scope=Scope.NONE), path)
