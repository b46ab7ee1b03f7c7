"""The anomalies told one by one, and added up by bucket and by entity."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from detectors import words
from detectors.analysis.patterns import describe, pattern_of
from detectors.analysis.period import Period
from detectors.analysis.results import (
    EntityKey,
    EntitySummary,
    Judgement,
    Method,
    TemporalAnomaly,
    TimeSummary,
)

Found = Mapping[EntityKey, Sequence[Judgement]]

RANKS = ("provider", "model", "agent", "api_key", "customer")
"""Which dimension the classic report adds up, when there is a choice."""


def anomalies_of(found: Found, period: Period) -> tuple[TemporalAnomaly, ...]:
    """Return the anomalies, the most severe first."""
    told = [(one.severity, _anomaly(key, one, period)) for key, judged in found.items() for one in judged]
    told.sort(key=lambda pair: (-pair[0], pair[1].time_group, pair[1].key))
    return tuple(anomaly for _, anomaly in told)


def _anomaly(key: EntityKey, one: Judgement, period: Period) -> TemporalAnomaly:
    label = period.label(one.bucket)
    percentage = 100 * (one.value - one.normal) / one.normal if one.normal > 0 else None
    return TemporalAnomaly(
        entity_name=key.name,
        entity_type=key.dimension,
        time_group=period.edges[one.bucket],
        time_group_label=label,
        anomaly_value=one.value,
        normal_value=one.normal,
        normal_range_min=one.low,
        normal_range_max=one.high,
        excess=one.excess,
        z_score=one.z_score,
        severity_score=one.severity,
        percentage_above_normal=percentage,
        context=_context(key, one, label, percentage),
    )


def _context(key: EntityKey, one: Judgement, label: str, percentage: float | None) -> str:
    spent = words.capitalized(f"{key.text} spent {words.dollars(one.value)} on {label}")
    if percentage is None:
        return f"{spent}, where nothing is usual."
    side = "above" if one.excess > 0 else "below"
    distance = f"{one.z_score:.1f} ordinary deviations {side} its norm of {words.dollars(one.normal)}"
    return f"{spent}, {abs(percentage):,.0f} % {side} normal: {distance}."


def by_time(found: Found, period: Period, method: Method) -> tuple[TimeSummary, ...]:
    """Return one entry for every bucket that has anomalies, in order of time."""
    buckets: dict[int, dict[str, list[Judgement]]] = defaultdict(lambda: defaultdict(list))
    for key, judged in found.items():
        for one in judged:
            buckets[one.bucket][key.dimension].append(one)
    return tuple(_time_summary(index, buckets[index], period, method) for index in sorted(buckets))


def _time_summary(
    index: int, dimensions: Mapping[str, Sequence[Judgement]], period: Period, method: Method
) -> TimeSummary:
    primary = _primary(dimensions, method)
    judged = dimensions[primary]
    total = math.fsum(one.value for one in judged)
    normal = math.fsum(one.value - one.excess for one in judged)
    beyond = _beyond(judged)
    multiplier = total / normal if normal > 0 else None
    label = period.label(index)
    times = "" if multiplier is None else f", {multiplier:,.1f} times as much"
    return TimeSummary(
        time_group=period.edges[index],
        time_group_label=label,
        total_anomalies=sum(len(one) for one in dimensions.values()),
        primary_entity_type=primary,
        total_cost=total,
        normal_cost=normal,
        total_anomalous_cost=beyond,
        cost_multiplier=multiplier,
        explanation=f"{label}: {words.dollars(total)} where {words.dollars(normal)} is usual{times}, "
        f"counted by {primary.replace('_', ' ')}.",
    )


def _primary(dimensions: Mapping[str, Sequence[Judgement]], method: Method) -> str:
    """Choose the dimension to add up; each is a view of the same dollars, so only one is."""

    def rank(dimension: str) -> tuple[int, str]:
        return (RANKS.index(dimension) if dimension in RANKS else len(RANKS), dimension)

    if method is Method.CLASSIC:
        return min(dimensions, key=rank)
    return min(dimensions, key=lambda one: (-_beyond(dimensions[one]), rank(one)))


def by_entity(found: Found, period: Period) -> tuple[EntitySummary, ...]:
    """Return one entry for every entity that has anomalies, the dearest first."""
    summaries = [_entity_summary(key, judged, period) for key, judged in found.items() if judged]
    return tuple(sorted(summaries, key=lambda one: (-one.total_anomalous_cost, one.key)))


def _entity_summary(key: EntityKey, judged: Sequence[Judgement], period: Period) -> EntitySummary:
    indexes = [one.bucket for one in judged]
    pattern = pattern_of(indexes, period)
    return EntitySummary(
        entity_name=key.name,
        entity_type=key.dimension,
        anomalous_time_periods=tuple(period.label(index) for index in indexes),
        total_anomalous_cost=_beyond(judged),
        normal_cost=statistics.fmean(one.value - one.excess for one in judged),
        pattern=pattern,
        anomaly_pattern=describe(pattern, len(indexes), period.unit),
        ongoing=indexes[-1] == len(period.starts) - 1,
    )


def _beyond(judged: Iterable[Judgement]) -> float:
    return math.fsum(max(0.0, one.excess) for one in judged)
