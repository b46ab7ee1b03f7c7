"""What was used, by cell, and adding it up in whole numbers: cells come by the thousand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple, TypeAlias, TypeVar

from detectors.base import DetectorError

DIGITS = 9
"""Of a result behind the point: dollars are whole nano-dollars."""

NANO = 10**DIGITS

Key = TypeVar("Key", bound=Hashable)


class Usage(NamedTuple):
    """What the calls of one cell add up to; money in nano-dollars."""

    calls: int = 0
    tokens: int = 0
    nanos: int = 0


class Ratio(NamedTuple):
    """What is counted of the calls of one cell, such as failures, and the calls."""

    part: int = 0
    calls: int = 0


Labels: TypeAlias = tuple[str | None, ...]
"""One name for each dimension; None or nothing where the calls gave none."""

Cells: TypeAlias = Mapping[Labels, Usage]
Amounts: TypeAlias = Mapping[Labels, int]
Ratios: TypeAlias = Mapping[Labels, Ratio]


class Sums(NamedTuple):
    """Usage as exact fractions, since a share of a baseline seldom comes out even."""

    calls: Fraction = Fraction(0)
    tokens: Fraction = Fraction(0)
    dollars: Fraction = Fraction(0)


def labels_at(places: Sequence[int]) -> Callable[[Labels], Labels]:
    """Return what picks some of the labels of a cell."""
    # The getter takes half the time, but returns one label bare.
    return itemgetter(*places) if len(places) > 1 else lambda labels: tuple(labels[place] for place in places)


def added(cells: Mapping[Labels, tuple[int, ...]], group: Callable[[Labels], Key]) -> dict[Key, list[int]]:
    """Add up the cells of each group, column by column."""
    groups: dict[Key, list[int]] = {}
    for labels, amounts in cells.items():
        key = group(labels)
        known = groups.get(key)
        if known is None:
            groups[key] = list(amounts)
            continue
        for column, amount in enumerate(amounts):
            known[column] += amount
    return groups


def by_name(amounts: Amounts, place: int) -> dict[str | None, int]:
    """Add up amounts by one of their labels."""
    names: dict[str | None, int] = {}
    for labels, amount in amounts.items():
        name = labels[place] or None
        names[name] = names.get(name, 0) + amount
    return names


def sums(cells: Cells, group: Callable[[Labels], Key], share: Fraction = Fraction(1)) -> dict[Key, Sums]:
    """Add up the cells of each group, and take a share of every sum."""
    return {
        key: Sums(calls * share, tokens * share, Fraction(nanos, NANO) * share)
        for key, (calls, tokens, nanos) in added(cells, group).items()
    }


def total(groups: Iterable[Sums]) -> Sums:
    """Add up sums."""
    calls = tokens = dollars = Fraction(0)
    for one in groups:
        calls += one.calls
        tokens += one.tokens
        dollars += one.dollars
    return Sums(calls, tokens, dollars)


def steps(totals: Iterable[Fraction]) -> list[Decimal]:
    """Return the steps between consecutive totals.

    The totals are rounded and not the steps, so that the steps add up to the whole way to the last
    digit.
    """
    rounded = [to_decimal(one) for one in totals]
    return [later - earlier for earlier, later in pairwise(rounded)]


def to_decimal(amount: Fraction) -> Decimal:
    """Round to nine digits behind the point, as money is counted."""
    return Decimal(round(amount * NANO)).scaleb(-DIGITS)


def check(cells: Iterable[Labels], dimensions: Sequence[str], share: Fraction = Fraction(1)) -> None:
    """Refuse cells that do not fit their dimensions, and a share that is none.

    Raises:
        DetectorError: A cell has not one label for each dimension, or the share is not positive.
    """
    if share <= 0:
        raise DetectorError(f"the share of the baseline is {share}: it must be positive")
    for labels in cells:
        if len(labels) != len(dimensions):
            raise DetectorError(f"the cell {labels} must have one label for each of {', '.join(dimensions)}")
