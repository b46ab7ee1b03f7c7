"""What is compared: our detectors, all of river's that can be chosen, and a z-score over the whole period."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.detectors import replay
from bench.detectors.generator import SPANS, Entity, Floats
from bench.detectors.scorer import Scores
from detectors import registry, snapshot
from detectors.base import Detector, Sensitivity
from detectors.scoring import score_rows

BATCH = {f"batch z {deviations:g} sigma": deviations for deviations in (3.0, 2.0, 1.5)}
SENSITIVITIES = {f"spend {one}": one for one in Sensitivity}


@dataclass(frozen=True, slots=True)
class Run:
    """What a detector said, and what it cost.

    Attributes:
        scores: One score for every row of every entity.
        alarms: The same, 1.0 where the detector itself called an anomaly and 0.0 elsewhere.
        decide: Alarms at any other threshold, where that is more than comparing scores with it.
        per_second: Updates per second of processor time, 0 for what is no stream.
        size: Bytes of a snapshot, 0 when there is none.
    """

    scores: Scores
    alarms: Scores
    decide: Callable[[float], Scores] | None = None
    per_second: float = 0.0
    size: int = 0


def labels() -> list[str]:
    """Return everything that can be compared."""
    others = [name for name in registry.names() if name != "spend"]
    return [*SENSITIVITIES, *others, *BATCH]


def run(entities: Sequence[Entity], label: str, grain: str = "hour") -> Run:
    """Let a contestant judge every row of every entity."""
    if label in BATCH:
        return _batch_z(entities, BATCH[label])
    if label not in SENSITIVITIES:
        return _stream(entities, label, Sensitivity.NORMAL, grain)
    streamed = _stream(entities, "spend", SENSITIVITIES[label], grain)
    traces = {one.name: replay.trace(one, SPANS[grain]) for one in entities}
    return Run(
        streamed.scores,
        streamed.alarms,
        lambda threshold: {name: replay.alarms(one, threshold) for name, one in traces.items()},
        streamed.per_second,
        streamed.size,
    )


def _stream(entities: Sequence[Entity], name: str, sensitivity: Sensitivity, grain: str) -> Run:
    """Stream every entity through a fresh detector."""
    scores, alarms = {}, {}
    rows, used, size = 0, 0.0, 0
    for entity in entities:
        detector = registry.create(name, sensitivity=sensitivity)
        start = time.process_time()
        arrivals = zip(entity.stamps, entity.values, strict=True)
        verdicts = [verdict for _, verdict in score_rows(arrivals, detector, SPANS[grain])]
        used += time.process_time() - start
        rows += len(verdicts)
        size = max(size, _snapshot_size(detector))
        scores[entity.name] = np.array([one.score for one in verdicts])
        alarms[entity.name] = np.array([float(one.is_anomaly) for one in verdicts])
    return Run(scores, alarms, None, rows / used, size)


def _batch_z(entities: Sequence[Entity], deviations: float) -> Run:
    """Compare every row with mean and deviation of the whole period; this looks ahead."""
    scores: dict[str, Floats] = {}
    alarms: dict[str, Floats] = {}
    for entity in entities:
        values = np.array(entity.values)
        distance = np.abs(values - values.mean()) / (values.std() + 1e-12)
        scores[entity.name] = distance / (1 + distance)
        alarms[entity.name] = (distance > deviations).astype(float)
    return Run(scores, alarms)


def _snapshot_size(detector: Detector) -> int:
    return len(snapshot.dump(detector)) if detector.snapshotable else 0
