"""How far an amount is from the others when the odd ones among them must not set the measure.

The norm is the median. The ordinary deviation is the mean distance from it of the nearer buckets,
six in seven of them where there are many, scaled to what the standard deviation would be if the
amounts were Gaussian; whatever the others do does not count. An hour of the day, or a weekday, that
is mostly unlike the rest of the period has a norm of its own.

Measured on Gaussian amounts in 4 to 365 buckets, an ordinary one lies more than two deviations above
the norm in 1.6 to 2.9 % of the cases; 2.3 % would be exact.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from detectors.analysis.results import Judgement

LEAST_BUCKETS = 4
"""With fewer nobody can tell which of them is the odd one."""

ODD_ONES = 3
"""Odd buckets that must not set the measure, where that leaves more than half of all."""

MANY = 0.85
"""Share of the buckets that sets the measure where there are many."""

SMALL_SAMPLE = 2.5
"""Few buckets have close neighbours by luck: the deviation is stretched by this over their number."""

LEAST_VARIATION = 0.05
"""Of the norm: nobody's spending is taken to be steadier than this."""

CERTAINTY = 0.01
"""Of the amount itself, which keeps the distance finite (100 at most) where nothing ever varied."""

LEAST_STRETCHES = 3
"""An entity that is active this often, and idle most of the time, comes and goes by habit."""

UNLIKE = 1.5
"""Deviations from the norm of the period that make a time of its own of an hour or a weekday."""

SEVERE = 10.0
"""Deviations beyond which the dollars alone rank an anomaly."""

GAUSSIAN = statistics.NormalDist()


def judge(values: Sequence[float], times: Sequence[Hashable]) -> list[Judgement]:
    """Judge every bucket against the norm; none is judged where there are too few of them.

    Args:
        values: Dollars in every bucket of the period, zeros included.
        times: What time of the day or of the week each of them is.
    """
    if len(values) < LEAST_BUCKETS:
        return []
    judged = {one.bucket: one for one in _judged(values, _comparable(values))}
    for habitual in _habitual(judged.values(), times):
        judged |= {one.bucket: one for one in _judged(values, habitual)}
    return list(judged.values())


def exceeding(judged: Iterable[Judgement], deviations: float, *, drops: bool) -> list[Judgement]:
    """Return what lies beyond so many deviations; drops only if asked for."""
    return [one for one in judged if one.z_score > deviations and (drops or one.excess > 0)]


def _comparable(values: Sequence[float]) -> list[int]:
    """Return the buckets to compare: all, or only the active ones of an entity that comes and goes."""
    active = [bucket for bucket, value in enumerate(values) if value > 0]
    stretches = sum(1 for earlier, later in pairwise([-2, *active]) if later > earlier + 1)
    comes_and_goes = 2 * len(active) < len(values) and stretches >= LEAST_STRETCHES
    return active if comes_and_goes else list(range(len(values)))


def _habitual(judged: Iterable[Judgement], times: Sequence[Hashable]) -> Iterator[list[int]]:
    """Yield the buckets of every time that is mostly unlike the rest."""
    groups: dict[Hashable, list[Judgement]] = defaultdict(list)
    for one in judged:
        groups[times[one.bucket]].append(one)
    for group in groups.values():
        unlike = sum(one.z_score > UNLIKE for one in group)
        if len(group) >= LEAST_BUCKETS and 2 * unlike > len(group):
            yield [one.bucket for one in group]


def _judged(values: Sequence[float], buckets: Sequence[int]) -> list[Judgement]:
    """Judge buckets by what is the norm among them."""
    normal, deviation = _norm([values[bucket] for bucket in buckets])
    return [_judgement(bucket, values[bucket], normal, deviation) for bucket in buckets]


def _norm(values: Sequence[float]) -> tuple[float, float]:
    """Return the norm and the ordinary deviation from it."""
    count = len(values)
    normal = statistics.median(values)
    kept = max(count // 2 + 1, min(count - ODD_ONES, math.ceil(MANY * count)))
    nearer = sorted(abs(value - normal) for value in values)[:kept]
    # With an odd count one of them is the median itself, at no distance from itself.
    distance = math.fsum(nearer) / (kept - count % 2)
    deviation = _to_deviation(kept / count) * distance * (1 + SMALL_SAMPLE / count)
    return normal, max(deviation, LEAST_VARIATION * abs(normal))


@cache
def _to_deviation(share: float) -> float:
    """Return the standard deviation over the mean distance of the nearer share, if Gaussian."""
    edge = GAUSSIAN.inv_cdf((1 + share) / 2)
    return share / (2 * (GAUSSIAN.pdf(0) - GAUSSIAN.pdf(edge)))


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
