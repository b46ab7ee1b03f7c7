"""What the spend detector would have told at another threshold, without streaming everything again.

What it learns of a series does not depend on its threshold, only what it tells does: so the evidence
is traced once, and the decision is repeated for each threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from bench.detectors.generator import Entity, Floats
from detectors.base import Observation
from detectors.patience import Patience
from detectors.progress import Progress
from detectors.spend import SpendDetector


@dataclass(frozen=True, slots=True)
class Row:
    """One judged window: the evidence to both sides, and where it lies; learnt if it is in order."""

    up: float
    low: float
    hours: float
    gap: float
    is_learnt: bool


def trace(entity: Entity, span: timedelta) -> list[Row | None]:
    """Return every row of an entity as the detector weighs it; none while it warms up."""
    detector, progress = SpendDetector(), Progress()
    rows: list[Row | None] = []
    for at, value in zip(entity.stamps, entity.values, strict=True):
        observation = Observation(at, value, span)
        step = progress.step(at, span.total_seconds() / 3600)
        is_new = progress.is_new(step)
        evidence = detector.weigh(observation)
        warm = progress.hours >= detector.warm_up
        rows.append(Row(evidence.up, evidence.low, step.hours, step.gap, is_new) if warm else None)
        detector.learn(observation)
        if is_new:
            progress.advance(at, step.hours)
    return rows


def alarms(rows: Sequence[Row | None], score: float) -> Floats:
    """Return 1.0 where the detector would have called an anomaly with its threshold at this score."""
    threshold = score / (1.0 - score) if score < 1.0 else np.inf
    above, below = Patience(), Patience()
    told = np.zeros(len(rows))
    for number, row in enumerate(rows):
        if row is None:
            continue
        told[number] = row.up > above.bar(threshold, row.gap) or row.low > below.bar(threshold, row.gap)
        if row.is_learnt:
            above.learn(row.up, threshold, row.hours, row.gap)
            below.learn(row.low, threshold, row.hours, row.gap)
    return told
