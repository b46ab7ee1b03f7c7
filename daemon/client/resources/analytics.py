"""The newer analytics and the insights, which live at the platform's second address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from daemon.client.api import Api
from daemon.client.collection import PAGE_SIZE, Page, page_of
from daemon.client.payloads.analytics import (
    AgentTools,
    MeasureBucket,
    MeasureGroup,
    RoiSummary,
    Status,
    TraceCosts,
)
from daemon.client.payloads.base import Payload
from daemon.client.wire import NOTHING, Json, Query, read, segment
from daemon.errors import ContractError

PREFIX = "/analytics"

P = TypeVar("P", bound=Payload)
Entities = Mapping[str, Sequence[str]]
NO_ENTITIES: Entities = {}


class Series(StrEnum):
    """Reports over time."""

    COST_BY_PROVIDER = "cost-by-provider"
    COST_BY_MODEL = "cost-by-model"
    COST_BY_API_KEY = "cost-by-api-key"
    COST_BY_CUSTOMER = "cost-by-organization"
    COST_BY_PRODUCT = "cost-by-product"
    COST_BY_AGENT = "cost-by-agent"
    COST_BY_TASK = "cost-by-task"
    COST_BY_TEAM = "cost-by-team"
    COST_BY_TOOL = "cost-by-tool"
    COST_BY_TOOL_PROVIDER = "cost-by-tool-provider"
    TOKENS_PER_MINUTE = "tokens-per-minute"
    TOKENS_BY_TYPE = "token-breakdown-by-type"
    TOKEN_VS_TOOL_COST = "token-vs-tool-cost"  # noqa: S105 - the name of a report
    TASK_COMPLETION = "task-completion"


class Aggregate(StrEnum):
    """Reports over the whole span. Response times are in seconds, unlike those of the older reports."""

    COST_BY_PROVIDER = "cost-by-provider-aggregated"
    COST_BY_MODEL = "cost-by-model-aggregated"
    COST_BY_CUSTOMER = "cost-by-organization-aggregated"
    COST_BY_PRODUCT = "cost-by-product-aggregated"
    COST_BY_USER = "cost-by-user-aggregated"
    COST_BY_DEPARTMENT = "cost-by-department-aggregated"
    COST_BY_TASK = "cost-by-task-aggregated"
    COST_BY_VENDOR = "cost-by-vendor"
    COST_BY_TOOL = "cost-by-tool-aggregated"
    COST_BY_TOOL_AND_AGENT = "cost-by-tool-agent"
    COST_BY_TOOL_PROVIDER = "cost-by-tool-provider-aggregated"
    TOP_TOOLS = "top-tools-by-call-count"
    TOOL_SUCCESS_RATE = "tool-success-rate"
    TOOL_LATENCY = "tool-latency"
    RESPONSE_TIME_BY_VENDOR = "response-time-by-vendor"
    RESPONSE_TIME_BY_MODEL = "response-time-by-model"
    TIME_BY_AGENT = "avg-time-by-agent"
    TASKS_BY_AGENT = "tasks-completed-by-agent"
    TASK_COMPLETION = "task-completion-aggregated"
    TASK_PERFORMANCE_BY_AGENT = "task-performance-by-agent"
    REVENUE_BY_CUSTOMER = "revenue-per-customer"
    REVENUE_BY_PRODUCT = "revenue-per-product"
    MARGIN_BY_CUSTOMER = "profit-margin-per-customer"
    MARGIN_BY_PRODUCT = "profit-margin-per-product"
    TOP_MOVERS = "top-movers"
    TRANSACTION_COUNT = "transaction-count-by-team"


class Choice(StrEnum):
    """What there are filter values of."""

    AGENTS = "agents"
    API_KEYS = "api-keys"
    CUSTOMERS = "customers"
    MODEL_SOURCES = "model-sources"
    MODELS = "models"
    ORGANIZATIONS = "organizations"
    PRODUCTS = "products"
    PROVIDERS = "providers"
    TASK_TYPES = "task-types"
    TEAMS = "teams"
    TOOL_PROVIDERS = "tool-providers"
    TOOLS = "tools"
    USERS = "users"
    VENDORS = "vendors"


class Medians(Payload):
    """What teams typically spend on coding assistants; its fields are not documented and kept as they come."""


class Analytics:
    """Reports of the second address, all between two moments."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def series(
        self, report: Series, start: datetime, end: datetime, *, entities: Entities = NO_ENTITIES, **options: str
    ) -> Page[MeasureBucket]:
        """Read a report over time.

        Args:
            report: Which one.
            start: From when.
            end: Until when.
            entities: What to narrow it to, such as ``{"providers": ["OpenAI"]}``.
            options: The report's own, such as ``metricType`` or ``tokenType``.
        """
        body = await self._read(report, start, end, entities, options)
        return page_of(MeasureBucket, body, report)

    async def aggregate(
        self, report: Aggregate, start: datetime, end: datetime, *, entities: Entities = NO_ENTITIES, **options: str
    ) -> Page[MeasureGroup]:
        """Read a report over the whole span; the arguments are those of `series`."""
        return page_of(MeasureGroup, await self._read(report, start, end, entities, options), report)

    async def choices(self, of: Choice, start: datetime, end: datetime) -> tuple[str, ...]:
        """Read what a filter can be set to."""
        path = f"filter-options/{of}"
        body = await self._read(path, start, end, NO_ENTITIES, {})
        items = (body.get("_embedded") or {}).get("items", []) if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise ContractError(f"{path} answered something else than expected: no items")
        return tuple(_name(item, path) for item in items)

    async def agent_tools(self, start: datetime, end: datetime) -> AgentTools:
        """Read which agent used which tool."""
        return await self._special(AgentTools, "agent-tool-breakdown", start, end)

    async def trace_costs(self, start: datetime, end: datetime, *, threshold: Decimal | None = None) -> TraceCosts:
        """Read what traces cost, and how many cost more than a threshold."""
        return await self._special(TraceCosts, "trace-cost-distribution", start, end, {"threshold": threshold})

    async def roi(self, start: datetime, end: datetime) -> RoiSummary:
        """Read what jobs cost and brought."""
        return await self._special(RoiSummary, "jobs/roi-summary", start, end)

    async def assistant_medians(self, start: datetime, end: datetime) -> Medians:
        """Read what teams typically spend on coding assistants."""
        return await self._special(Medians, "ai-assistants/team-medians", start, end)

    async def status(self) -> Status:
        """Read when usage last came in."""
        query = {"teamId": await self._api.team_id()}
        return read(Status, await self._api.app("GET", "/status/connection", query), "status/connection")

    async def _special(self, model: type[P], path: str, start: datetime, end: datetime, options: Query = NOTHING) -> P:
        return read(model, await self._read(path, start, end, NO_ENTITIES, options), path)

    async def _read(self, path: str, start: datetime, end: datetime, entities: Entities, options: Query) -> Json:
        query = {
            "teamId": await self._api.team_id(),
            "startDate": start,
            "endDate": end,
            "page": 0,
            "size": PAGE_SIZE,
            **{name: _several(values) for name, values in entities.items()},
            **options,
        }
        address = "/".join(segment(part) for part in path.split("/"))
        return await self._api.app("GET", f"{PREFIX}/{address}", query)


def _several(values: Sequence[str]) -> Sequence[str]:
    """Name a single value twice: the platform takes these filters as lists only."""
    return [*values, *values] if len(values) == 1 else values


def _name(item: Json, what: str) -> str:
    name = (item.get("id") or item.get("label")) if isinstance(item, dict) else item
    if not isinstance(name, str):
        raise ContractError(f"{what} answered something else than expected: an item without a name")
    return name
