"""Metered values with their moments, from which the usage of any stretch of time follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from local_platform.analytics.columns import Numbers, Word
from local_platform.billing.plan import Aggregate, read_number
from local_platform.billing.quantity import ElementUsage, Usage
from local_platform.billing.tiers import EXACT

_NOTHING = Decimal(0)
_ONE = Decimal(1)
_MOST = np.iinfo(np.int64).max
# Digits before the point that a number in a column can have.
_DIGITS = 19
_COUNTING_VALUES = frozenset(
    {
        Aggregate.UNIQUE,
        Aggregate.DISTINCT,
        Aggregate.DISTINCT_VALUE_BY_NAME,
        Aggregate.COUNT_DISTINCT_VALUE_BY_NAME,
    }
)

Value = Decimal | str
# Whole numbers, or exact decimals as objects.
_Amounts = Numbers | npt.NDArray[np.object_]
_Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan asks of an element; finding out more would cost time for every call of a month.

    Attributes:
        aggregates: How its values are aggregated.
        values: The values whose occurrences matter.
    """

    aggregates: Collection[Aggregate] = tuple(Aggregate)
    values: Collection[str] = ()

    @property
    def counts_values(self) -> bool:
        """Whether it matters how many different values there are."""
        return not _COUNTING_VALUES.isdisjoint(self.aggregates)


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one element.

    Attributes:
        moments: When each was metered, in epoch milliseconds, ascending.
        amounts: The numbers among the values, in units; a word is 0.
        unit: What an amount of 1 stands for.
        numeric: Which values are numbers.
        totals: The sums of the amounts before each value, and before the end.
        previous: Where the same value was metered before, or -1; empty where nobody asks how many there are.
        occurrences: For each value that is looked for, where it was metered.
        wanted: What usage must tell of them.
    """

    moments: Numbers
    amounts: _Amounts
    unit: Decimal
    numeric: _Marks
    totals: _Amounts
    previous: Numbers
    occurrences: Mapping[str, _Marks]
    wanted: Wanted

    def within(self, start: int, end: int) -> ElementUsage:
        """Return what was used from a moment up to, and without, another, as far as it is wanted."""
        first, after = np.searchsorted(self.moments, (start, end)).tolist()
        if first >= after:
            return ElementUsage()
        return ElementUsage(
            count=after - first,
            total=self._exact(EXACT.subtract(Decimal(self.totals.item(after)), Decimal(self.totals.item(first)))),
            maximum=self._maximum(slice(first, after)) if Aggregate.MAXIMUM in self.wanted.aggregates else _NOTHING,
            last=self._exact(self.amounts.item(after - 1)),
            # A value is new here if it was not met since the beginning.
            different=int(np.count_nonzero(self.previous[first:after] < first)),
            occurrences={value: int(np.count_nonzero(at[first:after])) for value, at in self.occurrences.items()},
        )

    def _maximum(self, stretch: slice) -> Decimal:
        amounts = self.amounts[stretch][self.numeric[stretch]]
        return self._exact(amounts.item(int(amounts.argmax()))) if amounts.size else _NOTHING

    def _exact(self, amount: int | Decimal) -> Decimal:
        return EXACT.multiply(Decimal(amount), self.unit)


@dataclass(frozen=True, slots=True)
class Metered:
    """What was metered for a subscription.

    Attributes:
        calls: When each call was made, in epoch milliseconds, ascending.
        elements: The values of each element, by its id.
    """

    calls: Sequence[int] | Numbers
    elements: Mapping[str, Series]

    def within(self, start: int, end: int) -> Usage:
        """Return what was used from a moment up to, and without, another."""
        first, after = np.searchsorted(self.calls, (start, end)).tolist()
        return Usage(
            calls=max(after - first, 0),
            elements={element: series.within(start, end) for element, series in self.elements.items()},
        )


def series_of(pairs: Iterable[tuple[int, Value]], wanted: Wanted) -> Series:
    """Return a series of moments and values that come in any order; equal moments keep theirs."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    values = [value for _, value in ordered]
    amounts = [value if isinstance(value, Decimal) else _NOTHING for value in values]
    numbers: dict[Value, int] = {}
    return Series(
        moments=np.array([moment for moment, _ in ordered], np.int64),
        amounts=np.array(amounts, object),
        unit=_ONE,
        numeric=np.array([isinstance(value, Decimal) for value in values], bool),
        totals=np.array(list(accumulate(amounts, EXACT.add, initial=_NOTHING)), object),
        previous=_previous(np.array([numbers.setdefault(one, len(numbers)) for one in values], np.int64), wanted),
        occurrences={text: np.array([_written(value) == text for value in values], bool) for text in wanted.values},
        wanted=wanted,
    )


def series_of_numbers(moments: Numbers, amounts: Numbers, unit: Decimal, wanted: Wanted) -> Series:
    """Return a series of whole numbers of a unit, in the order of their moments."""
    return Series(
        moments=moments,
        amounts=amounts,
        unit=unit,
        numeric=np.ones(amounts.size, bool),
        totals=_totals(amounts),
        previous=_previous(amounts, wanted),
        occurrences={text: _places(amounts, _amount_written(text, unit)) for text in wanted.values},
        wanted=wanted,
    )


def series_of_words(moments: Numbers, codes: Numbers, words: Sequence[Word], wanted: Wanted) -> Series:
    """Return a series of words, in the order of their moments.

    Args:
        moments: When each was metered.
        codes: Where each lies among the words.
        words: All of them, each once.
        wanted: What usage must tell of them.
    """
    nothing = np.zeros(codes.size + 1, np.int8)
    return Series(
        moments=moments,
        amounts=nothing[1:],
        unit=_ONE,
        numeric=np.zeros(codes.size, bool),
        totals=nothing,
        previous=_previous(codes, wanted),
        occurrences={text: _places(codes, words.index(text) if text in words else None) for text in wanted.values},
        wanted=wanted,
    )


def _totals(amounts: Numbers) -> _Amounts:
    """Return the sums before each number and before the end; they may outgrow what numbers in a column can be."""
    largest = max(int(amounts.max()), -int(amounts.min())) if amounts.size else 0
    fits = largest * amounts.size <= _MOST
    sums = np.cumsum(amounts, dtype=np.int64 if fits else object)
    return cast("_Amounts", np.concatenate([np.zeros(1, sums.dtype), sums]))


def _previous(identities: Numbers, wanted: Wanted) -> Numbers:
    if not wanted.counts_values:
        return np.zeros(0, np.int64)
    order = np.argsort(identities, kind="stable")
    alike = identities[order[1:]] == identities[order[:-1]]
    previous = np.full(identities.size, -1, np.int64)
    previous[order[1:][alike]] = order[:-1][alike]
    return previous


def _places(identities: Numbers, wanted: int | None) -> _Marks:
    """Return where a value lies."""
    if wanted is None:
        return np.zeros(identities.size, bool)
    return cast("_Marks", identities == wanted)


def _amount_written(text: str, unit: Decimal) -> int | None:
    """Return how many units a text stands for, or None when a plan would not name that number so."""
    number = read_number(text)
    if number is None or number.adjusted() >= _DIGITS:
        return None
    amount = int(EXACT.divide(number, unit))
    return amount if _written(amount * unit) == text else None


def _written(value: Any) -> str:
    """Return a value as a plan names it: 1, not 1.0."""
    return value if isinstance(value, str) else f"{value.normalize():f}"
