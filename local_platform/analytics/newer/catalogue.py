"""The reports of the newer analytics that aggregate what was metered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from local_platform.analytics import entities
from local_platform.analytics.catalogue import DOLLARS
from local_platform.analytics.entities import Dimension

_SECONDS = 1e-3
_PERCENT = 100.0


class Source(Enum):
    """Where values come from."""

    CALLS = auto()
    TOOLS = auto()


TOOL = Dimension("tool", "Unclassified")
TOOL_PROVIDER = Dimension("tool_provider", "Unclassified")

FILTERS = {
    "providers": entities.PROVIDER,
    "vendors": entities.PROVIDER,
    "models": entities.MODEL,
    "agents": entities.AGENT,
    "users": entities.USER,
    "tasks": entities.TASK,
    "taskTypes": entities.TASK,
    "organizations": entities.ORGANIZATION,
    "customers": entities.ORGANIZATION,
    "products": entities.PRODUCT,
    "credentials": entities.CREDENTIAL,
    "apiKeys": entities.CREDENTIAL,
    "tools": TOOL,
    "toolProviders": TOOL_PROVIDER,
}
"""The parameters that pick entities; one that the source of a report does not know is ignored."""


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What a report computes.

    Attributes:
        by: What makes its groups; all in one, called like the team, without any.
        column: What is aggregated; none to count.
        worth: What one unit of the result is worth.
        how: The aggregate when none is asked for.
        fixed: Whether none can be asked for.
        within: What makes the metrics of a group; one alone without any.
        source: Where its values come from.
        per_minute: Whether values are divided by the bucket's minutes, and take a token type.
        kind: What its metrics call themselves, instead of how they are aggregated.
    """

    by: Dimension | None
    column: str = "total_cost"
    worth: float = DOLLARS
    how: str = "sum"
    fixed: bool = False
    within: Dimension | None = None
    source: Source = Source.CALLS
    per_minute: bool = False
    kind: str = ""


def _calls_of(dimension: Dimension | None) -> Aggregation:
    return Aggregation(dimension, "", 1.0, "count", fixed=True)


def _time_of(dimension: Dimension) -> Aggregation:
    return Aggregation(dimension, "duration_ms", _SECONDS, "avg")


_TOOL_COST = Aggregation(TOOL, "cost", source=Source.TOOLS)
_TOOL_PROVIDER_COST = replace(_TOOL_COST, by=TOOL_PROVIDER)
_COMPLETED = Aggregation(entities.TASK, "completed", 1.0, fixed=True)

OVER_TIME = {
    "cost-by-provider": Aggregation(entities.PROVIDER),
    "cost-by-model": Aggregation(entities.MODEL),
    "cost-by-api-key": Aggregation(entities.CREDENTIAL),
    "cost-by-organization": Aggregation(entities.ORGANIZATION),
    "cost-by-product": Aggregation(entities.PRODUCT),
    "cost-by-agent": Aggregation(entities.AGENT),
    "cost-by-task": Aggregation(entities.TASK),
    "cost-by-team": Aggregation(None),
    "cost-by-tool": _TOOL_COST,
    "cost-by-tool-provider": _TOOL_PROVIDER_COST,
    "tokens-per-minute": Aggregation(entities.PROVIDER, "total_tokens", 1.0, fixed=True, per_minute=True),
    "task-completion": _COMPLETED,
}

IN_ALL = {
    "cost-by-provider-aggregated": Aggregation(entities.PROVIDER),
    "cost-by-model-aggregated": Aggregation(entities.MODEL),
    "cost-by-organization-aggregated": Aggregation(entities.ORGANIZATION),
    "cost-by-product-aggregated": Aggregation(entities.PRODUCT),
    "cost-by-task-aggregated": Aggregation(entities.TASK),
    "cost-by-vendor": Aggregation(entities.PROVIDER),
    "cost-by-tool-aggregated": _TOOL_COST,
    "cost-by-tool-agent": replace(_TOOL_COST, within=entities.AGENT),
    "cost-by-tool-provider-aggregated": _TOOL_PROVIDER_COST,
    "top-tools-by-call-count": Aggregation(TOOL, "", 1.0, "count", fixed=True, source=Source.TOOLS),
    "tool-success-rate": Aggregation(TOOL, "success", _PERCENT, "avg", fixed=True, source=Source.TOOLS),
    "tool-latency": Aggregation(TOOL, "duration_ms", 1.0, "avg", source=Source.TOOLS),
    "response-time-by-vendor": _time_of(entities.PROVIDER),
    "response-time-by-model": _time_of(entities.MODEL),
    "avg-time-by-agent": _time_of(entities.AGENT),
    "task-performance-by-agent": Aggregation(
        entities.AGENT, "duration_ms", 1.0, "avg", within=entities.TASK, kind="TASK_PERFORMANCE_BY_AGENT"
    ),
    "tasks-completed-by-agent": _calls_of(entities.AGENT),
    "task-completion-aggregated": _COMPLETED,
    "transaction-count-by-team": _calls_of(None),
}

SIDE_BY_SIDE = {
    "token-breakdown-by-type": {
        name: Aggregation(None, column, 1.0)
        for name, column in {
            "INPUT": "input_tokens",
            "OUTPUT": "output_tokens",
            "REASONING": "reasoning_tokens",
            "CACHED": "cached_tokens",
        }.items()
    },
    "token-vs-tool-cost": {
        "Token Cost": Aggregation(None),
        "Tool Cost": Aggregation(None, "cost", source=Source.TOOLS),
    },
}
"""Over time, with a group for each of several aggregations."""

BY_USER = (
    Aggregation(entities.USER, kind="COST_METRIC_BY_USER"),
    Aggregation(entities.USER, "", 1.0, "count", fixed=True, kind="REQUEST_METRIC_BY_USER"),
    Aggregation(entities.USER, "total_tokens", 1.0, kind="TOKEN_METRIC_BY_USER"),
)
"""What a user cost, asked for and consumed, side by side in one group."""

NOTHING_IN_ALL = ("ai-assistants/team-medians",)
