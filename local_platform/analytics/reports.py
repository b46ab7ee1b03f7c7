"""The aggregated reports: from the calls of each bucket to the form on the wire."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from local_platform.analytics.aggregates import aggregate
from local_platform.analytics.catalogue import GROUPS, Cut, Measure, Report
from local_platform.analytics.columns import Numbers, Word
from local_platform.analytics.entities import Entity, picked, shown
from local_platform.analytics.periods import Bucket
from local_platform.analytics.scan import Selection, calls_by_bucket, one_view
from local_platform.wire import iso, to_ms

_DURATION = "duration_ms"


@dataclass(frozen=True, slots=True)
class Question:
    """A report as one request asks for it.

    Attributes:
        only: By dimension, the names and ids of the entities that count.
    """

    report: Report
    buckets: list[Bucket]
    measure: Measure
    group: str
    only: Mapping[Cut, frozenset[str]]
    team: int


@dataclass(frozen=True, slots=True)
class ModelValue:
    """What a model has in a provider's metric."""

    model: str
    value: float
    duration: float


@dataclass(frozen=True, slots=True)
class Value:
    """What an entity has in a bucket."""

    word: Word
    value: float
    models: Sequence[ModelValue] = ()


def answer(connection: sqlite3.Connection, question: Question) -> object:
    """Compute a report in the outer form that it has on the wire."""
    report = question.report
    selection = _selection(connection, question)
    with one_view(connection):
        values = [
            _values(question, selection, bucket, calls)
            for bucket, calls in zip(
                question.buckets, calls_by_bucket(connection, selection, question.buckets), strict=True
            )
        ]
        rendered = rendered_buckets(connection, report.cut, report.metric_type, question.buckets, values)
    if not report.over_time:
        return rendered[0]
    return rendered if any(values) else []


def _selection(connection: sqlite3.Connection, question: Question) -> Selection:
    column, _ = question.measure.value
    cut = question.report.cut
    names = [cut.dimension.key, *([column] if column else []), *(["model", _DURATION] if cut.per_model else [])]
    keeps = {
        one.dimension.key: picked(connection, one.dimension, texts) for one, texts in question.only.items() if texts
    }
    return Selection(question.team, tuple(dict.fromkeys(names)), keeps)


def _values(question: Question, selection: Selection, bucket: Bucket, calls: Mapping[str, Numbers]) -> list[Value]:
    """Aggregate the calls of a bucket by entity."""
    how = GROUPS[question.group]
    column, worth = question.measure.value
    if question.report.per_minute:
        worth /= bucket.minutes
    key = question.report.cut.dimension.key
    words = selection.vocabularies[key].words
    measured = calls[column] if column else np.ones_like(calls[key])
    models = _models(how, worth, selection, calls, measured) if question.report.cut.per_model else {}
    return [
        Value(words[code], _rounded(value * worth), models.get(code, ()))
        for (code,), value in aggregate(how, [calls[key]], measured).items()
    ]


def _models(
    how: str, worth: float, selection: Selection, calls: Mapping[str, Numbers], measured: Numbers
) -> dict[int, list[ModelValue]]:
    keys = [calls["provider"], calls["model"]]
    durations = aggregate("avg", keys, calls[_DURATION])
    words = selection.vocabularies["model"].words
    models: dict[int, list[ModelValue]] = {}
    for (provider, model), value in aggregate(how, keys, measured).items():
        duration = round(durations[provider, model], 3)
        models.setdefault(provider, []).append(ModelValue(str(words[model]), _rounded(value * worth), duration))
    return {provider: sorted(found, key=lambda one: one.model) for provider, found in models.items()}


def rendered_buckets(
    connection: sqlite3.Connection,
    cut: Cut,
    metric_type: str,
    buckets: Sequence[Bucket],
    values: Sequence[Sequence[Value]],
) -> list[dict[str, object]]:
    """Render the values of each bucket, ordered by name."""
    found = shown(connection, cut.dimension, (one.word for of_bucket in values for one in of_bucket))
    stamp: Callable[[datetime], object] = iso if cut.iso_times else to_ms
    rendered: list[dict[str, object]] = []
    for bucket, of_bucket in zip(buckets, values, strict=True):
        span = {"startTimestamp": stamp(bucket.start), "endTimestamp": stamp(bucket.end)}
        named = sorted(((found[one.word], one) for one in of_bucket), key=lambda pair: (pair[0].name, pair[0].id))
        groups = [
            {"groupName": entity.name, "metrics": [_metric(cut, metric_type, entity, value, span)]}
            for entity, value in named
        ]
        rendered.append({**span, "groups": groups})
    return rendered


def _metric(cut: Cut, metric_type: str, entity: Entity, value: Value, span: Mapping[str, object]) -> dict[str, object]:
    names = (entity.name,) if len(cut.fields) == 1 else (entity.id, entity.name)
    metric: dict[str, object] = {
        **dict(zip(cut.fields, names, strict=True)),
        "metricType": metric_type,
        "metricResult": value.value,
        **span,
    }
    if cut.per_model:
        metric["aggregatedModelAIMetrics"] = [
            {
                "model": model.model,
                "metricResult": model.value,
                "timeResult": model.duration,
                "metricType": metric_type,
                **span,
            }
            for model in value.models
        ]
    return metric


def _rounded(value: float) -> float:
    return round(value, 9)
