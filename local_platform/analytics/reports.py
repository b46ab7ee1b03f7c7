"""The aggregated reports: one row of the catalogue per report, one query for all of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from local_platform import ids
from local_platform.analytics.periods import Bucket
from local_platform.wire import iso, to_ms

_DOLLARS = 1e-9


class Measure(Enum):
    """What is aggregated: the column expression, and what one unit of the result is worth."""

    COST = ("total_cost", _DOLLARS)
    CALLS = ("1", 1.0)
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

AGGREGATES = {
    "TOTAL": "sum",
    "MEAN": "avg",
    "MEDIAN": "median",
    "MAXIMUM": "max",
    "MINIMUM": "min",
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a report is cut by.

    Attributes:
        column: Where its value lies.
        fields: The metric's field or fields that name the entity: the name alone, or id and name.
        unknown: The group of calls that name none.
        filter: The query parameter that picks entities, by name or id.
        kind: What its ids are ids of.
        iso_times: Whether its timestamps are ISO strings instead of epoch milliseconds.
        per_model: Whether each metric lists its models.
    """

    column: str
    fields: tuple[str, ...]
    unknown: str
    filter: str
    kind: str = ""
    iso_times: bool = False
    per_model: bool = False


_PROVIDER = Dimension("provider", ("provider",), "", "providers", per_model=True)
_MODEL = Dimension("model", ("model",), "", "models", iso_times=True)
_AGENT = Dimension("agent", ("agent",), "Unclassified", "agents")
_CREDENTIAL = Dimension(
    "credential",
    ("credentialId", "credentialName"),
    "ANONYMOUS-API-KEY",
    "credentials",
    kind="credential",
)
_ORGANIZATION = Dimension(
    "organization",
    ("organizationId", "organizationName"),
    "Unclassified",
    "organizations",
    kind="organization",
)
_PRODUCT = Dimension("product", ("productId", "productName"), "Unclassified", "products", kind="product")


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the catalogue.

    Attributes:
        dimension: What it is cut by.
        metric_type: How its metrics call themselves.
        measure: What is aggregated.
        group: The aggregate when none is asked for.
        over_time: Whether it is an array of buckets, or one object for the whole window.
        per_minute: Whether values are divided by the bucket's minutes, and take a token type.
    """

    dimension: Dimension
    metric_type: str
    measure: Measure = Measure.COST
    group: str = "TOTAL"
    over_time: bool = True
    per_minute: bool = False


REPORTS = {
    "total-cost-by-provider-over-time": Report(_PROVIDER, "TOTAL_COST_BY_PROVIDER"),
    "cost-metric-by-provider-over-time": Report(_PROVIDER, "TOTAL_COST_BY_PROVIDER"),
    "cost-metric-by-provider": Report(_PROVIDER, "TOTAL_COST_BY_PROVIDER", over_time=False),
    "total-cost-by-model": Report(_MODEL, "TOTAL_COST_BY_MODEL"),
    "cost-metric-by-model": Report(_MODEL, "TOTAL_COST_BY_MODEL", over_time=False),
    "cost-metrics-by-subscriber-credential": Report(_CREDENTIAL, "TOTAL_COST_BY_CREDENTIAL"),
    "cost-metric-by-organization": Report(_ORGANIZATION, "TOTAL_COST_BY_ORGANIZATION"),
    "cost-metric-by-product": Report(_PRODUCT, "TOTAL_COST_BY_PRODUCT"),
    "cost-metrics-by-agents-over-time": Report(_AGENT, "TOTAL_COST_BY_AGENT"),
    "call-count-metrics-by-agents": Report(_AGENT, "CALL_COUNT_BY_AGENT", Measure.CALLS),
    "performance-metrics-by-agents": Report(_AGENT, "PERFORMANCE_BY_AGENT", Measure.DURATION, group="MEAN"),
    "performance-metric-by-provider": Report(_PROVIDER, "PERFORMANCE_BY_PROVIDER", Measure.DURATION, group="MEAN"),
    "performance-metric-by-model": Report(_MODEL, "PERFORMANCE_BY_MODEL", Measure.DURATION, group="MEAN"),
    "tokens-per-minute-by-provider": Report(
        _PROVIDER, "TOKENS_PER_MINUTE_BY_PROVIDER", Measure.TOKENS, per_minute=True
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A report as one request asks for it."""

    report: Report
    buckets: list[Bucket]
    measure: Measure
    group: str
    only: frozenset[str]
    team: int
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class _Cell:
    bucket: int
    name: str
    number: int | None
    value: float


@dataclass(frozen=True, slots=True)
class _ModelCell:
    model: str
    value: float
    duration: float


def answer(connection: sqlite3.Connection, question: Question) -> object:
    """Compute a report in the outer form that it has on the wire."""
    cells = _cells(connection, question)
    models = _model_cells(connection, question) if question.report.dimension.per_model else {}
    groups: list[list[object]] = [[] for _ in question.buckets]
    for cell in cells:
        bucket = question.buckets[cell.bucket]
        groups[cell.bucket].append(_group(question, bucket, cell, models.get((cell.bucket, cell.name), [])))
    stamp = _stamp(question.report.dimension)
    answered = [
        {
            "startTimestamp": stamp(bucket.start),
            "endTimestamp": stamp(bucket.end),
            "groups": of_bucket,
        }
        for bucket, of_bucket in zip(question.buckets, groups, strict=True)
    ]
    if not question.report.over_time:
        return answered[0]
    return answered if cells else []


def _cells(connection: sqlite3.Connection, question: Question) -> list[_Cell]:
    dimension = question.report.dimension
    rows = connection.execute(
        f"SELECT edge.key, coalesce({dimension.column}, ?) AS name, {_number(dimension)}, {_aggregate(question)} "
        f"{_FROM} GROUP BY edge.key, name ORDER BY edge.key, name",
        (dimension.unknown, *_values(question)),
    )
    return [
        _Cell(bucket, name, number, _scaled(question, bucket, value))
        for bucket, name, number, value in rows
        if _wanted(dimension, name, number, question.only)
    ]


def _model_cells(connection: sqlite3.Connection, question: Question) -> dict[tuple[int, str], list[_ModelCell]]:
    rows = connection.execute(
        f"SELECT edge.key, provider, model, {_aggregate(question)}, avg(duration_ms) "
        f"{_FROM} GROUP BY edge.key, provider, model ORDER BY edge.key, provider, model",
        _values(question),
    )
    cells: dict[tuple[int, str], list[_ModelCell]] = {}
    for bucket, provider, model, value, duration in rows:
        cell = _ModelCell(model, _scaled(question, bucket, value), round(duration, 3))
        cells.setdefault((bucket, provider), []).append(cell)
    return cells


# The buckets drive the join, so that each is one range of the index on the request time.
_FROM = """
FROM json_each(?) AS edge CROSS JOIN completion
ON team = ? AND request_ms >= json_extract(edge.value, '$[0]') AND request_ms < json_extract(edge.value, '$[1]')
WHERE ? IS NULL OR provider = ?
"""


def _values(question: Question) -> tuple[object, ...]:
    edges = [(to_ms(bucket.start), to_ms(bucket.end)) for bucket in question.buckets]
    return (json.dumps(edges), question.team, question.provider, question.provider)


def _aggregate(question: Question) -> str:
    expression, _ = question.measure.value
    return f"{AGGREGATES[question.group]}({expression})"


def _scaled(question: Question, bucket: int, value: float) -> float:
    _, worth = question.measure.value
    if question.report.per_minute:
        worth /= question.buckets[bucket].minutes
    return round(value * worth, 9)


def _number(dimension: Dimension) -> str:
    return f"max({dimension.kind}_id)" if dimension.kind else "NULL"


def _wanted(dimension: Dimension, name: str, number: int | None, only: Collection[str]) -> bool:
    return not only or name in only or (bool(dimension.kind) and _id(dimension, name, number) in only)


def _id(dimension: Dimension, name: str, number: int | None) -> str:
    return ids.of_name(dimension.kind, name) if number is None else ids.encode(dimension.kind, number)


def _group(question: Question, bucket: Bucket, cell: _Cell, models: list[_ModelCell]) -> dict[str, object]:
    report = question.report
    stamp = _stamp(report.dimension)
    span = {"startTimestamp": stamp(bucket.start), "endTimestamp": stamp(bucket.end)}
    metric = {
        **_entity(report.dimension, cell),
        "metricType": report.metric_type,
        "metricResult": cell.value,
        **span,
    }
    if report.dimension.per_model:
        metric["aggregatedModelAIMetrics"] = [
            {
                "model": model.model,
                "metricResult": model.value,
                "timeResult": model.duration,
                "metricType": report.metric_type,
                **span,
            }
            for model in models
        ]
    return {"groupName": cell.name, "metrics": [metric]}


def _entity(dimension: Dimension, cell: _Cell) -> dict[str, object]:
    if len(dimension.fields) == 1:
        return {dimension.fields[0]: cell.name}
    id_field, name_field = dimension.fields
    return {id_field: _id(dimension, cell.name, cell.number), name_field: cell.name}


def _stamp(dimension: Dimension) -> Callable[[datetime], object]:
    return iso if dimension.iso_times else to_ms
