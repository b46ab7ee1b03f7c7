"""What is compared: our detectors, two of river's, and a z-score over the whole period."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from bench.detectors.generator import Entity, Floats
from detectors import registry, snapshot
from detectors.base import Detector
from detectors.scoring import score_rows

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Run:
    """What a detector said, and what it cost.

    Attributes:
        scores: One score for every row of every entity.
        alarms: The same, 1.0 where the detector itself called an anomaly and 0.0 elsewhere.
        micros: Processor microseconds per update.
        size: Bytes of a snapshot, 0 when there is none.
    """

    scores: dict[str, Floats]
    alarms: dict[str, Floats]
    micros: float = 0.0
    size: int = 0


def run(entities: Sequence[Entity], name: str, sensitivity: str = "normal") -> Run:
    """Stream every entity through a fresh detector."""
    scores, alarms = {}, {}
    rows, used, size = 0, 0.0, 0
    for entity in entities:
        detector = registry.create(name, sensitivity=sensitivity)
        start = time.process_time()
        verdicts = [
            verdict for _, verdict in score_rows(zip(entity.stamps, entity.values, strict=True), detector, HOUR)
        ]
        used += time.process_time() - start
        rows += len(verdicts)
        size = max(size, _snapshot_size(detector))
        scores[entity.name] = np.array([one.score for one in verdicts])
        alarms[entity.name] = np.array([float(one.is_anomaly) for one in verdicts])
    return Run(scores, alarms, 1e6 * used / rows, size)


def batch_z(entities: Sequence[Entity], deviations: float) -> Run:
    """Compare every row with mean and deviation of the whole period; this looks ahead."""
    scores, alarms = {}, {}
    for entity in entities:
        values = np.array(entity.values)
        distance = np.abs(values - values.mean()) / (values.std() + 1e-12)
        scores[entity.name] = distance / (1 + distance)
        alarms[entity.name] = (distance > deviations).astype(float)
    return Run(scores, alarms)


def _snapshot_size(detector: Detector) -> int:
    return len(snapshot.dump(detector)) if detector.snapshotable else 0
