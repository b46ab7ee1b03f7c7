"""The aggregated reports that there are, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from local_platform.analytics import entities
from local_platform.analytics.entities import Dimension

DOLLARS = 1e-9


class Measure(Enum):
    """What is aggregated: the column, none to count calls, and what one unit of the result is worth."""

    COST = ("total_cost", DOLLARS)
    CALLS = ("", 1.0)
    DURATION = ("duration_ms", 1.0)
    TOKENS = ("total_tokens", 1.0)
    INPUT_TOKENS = ("input_tokens", 1.0)
    OUTPUT_TOKENS = ("output_tokens", 1.0)
    REASONING_TOKENS = ("reasoning_tokens", 1.0)
    CACHED_TOKENS = ("cached_tokens", 1.0)


TOKEN_TYPES = {
    "TOTAL": Measure.TOKENS,
    "INPUT": Measure.INPUT_TOKENS,
    "OUTPUT": Measure.OUTPUT_TOKENS,
    "REASONING": Measure.REASONING_TOKENS,
    "CACHED": Measure.CACHED_TOKENS,
}

GROUPS = {
    "TOTAL": "sum",
    "MEAN": "avg",
    "MEDIAN": "median",
    "MAXIMUM": "max",
    "MINIMUM": "min",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """How the reports that are cut by a dimension look.

    Attributes:
        dimension: The dimension.
        fields: The metric's field or fields that name the entity: the name alone, or id and name.
        filter: The query parameter that picks entities.
        iso_times: Whether timestamps are ISO strings instead of epoch milliseconds.
        per_model: Whether each metric lists its models.
    """

    dimension: Dimension
    fields: tuple[str, ...]
    filter: str
    iso_times: bool = False
    per_model: bool = False


PROVIDER = Cut(entities.PROVIDER, ("provider",), "providers", per_model=True)
MODEL = Cut(entities.MODEL, ("model",), "models", iso_times=True)
AGENT = Cut(entities.AGENT, ("agent",), "agents")
CREDENTIAL = Cut(entities.CREDENTIAL, ("credentialId", "credentialName"), "credentials")
ORGANIZATION = Cut(entities.ORGANIZATION, ("organizationId", "organizationName"), "organizations")
PRODUCT = Cut(entities.PRODUCT, ("productId", "productName"), "products")


@dataclass(frozen=True, slots=True)
class Report:
    """A report on calls.

    Attributes:
        cut: What it is cut by.
        metric_type: How its metrics call themselves.
        measure: What is aggregated.
        group: The aggregate when none is asked for.
        over_time: Whether it is an array of buckets, or one object for the whole window.
        per_minute: Whether values are divided by the bucket's minutes, and take a token type.
    """

    cut: Cut
    metric_type: str
    measure: Measure = Measure.COST
    group: str = "TOTAL"
    over_time: bool = True
    per_minute: bool = False


REPORTS = {
    "total-cost-by-provider-over-time": Report(PROVIDER, "TOTAL_COST_BY_PROVIDER"),
    "cost-metric-by-provider-over-time": Report(PROVIDER, "TOTAL_COST_BY_PROVIDER"),
    "cost-metric-by-provider": Report(PROVIDER, "TOTAL_COST_BY_PROVIDER", over_time=False),
    "total-cost-by-model": Report(MODEL, "TOTAL_COST_BY_MODEL"),
    "cost-metric-by-model": Report(MODEL, "TOTAL_COST_BY_MODEL", over_time=False),
    "cost-metrics-by-subscriber-credential": Report(CREDENTIAL, "TOTAL_COST_BY_CREDENTIAL"),
    "cost-metric-by-organization": Report(ORGANIZATION, "TOTAL_COST_BY_ORGANIZATION"),
    "cost-metric-by-product": Report(PRODUCT, "TOTAL_COST_BY_PRODUCT"),
    "cost-metrics-by-agents-over-time": Report(AGENT, "TOTAL_COST_BY_AGENT"),
    "call-count-metrics-by-agents": Report(AGENT, "CALL_COUNT_BY_AGENT", Measure.CALLS),
    "performance-metrics-by-agents": Report(AGENT, "PERFORMANCE_BY_AGENT", Measure.DURATION, group="MEAN"),
    "performance-metric-by-provider": Report(PROVIDER, "PERFORMANCE_BY_PROVIDER", Measure.DURATION, group="MEAN"),
    "performance-metric-by-model": Report(MODEL, "PERFORMANCE_BY_MODEL", Measure.DURATION, group="MEAN"),
    "tokens-per-minute-by-provider": Report(PROVIDER, "TOKENS_PER_MINUTE_BY_PROVIDER", Measure.TOKENS, per_minute=True),
}


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """A report on what subscriptions are billed; in percent of all of it, if `share`."""

    cut: Cut
    metric_type: str
    share: bool = False


REVENUE_REPORTS = {
    "revenue-metric-by-organization": RevenueReport(ORGANIZATION, "REVENUE_BY_ORGANIZATION"),
    "revenue-metric-by-product": RevenueReport(PRODUCT, "REVENUE_BY_PRODUCT"),
    "percentage-revenue-metric-by-organization": RevenueReport(
        ORGANIZATION, "PERCENTAGE_REVENUE_BY_ORGANIZATION", share=True
    ),
    "percentage-revenue-metric-by-product": RevenueReport(PRODUCT, "PERCENTAGE_REVENUE_BY_PRODUCT", share=True),
}
