"""Invoices, refunds, charges, skills, seats and the comparison with the providers' bills."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from daemon.client.api import Api, Scope
from daemon.client.collection import Filter, Listing, Spec, narrowed, page_of
from daemon.client.payloads.base import Payload
from daemon.client.payloads.billing import (
    AssistantSubscription,
    Charge,
    Invoice,
    Refund,
    Seats,
    Skill,
    UnpaidTotals,
)
from daemon.client.resources.reports import Period
from daemon.client.wire import Json, read, read_each, segment
from daemon.errors import ContractError

_INVOICES = (
    "invoiceNumber startDate endDate userIds organizationIds productIds startingAmount endingAmount "
    "accountId accountName accountNumber payStates states"
)
INVOICES = Spec("/invoices", Invoice, frozenset(_INVOICES.split()))
REFUNDS = Spec("/refunds", Refund, frozenset({"startDate", "endDate", "minimum", "maximum", "query"}))
SKILLS = Spec("/skills", Skill, frozenset({"period"}))
CHARGES = "/period-charges"
CHARGE_FILTERS = frozenset({"invoiceId", "startDate", "endDate"})
COVERAGE_FILTERS = frozenset({"startDate", "endDate", "provider", "usageType", "apiKey", "minCost", "maxCost"})


class Coverage(Payload):
    """How far metered usage covers the providers' bills; its fields are not documented and kept as they come."""


class Invoices(Listing[Invoice]):
    """Bills to customers."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, INVOICES)

    async def unpaid(self) -> UnpaidTotals:
        """Read what customers owe."""
        path = f"{INVOICES.path}/unpaid-totals"
        return read(UnpaidTotals, await self._api.get(path), path)


class Skills(Listing[Skill]):
    """Skills of coding assistants."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, SKILLS)

    async def over(self, skill_id: str, period: Period) -> Skill:
        """Read one over a period."""
        path = SKILLS.of(skill_id)
        return read(Skill, await self._api.get(path, {"period": period}), path)


class Billing:
    """What customers are billed, and what providers bill."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.invoices = Invoices(api)
        self.refunds = Listing(api, REFUNDS)
        self.skills = Skills(api)

    async def charges(self, **filters: Filter) -> AsyncIterator[Charge]:
        """Read all charges; they can be narrowed by ``invoice_id``, ``start_date`` and ``end_date``."""
        query = {"size": 50, **narrowed(filters, CHARGE_FILTERS, "charges")}
        cursor: str | None = None
        while True:
            body = await self._api.get(CHARGES, {**query, "cursor": cursor})
            for charge in page_of(Charge, _counted(body), CHARGES).items:
                yield charge
            following = body.get("cursor") if body.get("hasMore") else None
            # The same cursor again would lead round in circles.
            if not isinstance(following, str) or following == cursor:
                return
            cursor = following

    async def seats(self, start: date, end: date) -> Seats:
        """Read how many seats of coding assistants are used."""
        path = "/billing/seats"
        return read(Seats, await self._api.get(path, {"fromDate": start, "toDate": end}), path)

    async def coverage(self, period: str, **filters: Filter) -> Coverage:
        """Compare metered usage with the providers' bills over ``24h``, ``7d``, ``30d``, ``90d`` or ``custom`` time."""
        path = "/billing/coverage"
        query = {"period": period, **narrowed(filters, COVERAGE_FILTERS, path)}
        return read(Coverage, await self._api.get(path, query), path)

    async def pull_requests(self, report: str, source: str, start: date, end: date, **filters: Filter) -> Json:
        """Read one of the reports on pull requests, such as ``vcs-pr-health/trend``, as it comes."""
        address = "/".join(segment(part) for part in report.split("/"))
        query = {"source": source, "startDate": start, "endDate": end, **filters}
        return await self._api.get(f"/billing/users/{address}", query)

    async def assistants(self) -> tuple[AssistantSubscription, ...]:
        """Read which coding assistants the team pays for by the month."""
        path = f"/coding-assistant/subscriptions/{segment(await self._api.team_id())}"
        return read_each(AssistantSubscription, await self._api.get(path, scope=Scope.NONE), path)


def _counted(body: Json) -> Json:
    """Return a page that a cursor leads on from in the form of a counted one."""
    if not isinstance(body, dict):
        raise ContractError("period charges answered something else than expected: not a page")
    return {**body, "page": {"totalElements": 0}}
