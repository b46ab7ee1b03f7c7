"""The excess by what made it: more calls, dearer models, longer calls, higher prices.

Ordinary spending is turned into that of the episode in four steps, each from where the last one
ended: the number of calls, then calls that moved from one model to another, then the tokens of a
call, then what a token costs. Later steps are therefore valued at the new volume, as is usual for
such bridges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple, TypeVar

from detectors.explanation.results import Driver, Effect
from detectors.explanation.usage import Sums, steps, total

Key = TypeVar("Key")

NOTHING = Sums()


class _Move(NamedTuple):
    """How many calls more one model got, and what a call on it ordinarily costs."""

    calls: Fraction
    cost: Fraction


def effects(episode: Mapping[Key, Sums], usual: Mapping[Key, Sums]) -> tuple[Effect, ...]:
    """Split the difference between two sums over the drivers.

    Args:
        episode: Sums of the episode by what has a price of its own, usually the model.
        usual: The same for what is ordinary in the same time.
    """
    pairs = [(usual.get(key, NOTHING), episode.get(key, NOTHING)) for key in {**usual, **episode}]
    moves = [_Move(new.calls - old.calls, _cost_of_call(old, new)) for old, new in pairs]
    before, after = total(usual.values()).dollars, total(episode.values()).dollars
    # Dollars that came without calls are taken to go on; if they do not, that is the price.
    standing = sum((old.dollars for old, _ in pairs if not old.calls), Fraction(0))
    at_old_length = [new.calls * _cost_of_call(old, new) for old, new in pairs]
    at_old_price = [cost * _lengthening(*pair) for cost, pair in zip(at_old_length, pairs, strict=True)]
    dollars = steps(
        (before, before + _growth(moves), standing + sum(at_old_length), standing + sum(at_old_price), after)
    )
    return tuple(Effect(driver, one) for driver, one in zip(Driver, dollars, strict=True))


def _growth(moves: Iterable[_Move]) -> Fraction:
    """Return what the difference in calls costs, at the cost of a call on the models that grew (or shrank).

    What grew without anything shrinking is all growth; what moved from one model to another is none.
    """
    more = [one for one in moves if one.calls > 0]
    fewer = [one for one in moves if one.calls < 0]
    net = sum((one.calls for one in (*more, *fewer)), Fraction(0))
    side = more if net > 0 else fewer
    if not net:
        return Fraction(0)
    return net * sum(one.calls * one.cost for one in side) / sum(one.calls for one in side)


def _cost_of_call(old: Sums, new: Sums) -> Fraction:
    """Return the old cost of a call; a new model brings its own."""
    if old.calls:
        return old.dollars / old.calls
    return new.dollars / new.calls if new.calls else Fraction(0)


def _lengthening(old: Sums, new: Sums) -> Fraction:
    """Return how much longer the calls are; 1 where there is nothing to compare, as for images."""
    if not (old.calls and old.tokens and new.calls and new.tokens):
        return Fraction(1)
    return (new.tokens / new.calls) / (old.tokens / old.calls)
