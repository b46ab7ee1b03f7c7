"""What is computed of the values of a group of calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from local_platform.analytics.columns import Numbers

Group = tuple[int, ...]
_TWO_BYTES = 1 << 16
_Values = Numbers | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Runs:
    """Values by group: each group is a run from a start until before an end."""

    values: Numbers
    starts: Numbers
    ends: Numbers


def _quantile(share: float) -> Callable[[_Runs], _Values]:
    """Return the quantile between the two nearest values; of half, it is the usual median."""

    def compute(runs: _Runs) -> _Values:
        # Sorting run by run is faster than sorting all values and then the groups.
        for start, end in zip(runs.starts.tolist(), runs.ends.tolist(), strict=True):
            runs.values[start:end].sort()
        positions = (runs.ends - runs.starts - 1) * share
        below = positions.astype(np.int64)
        lower = runs.values[runs.starts + below]
        upper = runs.values[np.minimum(runs.starts + below + 1, runs.ends - 1)]
        between: npt.NDArray[np.float64] = lower + (upper - lower) * (positions - below)
        return between

    return compute


def _sum(runs: _Runs) -> _Values:
    total: Numbers = np.add.reduceat(runs.values, runs.starts, dtype=np.int64)
    return total


_COMPUTE: dict[str, Callable[[_Runs], _Values]] = {
    "sum": _sum,
    "avg": lambda runs: _sum(runs) / (runs.ends - runs.starts),
    "max": lambda runs: np.maximum.reduceat(runs.values, runs.starts),
    "min": lambda runs: np.minimum.reduceat(runs.values, runs.starts),
    "count": lambda runs: runs.ends - runs.starts,
    "median": _quantile(0.5),
    "p50": _quantile(0.5),
    "p90": _quantile(0.9),
    "p95": _quantile(0.95),
    "p99": _quantile(0.99),
}
AGGREGATES = tuple(_COMPUTE)


def aggregate(how: str, keys: Sequence[Numbers], values: Numbers) -> dict[Group, float]:
    """Aggregate values by group.

    Args:
        how: One of `AGGREGATES`.
        keys: For each key of the groups, the number that each value has; small and not negative.
        values: Whole numbers, so that sums are exact.
    """
    if not values.size:
        return {}
    group, widths = _composite(keys, values.size)
    order = np.argsort(group, kind="stable")
    group = group[order]
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    results = _COMPUTE[how](_Runs(values[order], starts, np.append(starts[1:], values.size)))
    parts = np.unravel_index(group[starts], widths) if keys else ()
    groups = zip(*(part.tolist() for part in parts), strict=True) if keys else [()]
    return dict(zip(groups, results.tolist(), strict=True))


def _composite(keys: Sequence[Numbers], size: int) -> tuple[Numbers, tuple[int, ...]]:
    """Make one key of several, in two bytes where that is enough: those are sorted in linear time."""
    widths = tuple(int(key.max()) + 1 for key in keys)
    kept_in: type[np.integer] = np.uint16 if math.prod(widths) <= _TWO_BYTES else np.int64
    composite: Numbers = np.zeros(size, kept_in)
    for key, width in zip(keys, widths, strict=True):
        composite = composite * kept_in(width) + key.astype(kept_in)
    return composite, widths
