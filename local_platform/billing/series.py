"""Metered values with their moments, from which the usage of any stretch of time follows."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from local_platform.billing.plan import Aggregate
from local_platform.billing.quantity import ElementUsage, Usage
from local_platform.billing.tiers import EXACT

_NOTHING = Decimal(0)
_COUNTING_VALUES = frozenset(
    {
        Aggregate.UNIQUE,
        Aggregate.DISTINCT,
        Aggregate.DISTINCT_VALUE_BY_NAME,
        Aggregate.COUNT_DISTINCT_VALUE_BY_NAME,
    }
)
_LOOKING_AT_EACH = _COUNTING_VALUES | {Aggregate.MAXIMUM}

Value = Decimal | str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan asks of an element; finding out more would cost time for every call of a month.

    Attributes:
        aggregates: How its values are aggregated.
        values: The values whose occurrences matter.
    """

    aggregates: Collection[Aggregate] = tuple(Aggregate)
    values: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one element.

    Attributes:
        moments: When each was metered, in epoch milliseconds, ascending.
        values: Numbers, or words.
        totals: The sums of the numbers before each value, and before the end.
        wanted: What usage must tell of them.
    """

    moments: Sequence[int]
    values: Sequence[Value]
    totals: Sequence[Decimal]
    wanted: Wanted

    def within(self, start: int, end: int) -> ElementUsage:
        """Return what was used from a moment up to, and without, another, as far as it is wanted."""
        first, after = bisect_left(self.moments, start), bisect_left(self.moments, end)
        if first >= after:
            return ElementUsage()
        aggregates, last = self.wanted.aggregates, self.values[after - 1]
        values = self.values[first:after] if _LOOKING_AT_EACH.intersection(aggregates) else ()
        numbers = [value for value in values if isinstance(value, Decimal)] if Aggregate.MAXIMUM in aggregates else ()
        times = Counter(map(_written, values)) if self.wanted.values else Counter[str]()
        return ElementUsage(
            count=after - first,
            total=EXACT.subtract(self.totals[after], self.totals[first]),
            maximum=max(numbers, default=_NOTHING),
            last=last if isinstance(last, Decimal) else _NOTHING,
            different=len(set(values)) if _COUNTING_VALUES.intersection(aggregates) else 0,
            occurrences={value: times[value] for value in self.wanted.values},
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


def series_of(pairs: Iterable[tuple[int, Value]], wanted: Wanted) -> Series:
    """Return a series of moments and values that come in any order; equal moments keep theirs."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    values = [value for _, value in ordered]
    numbers = (value if isinstance(value, Decimal) else _NOTHING for value in values)
    totals = list(accumulate(numbers, EXACT.add, initial=_NOTHING))
    return Series([moment for moment, _ in ordered], values, totals, wanted)


def _written(value: Value) -> str:
    """Return a value as a plan names it: 1, not 1.0."""
    return value if isinstance(value, str) else f"{value.normalize():f}"
