"""The excess by who spent it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate

from detectors.explanation.results import Contributor
from detectors.explanation.usage import Sums, steps

NOT_NAMED = "(not named)"


def contributors(
    episode: Mapping[str | None, Sums], usual: Mapping[str | None, Sums], top: int
) -> tuple[Contributor, ...]:
    """Return the values of one dimension with the largest moves either way, and the rest as one.

    Args:
        episode: Sums of the episode by value.
        usual: The same for what is ordinary in the same time.
        top: How many values to name.
    """
    spent = {name: (_dollars(episode, name), _dollars(usual, name)) for name in {*episode, *usual}}
    ranked = sorted(spent, key=lambda name: (-abs(spent[name][0] - spent[name][1]), name or ""))
    rows = [(name or NOT_NAMED, *spent[name]) for name in ranked[:top]]
    others = [spent[name] for name in ranked[top:]]
    if others:
        label = "(1 other)" if len(others) == 1 else f"({len(others)} others)"
        rows.append((label, sum((one for one, _ in others), Fraction(0)), sum((one for _, one in others), Fraction(0))))
    dollars = steps(accumulate((one for _, one, _ in rows), initial=Fraction(0)))
    ordinary = steps(accumulate((one for _, _, one in rows), initial=Fraction(0)))
    return tuple(
        Contributor(name, now, then, now - then)
        for (name, _, _), now, then in zip(rows, dollars, ordinary, strict=True)
    )


def _dollars(groups: Mapping[str | None, Sums], name: str | None) -> Fraction:
    return groups.get(name, Sums()).dollars
