"""The textbook score over the whole period, for those who compare with earlier reports.

It is what most dashboards show, and it hides what it looks for: the tested amount is part of the
mean and of the deviation, so among n buckets no score exceeds (n - 1) / sqrt(n). Three deviations
cannot be reached with fewer than eleven buckets, and two equal spikes in a week hide each other.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from detectors.analysis.results import Judgement

LEAST_BUCKETS = 3


def judge(values: Sequence[float | None]) -> list[Judgement]:
    """Judge every bucket in which the entity appears; absent ones are not taken for zeros.

    Args:
        values: Dollars in every bucket of the period, None where nothing was reported.
    """
    present = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(present) < LEAST_BUCKETS:
        return []
    amounts = [value for _, value in present]
    mean, deviation = statistics.fmean(amounts), statistics.stdev(amounts)
    return [_judgement(index, value, mean, deviation) for index, value in present]


def _judgement(bucket: int, value: float, mean: float, deviation: float) -> Judgement:
    low, high = max(0.0, mean - deviation), mean + deviation
    z_score = abs(value - mean) / deviation if deviation else 0.0
    return Judgement(
        bucket=bucket,
        value=value,
        normal=mean,
        low=low,
        high=high,
        # The norm that costs are set against is the middle of the range, which is cut off at zero.
        excess=value - (low + high) / 2,
        z_score=z_score,
        severity=z_score * math.sqrt(max(0.0, value)),
    )


def exceeding(judged: Iterable[Judgement], deviations: float) -> list[Judgement]:
    """Return what lies beyond so many deviations on either side."""
    return [one for one in judged if one.z_score > deviations]
