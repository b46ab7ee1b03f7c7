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
        dollars: What it spent.
        usual: What it spends ordinarily in the same time.
        excess: The difference.
    """

    name: str
    dollars: Decimal
    usual: Decimal
    excess: Decimal


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the dollars beyond the ordinary went, and what made them.

    To the last digit, `excess` is the sum of all `effects` and `unexplained`, and for each
    dimension the sum of its `contributors` and `unexplained`.

    Attributes:
        observed: Dollars spent in the episode.
        expected: Dollars that were expected of it.
        excess: The difference.
        effects: The excess by driver.
        contributors: The excess by the values of each dimension, the largest first.
        unexplained: What the baseline spends ordinarily beyond what was expected: no call of the
            episode accounts for it.
        calls: Calls in the episode.
        usual_calls: Calls in the same time ordinarily.
        sentence: The gist, with numbers.
    """

    observed: Decimal
    expected: Decimal
    excess: Decimal
    effects: tuple[Effect, ...]
    contributors: Mapping[str, tuple[Contributor, ...]]
    unexplained: Decimal
    calls: int
    usual_calls: float
    sentence: str
