"""Cost controls, the rules made of them, and what they stopped."""

from __future__ import annotations

from daemon.client.api import Api, Scope
from daemon.client.collection import Collection, Filter, Listing, Spec, narrowed
from daemon.client.payloads.guardrails import (
    Affected,
    CostControl,
    EnforcedRules,
    EnforcementEvent,
    EnforcementHistory,
    EnforcementSummary,
    FilterValues,
    GroupPreview,
    Roster,
)
from daemon.client.wire import read, segment

CONTROLS = Spec("/ai/cost-controls", CostControl, update="PATCH")

EVENT_FILTERS = frozenset(
    {"query", "since", "until", "ruleId", "mode", "level", "groupBy", "groupValue", "transactionId"}
)
EVENTS = Spec("/ai/enforcement-events", EnforcementEvent, EVENT_FILTERS)


class CostControls(Collection[CostControl]):
    """Limits that warn or block."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, CONTROLS)

    async def filter_values(self, dimension: str) -> FilterValues:
        """Read the values that a filter on a dimension can take."""
        path = "/ai/filter-values"
        return read(FilterValues, await self._api.get(path, {"dimension": dimension}), path)

    async def preview_group(self, department_id: int) -> GroupPreview:
        """Read which departments a limit by department would cover."""
        path = f"{CONTROLS.path}/department-group-preview"
        body = {"teamId": await self._api.team_id(), "parentDepartmentId": department_id}
        return read(GroupPreview, await self._api.send("POST", path, body), path)


class EnforcementRules:
    """Limits as those who make the calls enforce them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def read(self, *, rule_id: str | None = None, include: str | None = None) -> EnforcedRules:
        """Read all, or one; `include` may be ``advisory``."""
        path = await self._path()
        query = {"ruleId": rule_id, "include": include}
        return read(EnforcedRules, await self._api.get(path, query, scope=Scope.NONE), path)

    async def roster(self, rule_id: str, number: int = 0, size: int = 25, **filters: Filter) -> Roster:
        """Read whom a limit applies to; it can be narrowed by ``search``, ``band`` and ``dimension``."""
        path = f"{await self._path()}/roster"
        chosen = narrowed(filters, frozenset({"search", "band", "dimension"}), "a roster")
        query = {"ruleId": rule_id, "page": number, "size": size, **chosen}
        return read(Roster, await self._api.get(path, query, scope=Scope.NONE), path)

    async def _path(self) -> str:
        return f"/ai/enforcement-rules/{segment(await self._api.team_id())}"


class EnforcementEvents(Listing[EnforcementEvent]):
    """What limits stopped. The three sums take the filters of the listing."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, EVENTS)

    async def summary(self, **filters: Filter) -> EnforcementSummary:
        """Count what was stopped."""
        path = f"{EVENTS.path}/summary"
        return read(EnforcementSummary, await self._api.get(path, narrowed(filters, EVENT_FILTERS, path)), path)

    async def history(self, **filters: Filter) -> EnforcementHistory:
        """Count what was stopped over time, in buckets of ``bucket`` (HOUR, DAY, WEEK) in a time ``zone``."""
        path = f"{EVENTS.path}/history"
        query = narrowed(filters, EVENT_FILTERS | {"bucket", "zone"}, path)
        return read(EnforcementHistory, await self._api.get(path, query), path)

    async def affected(self, **filters: Filter) -> Affected:
        """Count by whom was struck, optionally only those that ``affected_search`` finds."""
        path = f"{EVENTS.path}/affected"
        query = narrowed(filters, EVENT_FILTERS | {"affectedSearch"}, path)
        return read(Affected, await self._api.get(path, query), path)
