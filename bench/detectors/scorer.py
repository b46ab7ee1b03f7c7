"""Scores alarms event by event, the way somebody who is paged would.

An event is found by an alarm between its start and one hour after its end. Alarms less than six
hours apart are one episode, cut every twelve hours, or an alarm that is always on would look
precise. An episode is false when it touches no event, unless it follows a lasting, legitimate
change within a day: an alarm there can be argued for, and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.detectors.generator import FAULTS, Entity, Flags, Floats

COLD = 168.0  # hours at the start that are not scored
COLD_WHEN_SHORT = 48.0
SHORT = 21 * 24.0
EPISODE_GAP = 6.0
NAG = 12.0
ARGUABLE = 24.0
WEEK = 168.0

TRIES = 400  # thresholds

Scores = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Result:
    """How a detector did at one threshold.

    Attributes:
        threshold: The score above which it alarmed.
        recall: Share of the events found.
        f1: Harmonic mean of recall and found / (found + false episodes).
        false_per_week: False episodes per entity and week.
        delay: Median hours from the start of an event to its first alarm.
        delays: The same for every kind of fault.
        caught: Share of the excess dollars spent after the first alarm of their event.
        by_kind: Recall for every kind of fault.
    """

    threshold: float
    recall: float
    f1: float
    false_per_week: float
    delay: float
    delays: dict[str, float]
    caught: float
    by_kind: dict[str, float]


@dataclass(slots=True)
class _Tally:
    found: int = 0
    events: int = 0
    false: int = 0
    weeks: float = 0.0
    excess: float = 0.0
    caught: float = 0.0


def score(entities: Sequence[Entity], scores: Scores, threshold: float) -> Result:
    """Score all entities at one threshold."""
    tally = _Tally()
    delays: dict[str, list[float]] = {kind: [] for kind in FAULTS}
    kinds = {kind: [0, 0] for kind in FAULTS}
    for entity in entities:
        cold = cold_hours(entity)
        alarm = (scores[entity.name] > threshold) & (entity.hours >= cold)
        covered = np.zeros(len(alarm), bool)
        for event in entity.events:
            rows = (entity.hours >= event.start) & (entity.hours <= event.end)
            near = (entity.hours >= event.start) & (entity.hours <= event.end + 1)
            covered |= near
            tally.events += 1
            kinds[event.kind][1] += 1
            tally.excess += float(entity.excess[rows].sum())
            hit = np.nonzero(alarm & near)[0]
            if len(hit):
                first = entity.hours[hit[0]]
                tally.found += 1
                kinds[event.kind][0] += 1
                delays[event.kind].append(float(first - event.start))
                tally.caught += float(entity.excess[rows & (entity.hours > first)].sum())
        tally.false += _false_episodes(entity, alarm, covered)
        tally.weeks += float(entity.hours[-1] - cold) / WEEK
    return _result(threshold, tally, delays, kinds)


def at_rate(
    entities: Sequence[Entity], scores: Scores, per_week: float, decide: Callable[[float], Scores] | None = None
) -> Result:
    """Score at the lowest threshold with at most `per_week` false episodes per entity-week.

    Args:
        entities: What was scored.
        scores: A score for every row, from which the thresholds to try are taken.
        per_week: How many false episodes are allowed.
        decide: Returns 1.0 where there is an alarm at a threshold; by default where the score exceeds it.
    """

    def result(threshold: float) -> Result:
        if decide is None:
            return score(entities, scores, threshold)
        return replace(score(entities, decide(threshold), 0.5), threshold=threshold)

    pool = np.concatenate([scores[one.name][one.hours >= cold_hours(one)] for one in entities])
    tries = np.unique(np.quantile(pool, 1 - np.geomspace(2e-5, 0.2, TRIES)))
    tries = np.append(tries[tries > 0], 1.0)
    low, high = 0, len(tries) - 1
    best = score(entities, scores, 1.0)
    while low <= high:
        middle = (low + high) // 2
        found = result(float(tries[middle]))
        if found.false_per_week <= per_week:
            best, high = found, middle - 1
        else:
            low = middle + 1
    return best


def cold_hours(entity: Entity) -> float:
    """Return how many hours at the start of an entity are not scored."""
    return COLD if entity.hours[-1] >= SHORT else COLD_WHEN_SHORT


def _false_episodes(entity: Entity, alarm: Flags, covered: Flags) -> int:
    arguable = np.zeros(len(alarm), bool)
    for shift in entity.shifts:
        arguable |= (entity.hours >= shift) & (entity.hours < shift + ARGUABLE)
    excused = covered | arguable
    return sum(not excused[rows].any() for rows in _episodes(entity.hours, alarm))


def _episodes(hours: Floats, alarm: Flags) -> list[NDArray[np.intp]]:
    rows = np.nonzero(alarm)[0]
    if not len(rows):
        return []
    episodes = []
    for block in np.split(rows, np.nonzero(np.diff(hours[rows]) > EPISODE_GAP)[0] + 1):
        piece = ((hours[block] - hours[block[0]]) // NAG).astype(int)
        episodes += np.split(block, np.nonzero(np.diff(piece))[0] + 1)
    return episodes


def _result(threshold: float, tally: _Tally, delays: dict[str, list[float]], kinds: dict[str, list[int]]) -> Result:
    precision = tally.found / max(1, tally.found + tally.false)
    recall = tally.found / max(1, tally.events)
    return Result(
        threshold=threshold,
        recall=recall,
        f1=2 * precision * recall / max(1e-12, precision + recall),
        false_per_week=tally.false / tally.weeks,
        delay=_median([one for some in delays.values() for one in some]),
        delays={kind: _median(some) for kind, some in delays.items()},
        caught=tally.caught / max(1e-9, tally.excess),
        by_kind={kind: found / max(1, every) for kind, (found, every) in kinds.items()},
    )


def _median(hours: list[float]) -> float:
    return float(np.median(hours)) if hours else float("nan")
