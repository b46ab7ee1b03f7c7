"""The excess of what adds up, by who brought it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate

from detectors.explanation.results import Contributor
from detectors.explanation.usage import steps

NOT_NAMED = "(not named)"


def contributors(
    episode: Mapping[str | None, int], baseline: Mapping[str | None, int], share: Fraction, unit: int, top: int
) -> tuple[Contributor, ...]:
    """Return the values of one dimension with the largest moves either way, and the rest as one.

    Args:
        episode: Amounts of the episode by value.
        baseline: Amounts of the baseline by value.
        share: What part of the baseline is ordinary for the episode.
        unit: How many of the amounts make one of the unit of the result.
        top: How many values to name.
    """
    numerator, denominator = share.numerator, share.denominator

    def move(name: str | None) -> int:
        return abs(episode.get(name, 0) * denominator - baseline.get(name, 0) * numerator)

    ranked = sorted({*episode, *baseline}, key=lambda name: (-move(name), name or ""))
    rows = [(name or NOT_NAMED, episode.get(name, 0), baseline.get(name, 0)) for name in ranked[:top]]
    others = ranked[top:]
    if others:
        rest = [sum(amounts.get(name, 0) for name in others) for amounts in (episode, baseline)]
        rows.append((rest_of(len(others)), rest[0], rest[1]))
    now = steps(accumulate((Fraction(one, unit) for _, one, _ in rows), initial=Fraction(0)))
    then = steps(accumulate((one * share / unit for _, _, one in rows), initial=Fraction(0)))
    whole = sum(baseline.values())
    return tuple(
        Contributor(name, made, usual, made - usual, ordinary / whole if whole else 0.0)
        for (name, _, ordinary), made, usual in zip(rows, now, then, strict=True)
    )


def rest_of(number: int) -> str:
    """Name the values that are not worth naming."""
    return "(1 other)" if number == 1 else f"({number} others)"
