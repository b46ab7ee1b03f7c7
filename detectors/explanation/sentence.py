"""The gist of an explanation in one sentence with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from detectors import words
from detectors.explanation.contributors import NOT_NAMED
from detectors.explanation.results import Contributor, Driver, Effect

CARRIES = 0.5
"""A contributor is named when it carries at least this share of the excess ..."""

STANDS_OUT = 0.05
"""... and this much more of it than of ordinary spending: an only provider always carries all."""

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


def compose(
    observed: Decimal,
    expected: Decimal,
    effects: Sequence[Effect],
    contributors: Mapping[str, Sequence[Contributor]],
    calls: tuple[int, float],
) -> str:
    """Return what was spent, by whom mostly, and what made the difference.

    Args:
        observed: Dollars spent.
        expected: Dollars expected.
        effects: The difference by driver.
        contributors: The difference by the values of each dimension.
        calls: Calls made, and calls made ordinarily.
    """
    excess = observed - expected
    start = f"{words.dollars(observed)} was spent where {words.dollars(expected)} is usual"
    if not excess:
        return f"{start}."
    parts = [f"{start}, {words.dollars(abs(excess))} {'more' if excess > 0 else 'less'}"]
    who = words.joined(list(_outstanding(contributors, excess, expected)))
    what = words.joined(list(_made_by(effects, excess, calls)))
    parts += [f"mostly {who}"] if who else []
    parts += [f"because of {what}"] if what else []
    rest = excess - sum((one.dollars for one in effects), Decimal(0))
    if abs(rest) >= abs(excess) * Decimal(str(WORTH_TELLING)):
        parts.append(f"with {words.dollars(rest)} that no call accounts for")
    return ", ".join(parts) + "."


def _outstanding(
    contributors: Mapping[str, Sequence[Contributor]], excess: Decimal, expected: Decimal
) -> Iterator[str]:
    """Yield who carries most of the excess, those who stand out most first."""
    ranked = []
    for dimension, rows in contributors.items():
        best = max(rows, key=lambda one: one.excess * excess.copy_sign(Decimal(1)), default=None)
        if best is None or best.name == NOT_NAMED:
            continue
        share = float(best.excess / excess)
        lift = share - (float(best.usual / expected) if expected > 0 else 0.0)
        if share >= CARRIES and lift >= STANDS_OUT:
            ranked.append((-lift, f"{words.entity(dimension, best.name)} ({words.dollars(best.excess)})"))
    ranked.sort(key=lambda pair: pair[0])
    yield from (text for _, text in ranked[:NAMED])


def _made_by(effects: Sequence[Effect], excess: Decimal, calls: tuple[int, float]) -> Iterator[str]:
    """Yield the drivers that matter, the largest first."""
    for one in sorted(effects, key=lambda effect: -abs(effect.dollars)):
        if abs(one.dollars) >= abs(excess) * Decimal(str(WORTH_TELLING)):
            yield f"{_words(one, calls)} ({words.dollars(one.dollars)})"


def _words(effect: Effect, calls: tuple[int, float]) -> str:
    made, usual = calls
    known_ratio = usual > 0 and made / usual <= LARGEST_RATIO
    if effect.driver is Driver.CALLS and effect.dollars > 0 and known_ratio:
        return f"{made / usual:,.1f} times as many calls"
    return (MORE if effect.dollars > 0 else LESS)[effect.driver]
