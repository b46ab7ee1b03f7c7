"""The analysis of a period that is over: which buckets of which entities are unlike the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from detectors.analysis import classic, robust, summaries
from detectors.analysis.period import Period
from detectors.analysis.recommendations import recommend
from detectors.analysis.results import Analysis, EntityKey, Judgement, Method
from detectors.base import DetectorError, Sensitivity

DEVIATIONS = {
    Sensitivity.CONSERVATIVE: 3.0,
    Sensitivity.NORMAL: 2.0,
    Sensitivity.AGGRESSIVE: 1.5,
}

Buckets = Mapping[tuple[str, str], Mapping[datetime, float]]
"""Dimension and name of an entity -> start of a bucket -> dollars; buckets left out are empty."""

Series = Sequence[float | None]


class _Choice(NamedTuple):
    deviations: float
    min_impact: float
    method: Method
    drops: bool


def analyze(
    buckets: Buckets,
    period: Period,
    *,
    sensitivity: Sensitivity = Sensitivity.NORMAL,
    min_impact: float = 10.0,
    dimensions: Collection[str] | None = None,
    method: Method = Method.ROBUST,
    drops: bool = False,
) -> Analysis:
    """Find the buckets in which an entity spent unlike itself.

    Args:
        buckets: What every entity spent.
        period: The buckets of the period.
        sensitivity: Conservative asks for 3 ordinary deviations, normal for 2, aggressive for 1.5.
        min_impact: Dollars beyond the norm that an anomaly must make up. (The classic method asks
            this of the amount itself.)
        dimensions: Which dimensions to look at; all of them unless told.
        method: Robust, or the classic score over the whole period.
        drops: Whether spending too little counts as well; the classic method always counts it.

    Raises:
        DetectorError: An amount is not finite, or a bucket does not belong to the period.
    """
    series = _series(buckets, period, dimensions)
    choice = _Choice(DEVIATIONS[sensitivity], min_impact, method, drops)
    times = period.times()
    unusual = {key: _unusual(values, times, choice) for key, values in series.items()}
    found = {key: [one for one in judged if _matters(one, choice)] for key, judged in unusual.items()}
    anomalies = summaries.anomalies_of(found, period)
    groups = summaries.by_time(found, period, method)
    entities = summaries.by_entity(found, period)
    return Analysis(
        period_analyzed=period.name,
        start=period.edges[0],
        end=period.end,
        sensitivity_used=sensitivity,
        method_used=method,
        min_impact=min_impact,
        time_groups_analyzed=len(period.starts),
        entities_analyzed=_counted(series, dimensions),
        total_anomalies_detected=len(anomalies),
        temporal_anomalies=anomalies,
        time_period_summary=groups,
        entity_summary=entities,
        recommendations=recommend(anomalies, groups, entities),
        below_impact=sum(len(judged) for judged in unusual.values()) - len(anomalies),
        undecided=tuple(key for key, values in series.items() if not _is_decidable(values, method)),
    )


def _series(buckets: Buckets, period: Period, dimensions: Collection[str] | None) -> dict[EntityKey, Series]:
    """Line up the amounts of every entity with the buckets, in an order that the caller's does not change."""
    indexes = period.indexes()
    return {
        EntityKey(*key): _lined_up(EntityKey(*key), buckets[key], indexes)
        for key in sorted(buckets)
        if dimensions is None or key[0] in dimensions
    }


def _lined_up(key: EntityKey, amounts: Mapping[datetime, float], indexes: Mapping[datetime, int]) -> Series:
    values: list[float | None] = [None] * len(indexes)
    for start, amount in amounts.items():
        index = indexes.get(start.astimezone(UTC))
        if index is None:
            raise DetectorError(f"the bucket of {key.text} at {start} does not begin where one of the period does")
        if not math.isfinite(amount):
            raise DetectorError(f"the amount of {key.text} at {start} is {amount}: leave out what is not known")
        values[index] = amount
    return values


def _unusual(values: Series, times: Sequence[Hashable], choice: _Choice) -> list[Judgement]:
    if choice.method is Method.CLASSIC:
        return classic.exceeding(classic.judge(values), choice.deviations)
    judged = robust.judge([value or 0.0 for value in values], times)
    return robust.exceeding(judged, choice.deviations, drops=choice.drops)


def _matters(one: Judgement, choice: _Choice) -> bool:
    size = one.value if choice.method is Method.CLASSIC else abs(one.excess)
    return size >= choice.min_impact


def _is_decidable(values: Series, method: Method) -> bool:
    if method is Method.CLASSIC:
        return sum(value is not None for value in values) >= classic.LEAST_BUCKETS
    return len(values) >= robust.LEAST_BUCKETS


def _counted(series: Mapping[EntityKey, Series], dimensions: Collection[str] | None) -> dict[str, int]:
    """Count the entities of every dimension, of those without any as well when they were asked for."""
    counts = Counter(key.dimension for key in series)
    return {dimension: counts[dimension] for dimension in sorted({*counts, *(dimensions or ())})}
