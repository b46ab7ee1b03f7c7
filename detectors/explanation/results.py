"""What an explanation says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Driver(StrEnum):
    """What spending is made of: calls, on models, of some length, at a price."""

    CALLS = "calls"
    MIX = "mix"
    TOKENS = "tokens per call"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Effect:
    """How many dollars of the excess a driver accounts for; negative when it made calls cheaper."""

    driver: Driver
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Contributor:
    """One value of a dimension, or the rest of them.

    Attributes:
        name: The value; in parentheses for calls that gave none and for the rest.
        observed: Its own value in the episode; None for a ratio of no calls.
        usual: Its own value ordinarily in the same time; None for a ratio of no calls.
        excess: Its part of the excess of the whole.
        weight: The part of 1 that it would carry of an excess that has nothing to do with it: its
            share of what is ordinary, for a ratio its share of the calls.
    """

    name: str
    observed: Decimal | None
    usual: Decimal | None
    excess: Decimal
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where what is beyond the ordinary came from, and what made it; in the unit of the series.

    To the last digit, `excess` is for each dimension the sum of its `contributors` and
    `unexplained`, and with dollars the sum of all `effects` and `unexplained`.

    Attributes:
        observed: What was observed in the episode.
        expected: What was expected of it.
        excess: The difference.
        unexplained: What no call of the episode accounts for, since the baseline and the
            expectation are not the same.
        contributors: The excess by the values of each dimension, the largest move first.
        effects: The excess by driver, of dollars alone.
        calls: Calls in the episode.
        usual_calls: Calls in the same time ordinarily.
        baseline: What is taken for ordinary, in words.
    """

    observed: Decimal
    expected: Decimal
    excess: Decimal
    unexplained: Decimal
    contributors: Mapping[str, tuple[Contributor, ...]]
    effects: tuple[Effect, ...] = ()
    calls: int = 0
    usual_calls: float = 0.0
    baseline: str = ""
