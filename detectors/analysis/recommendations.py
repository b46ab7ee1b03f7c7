"""What to do about the anomalies; every piece of advice rests on figures that it names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from detectors import words
from detectors.analysis.results import EntityKey, EntitySummary, Pattern, Recommendation, TemporalAnomaly, TimeSummary

NAMELESS = ("anonymous", "unknown", "unattributed", "(none)")
"""How names begin under which the platform files what was metered without one."""

SAME_MONEY = 0.2
"""Excesses of one bucket that differ by no more than this share are taken for the same dollars."""


def recommend(
    anomalies: Sequence[TemporalAnomaly], times: Sequence[TimeSummary], entities: Sequence[EntitySummary]
) -> tuple[Recommendation, ...]:
    """Return what to do, the dearest first."""
    found = [
        *_one_cause(anomalies, times),
        *_nameless(entities),
        *_ongoing(entities),
        *_on_weekends(entities),
        *_new(anomalies),
    ]
    return tuple(sorted(found, key=lambda one: -one.dollars))


def _one_cause(anomalies: Sequence[TemporalAnomaly], times: Sequence[TimeSummary]) -> Iterator[Recommendation]:
    """Join the entities of the dearest bucket that seem to have spent the same dollars."""
    if not times:
        return
    dearest = max(times, key=lambda one: one.total_anomalous_cost)
    best: dict[str, TemporalAnomaly] = {}
    for one in anomalies:
        if one.time_group == dearest.time_group and one.excess > 0:
            best[one.entity_type] = max(best.get(one.entity_type, one), one, key=lambda each: each.excess)
    most = max((one.excess for one in best.values()), default=0.0)
    alike = [one for one in best.values() if one.excess >= (1 - SAME_MONEY) * most]
    if len(alike) < 2:
        return
    names = words.joined([one.key.text for one in alike])
    yield Recommendation(
        f"{words.capitalized(names)} all spent about {words.dollars(most)} beyond their norm on "
        f"{dearest.time_group_label}: treat them as one cause, and look at the calls they have in common.",
        tuple(one.key for one in alike),
        most,
    )


def _nameless(entities: Sequence[EntitySummary]) -> Iterator[Recommendation]:
    for one in entities:
        if one.entity_name.casefold().startswith(NAMELESS) and one.total_anomalous_cost > 0:
            yield _about(
                one,
                "was spent beyond the norm by {name}, so nobody can be asked about it: "
                "meter calls with the credential of their subscriber.",
            )


def _ongoing(entities: Sequence[EntitySummary]) -> Iterator[Recommendation]:
    for one in entities:
        if one.ongoing and one.pattern is not Pattern.SINGLE and one.total_anomalous_cost > 0:
            yield _about(
                one,
                "was spent beyond the norm by {name}, and it was still going on at the end of the period "
                "({pattern}): stop it or set a limit now, or expect this to be its new norm.",
            )


def _on_weekends(entities: Sequence[EntitySummary]) -> Iterator[Recommendation]:
    for one in entities:
        if one.pattern is Pattern.WEEKEND and one.total_anomalous_cost > 0:
            yield _about(
                one,
                "was spent beyond the norm by {name} at weekends only ({pattern}): "
                "look for an unattended job, and for somebody else using its credentials.",
            )


def _new(anomalies: Sequence[TemporalAnomaly]) -> Iterator[Recommendation]:
    """Name those that spent although nothing was usual, in the dimension that shows most of it."""
    sums: dict[str, dict[EntityKey, float]] = {}
    for one in anomalies:
        if one.percentage_above_normal is None and one.excess > 0:
            keys = sums.setdefault(one.entity_type, {})
            keys[one.key] = keys.get(one.key, 0.0) + one.excess
    if not sums:
        return
    total, dimension = max((math.fsum(keys.values()), dimension) for dimension, keys in sums.items())
    keys = sums[dimension]
    ranked = sorted(keys, key=lambda key: (-keys[key], key))
    yield Recommendation(
        f"{words.dollars(total)} came from what usually spends nothing, most of it from {ranked[0].text}: "
        "make sure that it is meant to run.",
        tuple(ranked),
        total,
    )


def _about(one: EntitySummary, advice: str) -> Recommendation:
    text = advice.format(name=one.key.text, pattern=one.anomaly_pattern)
    return Recommendation(f"{words.dollars(one.total_anomalous_cost)} {text}", (one.key,), one.total_anomalous_cost)
