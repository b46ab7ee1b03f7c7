"""A Revenium account: what the daemon polls, and every family of calls that people manage it with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from daemon.client.api import Api
from daemon.client.collection import PAGE_SIZE, Collection, Listing
from daemon.client.identity import UNTOLD, Identity, Told, discover
from daemon.client.records import CompletionRecord, CostBucket, Page
from daemon.client.resources import alerting, catalog, customers
from daemon.client.resources.agents import Agents, Squads, Tools
from daemon.client.resources.alerting import BudgetCalls, Rules
from daemon.client.resources.analytics import Analytics
from daemon.client.resources.billing import Billing
from daemon.client.resources.customers import Credentials, Customers, Subscribers, Subscriptions, Users
from daemon.client.resources.guardrails import CostControls, EnforcementEvents, EnforcementRules
from daemon.client.resources.insights import Insights
from daemon.client.resources.jobs import Jobs, Sessions
from daemon.client.resources.log import Log, SystemLog
from daemon.client.resources.metering import Metering
from daemon.client.resources.models import Models
from daemon.client.resources.reports import Reports
from daemon.client.resources.teams import Departments, Teams, Tenants
from daemon.client.transport import Transport
from daemon.client.wire import Json, read, stamp
from daemon.domain import Transaction
from daemon.errors import ContractError


@dataclass(frozen=True, slots=True)
class Rejected:
    """A log row that could not be understood."""

    row_id: str
    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the transactions log."""

    transactions: tuple[Transaction, ...]
    rejected: tuple[Rejected, ...]
    total: int


class Revenium:
    """A Revenium account, reached through one transport."""

    def __init__(self, transport: Transport, told: Told = UNTOLD) -> None:
        self._transport = transport
        self._told = told
        api = Api(transport, told)
        self.products = Collection(api, catalog.PRODUCTS)
        self.sources = Collection(api, catalog.SOURCES)
        self.elements = Collection(api, catalog.ELEMENTS)
        self.charts = Collection(api, catalog.CHARTS)
        self.customers = Customers(api)
        self.subscribers = Subscribers(api)
        self.subscriptions = Subscriptions(api)
        self.credentials = Credentials(api)
        self.provider_credentials = Collection(api, customers.PROVIDER_CREDENTIALS)
        self.users = Users(api)
        self.teams = Teams(api)
        self.departments = Departments(api)
        self.tenant = Tenants(api)
        self.rules = Rules(api)
        self.alerts = Listing(api, alerting.ALERTS)
        self.budgets = BudgetCalls(api)
        self.slack = Listing(api, alerting.SLACK)
        self.models = Models(api)
        self.metering = Metering(api)
        self.log = Log(api)
        self.system_log = SystemLog(api)
        self.reports = Reports(api)
        self.analytics = Analytics(api)
        self.insights = Insights(api)
        self.agents = Agents(api)
        self.squads = Squads(api)
        self.tools = Tools(api)
        self.cost_controls = CostControls(api)
        self.enforcement_rules = EnforcementRules(api)
        self.enforcement_events = EnforcementEvents(api)
        self.jobs = Jobs(api)
        self.sessions = Sessions(api)
        self.billing = Billing(api)

    async def identity(self) -> Identity:
        """Ask whose key this is, each time anew.

        Raises:
            PlatformError: One of its kinds.
        """
        return await discover(self._transport, self._told)

    async def log_page(
        self, team_id: str, start: datetime, end: datetime, number: int, size: int = PAGE_SIZE
    ) -> LogPage:
        """Read one page of the calls made in [start, end), oldest first.

        Raises:
            PlatformError: One of its kinds.
        """
        params = {
            "teamId": team_id,
            "startDate": stamp(start),
            "endDate": stamp(end),
            "page": str(number),
            "size": str(size),
            "sort": "requestTime,asc",
            "includeCodingAssistants": "true",
        }
        page = read(Page, await self._transport.get("/sources/metrics/ai/completions", params), "the transactions log")
        good, bad = _sort_out(page.items)
        return LogPage(tuple(good), tuple(bad), page.page.total_elements)

    async def log_pages(self, team_id: str, start: datetime, end: datetime) -> AsyncIterator[LogPage]:
        """Read every page of [start, end), oldest first; rows that arrive meanwhile may repeat, none is skipped.

        Raises:
            PlatformError: One of its kinds.
        """
        number = seen = 0
        while True:
            page = await self.log_page(team_id, start, end, number)
            rows = len(page.transactions) + len(page.rejected)
            yield page
            seen += rows
            number += 1
            if (rows < PAGE_SIZE and seen >= page.total) or rows == 0:
                return

    async def cost_by_hour(self, team_id: str) -> list[CostBucket]:
        """Read the last day's cost as the platform's own report has it.

        Raises:
            PlatformError: One of its kinds.
        """
        params = {"teamId": team_id, "period": "TWENTY_FOUR_HOURS"}
        body = await self._transport.get("/sources/metrics/ai/total-cost-by-provider-over-time", params)
        if not isinstance(body, list):
            raise ContractError("the cost report is not a list of buckets")
        return [read(CostBucket, bucket, "the cost report") for bucket in body]


def _sort_out(items: list[Json]) -> tuple[list[Transaction], list[Rejected]]:
    good, bad = [], []
    for item in items:
        try:
            good.append(CompletionRecord.model_validate(item).transaction())
        except ValidationError as error:
            bad.append(_rejected(item, error))
    return good, bad


def _rejected(item: Json, error: ValidationError) -> Rejected:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    record = json.dumps(item, sort_keys=True, default=float)
    name = item.get("id") if isinstance(item, dict) else None
    # Half a surrogate pair passes JSON but not the database.
    if not isinstance(name, str) or not name or not name.isprintable():
        name = "unnamed:" + hashlib.blake2b(record.encode(), digest_size=8).hexdigest()
    return Rejected(name, f"{where}: {first['msg']}" if where else first["msg"], record[:4000])
