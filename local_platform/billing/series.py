"""Metered values with their moments, from which the usage of any stretch of time follows."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from local_platform.billing.quantity import ElementUsage, Usage
from local_platform.billing.tiers import EXACT

_NOTHING = Decimal(0)

Value = Decimal | str


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one element.

    Attributes:
        moments: When each was metered, in epoch milliseconds, ascending.
        values: Numbers, or words.
        looked_for: The values whose occurrences matter to the plan.
    """

    moments: Sequence[int]
    values: Sequence[Value]
    looked_for: Collection[str] = ()

    def within(self, start: int, end: int) -> ElementUsage:
        """Return what was used from a moment up to, and without, another."""
        values = self.values[bisect_left(self.moments, start) : bisect_left(self.moments, end)]
        numbers = [value for value in values if isinstance(value, Decimal)]
        times = Counter(map(_written, values)) if self.looked_for else Counter[str]()
        last = values[-1] if values else _NOTHING
        return ElementUsage(
            count=len(values),
            total=_sum(numbers),
            maximum=max(numbers, default=_NOTHING),
            last=last if isinstance(last, Decimal) else _NOTHING,
            different=len(set(values)),
            occurrences={value: times[value] for value in self.looked_for},
        )


@dataclass(frozen=True, slots=True)
class Metered:
    """What was metered for a subscription.

    Attributes:
        calls: When each call was made, in epoch milliseconds, ascending.
        elements: The values of each element, by its id.
    """

    calls: Sequence[int]
    elements: Mapping[str, Series]

    def within(self, start: int, end: int) -> Usage:
        """Return what was used from a moment up to, and without, another."""
        return Usage(
            calls=bisect_left(self.calls, end) - bisect_left(self.calls, start),
            elements={element: series.within(start, end) for element, series in self.elements.items()},
        )


def series_of(pairs: Iterable[tuple[int, Value]], looked_for: Collection[str] = ()) -> Series:
    """Return a series of moments and values that come in any order; equal moments keep theirs."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    return Series([moment for moment, _ in ordered], [value for _, value in ordered], looked_for)


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    total = _NOTHING
    for number in numbers:
        total = EXACT.add(total, number)
    return total


def _written(value: Value) -> str:
    """Return a value as a plan names it: 1, not 1.0."""
    return value if isinstance(value, str) else f"{value.normalize():f}"
