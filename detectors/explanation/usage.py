"""What was used, by cell, and adding it up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, TypeAlias, TypeVar

NANO_DIGITS = 9

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the calls of one cell add up to."""

    calls: int = 0
    tokens: int = 0
    dollars: Decimal = Decimal(0)


Labels: TypeAlias = tuple[str | None, ...]
"""One name for each dimension; None or nothing where the calls gave none."""

Cells: TypeAlias = Mapping[Labels, Usage]


class Sums(NamedTuple):
    """Usage as exact fractions, since a share of a baseline seldom comes out even."""

    calls: Fraction = Fraction(0)
    tokens: Fraction = Fraction(0)
    dollars: Fraction = Fraction(0)


def sums(cells: Cells, group: Callable[[Labels], Key], share: Fraction = Fraction(1)) -> dict[Key, Sums]:
    """Add up the cells of each group, and take a share of every sum."""
    groups: dict[Key, list[Usage]] = defaultdict(list)
    for labels, usage in cells.items():
        groups[group(labels)].append(usage)
    return {key: _added(usages, share) for key, usages in groups.items()}


def total(groups: Iterable[Sums]) -> Sums:
    """Add up sums."""
    calls = tokens = dollars = Fraction(0)
    for one in groups:
        calls += one.calls
        tokens += one.tokens
        dollars += one.dollars
    return Sums(calls, tokens, dollars)


def steps(totals: Iterable[Fraction]) -> list[Decimal]:
    """Return the steps between consecutive totals in dollars.

    The totals are rounded to whole nanodollars and not the steps, so that the steps add up to the
    whole way to the last digit.
    """
    rounded = [to_dollars(one) for one in totals]
    return [later - earlier for earlier, later in pairwise(rounded)]


def to_dollars(amount: Fraction) -> Decimal:
    """Round to whole nanodollars."""
    return Decimal(round(amount * 10**NANO_DIGITS)).scaleb(-NANO_DIGITS)


def _added(usages: Iterable[Usage], share: Fraction) -> Sums:
    calls = tokens = 0
    dollars = Fraction(0)
    for one in usages:
        calls += one.calls
        tokens += one.tokens
        dollars += Fraction(one.dollars)
    return Sums(calls * share, tokens * share, dollars * share)
