"""How the anomalous buckets of an entity lie in time."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.analysis.period import Period
from detectors.analysis.results import Pattern


def pattern_of(indexes: Sequence[int], period: Period) -> Pattern:
    """Tell how buckets lie; by their places in the calendar, not by the names of their weekdays.

    Args:
        indexes: Numbers of the buckets, ascending.
        period: What they are buckets of.
    """
    if len(indexes) < 2:
        return Pattern.SINGLE
    if all(period.is_weekend(index) for index in indexes):
        return Pattern.WEEKEND
    if indexes[-1] - indexes[0] == len(indexes) - 1:
        return Pattern.CONSECUTIVE
    return Pattern.SEPARATE


def describe(pattern: Pattern, count: int, unit: str) -> str:
    """Say a pattern in words."""
    match pattern:
        case Pattern.SINGLE:
            return f"single {unit}"
        case Pattern.WEEKEND:
            return f"weekend, {count} {unit}s"
        case _:
            return f"{count} {pattern.value} {unit}s"
