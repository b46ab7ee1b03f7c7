"""The gist of an explanation, as the end of a sentence with numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from detectors import words
from detectors.explanation.contributors import NOT_NAMED
from detectors.explanation.results import Contributor, Driver, Effect, Explanation

CARRIES = 0.5
"""A contributor is named when it carries at least this share of the excess ..."""

STANDS_OUT = 0.05
"""... and this much more of it than its weight: an only provider always carries all."""

NAMED = 3
WORTH_TELLING = 0.1
LARGEST_RATIO = 1000.0

MORE = {
    Driver.CALLS: "more calls",
    Driver.MIX: "a dearer mix of models",
    Driver.TOKENS: "more tokens per call",
    Driver.PRICE: "higher prices per token",
}
LESS = {
    Driver.CALLS: "fewer calls",
    Driver.MIX: "a cheaper mix of models",
    Driver.TOKENS: "fewer tokens per call",
    Driver.PRICE: "lower prices per token",
}

Say = Callable[[Contributor], str]


def in_dollars(one: Contributor) -> str:
    """Say how many dollars of the excess a contributor carries."""
    return words.dollars(one.excess)


def reasons(explanation: Explanation, say: Say = in_dollars) -> str:
    """Return who carries most of the excess, and what made it; nothing where nobody stands out.

    Args:
        explanation: What is known.
        say: How to put what a contributor carries.
    """
    if not explanation.excess:
        return ""
    who = words.joined([f"{words.entity(of, one.name)} ({say(one)})" for of, one in outstanding(explanation)[:NAMED]])
    what = _made_by(explanation)
    parts = [f"mostly {who}"] if who else []
    parts += [f"because of {what}"] if what else []
    if explanation.effects and _is_much(explanation.unexplained, explanation):
        parts.append(f"leaving {words.dollars(explanation.unexplained)} unexplained")
    return ", ".join(parts)


def outstanding(explanation: Explanation) -> list[tuple[str, Contributor]]:
    """Return dimension and value of those who carry most of the excess, who stand out most first."""
    ranked = []
    side = 1 if explanation.excess > 0 else -1
    for dimension, rows in explanation.contributors.items():
        best = max(rows, key=lambda one: one.excess * side, default=None)
        if best is None or best.name == NOT_NAMED or not explanation.excess:
            continue
        share = float(best.excess / explanation.excess)
        if share >= CARRIES and share - best.weight >= STANDS_OUT:
            ranked.append((best.weight - share, dimension, best))
    ranked.sort(key=lambda row: row[0])
    return [(dimension, best) for _, dimension, best in ranked]


def _made_by(explanation: Explanation) -> str:
    """Return the drivers that matter, the largest first, and those that held against them.

    Where some held against the others, each has more dollars than all together: nobody reads that as one
    amount being made, so only the names are said.
    """
    much = [one for one in explanation.effects if _is_much(one.dollars, explanation)]
    much.sort(key=lambda one: -abs(one.dollars))
    made = [one for one in much if (one.dollars > 0) is (explanation.excess > 0)]
    against = [_words(one, explanation) for one in much if one not in made]
    if not made or not against:
        return words.joined([f"{_words(one, explanation)} ({words.dollars(one.dollars)})" for one in made])
    return f"{words.joined([_words(one, explanation) for one in made])}, despite {words.joined(against)}"


def _is_much(amount: Decimal, explanation: Explanation) -> bool:
    return abs(amount) >= abs(explanation.excess) * Decimal(str(WORTH_TELLING))


def _words(effect: Effect, explanation: Explanation) -> str:
    made, usual = explanation.calls, explanation.usual_calls
    known_ratio = usual > 0 and made / usual <= LARGEST_RATIO
    if effect.driver is Driver.CALLS and effect.dollars > 0 and known_ratio:
        return f"{words.factor(made / usual)} times as many calls"
    return (MORE if effect.dollars > 0 else LESS)[effect.driver]
