"""How far an amount is from the others when the odd ones among them must not set the measure.

The norm is the median. The ordinary deviation is the mean distance from it of the nearer half of
the buckets, scaled so that it is the standard deviation where the amounts are Gaussian; whatever the
other half does, it does not count. Measured on Gaussian amounts of 7 to 365 buckets, an ordinary
bucket exceeds two deviations in 1.8 to 2.3 % of the cases (2.3 % would be exact).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise

from detectors.analysis.results import Judgement

LEAST_BUCKETS = 4
"""With fewer nobody can tell which of them is the odd one."""

TO_DEVIATION = 3.0801
"""Mean distance of the nearer half to standard deviation, if Gaussian."""

SMALL_SAMPLE = 2.0
"""Few buckets have close neighbours by luck: the deviation is stretched by this over their number."""

LEAST_VARIATION = 0.05
"""Of the norm: nobody's spending is taken to be steadier than this."""

CERTAINTY = 0.01
"""Of the amount itself, which keeps the distance finite (100 at most) where nothing ever varied."""

LEAST_STRETCHES = 3
"""An entity that is active this often, and idle most of the time, comes and goes by habit."""

SEVERE = 10.0
"""Deviations beyond which the dollars alone rank an anomaly."""


def judge(values: Sequence[float]) -> list[Judgement]:
    """Judge every bucket against the norm; none is judged where there are too few of them.

    Args:
        values: Dollars in every bucket of the period, zeros included.
    """
    if len(values) < LEAST_BUCKETS:
        return []
    indexes = _comparable(values)
    normal, deviation = _norm([values[index] for index in indexes])
    return [_judgement(index, values[index], normal, deviation) for index in indexes]


def _comparable(values: Sequence[float]) -> list[int]:
    """Return the buckets to compare: all, or only the active ones of an entity that comes and goes."""
    active = [index for index, value in enumerate(values) if value > 0]
    stretches = sum(1 for earlier, later in pairwise([-2, *active]) if later > earlier + 1)
    comes_and_goes = 2 * len(active) < len(values) and stretches >= LEAST_STRETCHES
    return active if comes_and_goes else list(range(len(values)))


def _norm(values: Sequence[float]) -> tuple[float, float]:
    """Return the norm and the ordinary deviation from it."""
    count = len(values)
    normal = statistics.median(values)
    nearer = sorted(abs(value - normal) for value in values)[: count // 2 + 1]
    # With an odd count one of them is the median itself, at no distance from itself.
    counted = len(nearer) - count % 2
    deviation = TO_DEVIATION * math.fsum(nearer) / counted * (1 + SMALL_SAMPLE / count)
    return normal, max(deviation, LEAST_VARIATION * abs(normal))


def _judgement(bucket: int, value: float, normal: float, deviation: float) -> Judgement:
    excess = value - normal
    z_score = abs(excess) / (max(deviation, CERTAINTY * abs(value)) or 1.0)
    return Judgement(
        bucket=bucket,
        value=value,
        normal=normal,
        low=max(0.0, normal - deviation),
        high=normal + deviation,
        excess=excess,
        z_score=z_score,
        severity=min(z_score, SEVERE) * math.sqrt(abs(excess)),
    )


def exceeding(judged: Iterable[Judgement], deviations: float, *, drops: bool) -> list[Judgement]:
    """Return what lies beyond so many deviations; drops only if asked for."""
    return [one for one in judged if one.z_score > deviations and (drops or one.excess > 0)]
