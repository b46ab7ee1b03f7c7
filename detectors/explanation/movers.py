"""The move of a ratio, such as an error rate, by who moved it.

A ratio of the whole is the mean of everybody's own ratio, weighted with their share of the calls.
Each value's part of the move is what it adds to the mean now less what it added before, both
reckoned from the ordinary mean. So one whose own ratio rose has a part, and one far from the mean
that makes more of the calls has one, but one at the mean has none however many calls it makes. The
parts add up to the move exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from detectors.explanation.contributors import NOT_NAMED, rest_of
from detectors.explanation.results import Contributor
from detectors.explanation.usage import Ratio, steps, to_decimal

NONE = Ratio()

Row = tuple[str, Ratio, Ratio]


def mean(ratios: Iterable[Ratio], unit: int) -> Fraction | None:
    """Return the ratio of all together; None of no calls."""
    whole = _together(ratios)
    return Fraction(whole.part, whole.calls * unit) if whole.calls else None


def movers(
    episode: Mapping[str | None, Ratio], baseline: Mapping[str | None, Ratio], unit: int, top: int
) -> tuple[Contributor, ...]:
    """Return the values of one dimension that moved the ratio most, and the rest as one.

    Args:
        episode: Ratios of the episode by value.
        baseline: Ratios of the baseline by value.
        unit: How many of the parts make one of the unit of the result.
        top: How many values to name.
    """
    now, then = _together(episode.values()), _together(baseline.values())
    # Ranked in floating point: there may be thousands, and only those that are named must be exact.
    usual = then.part / then.calls if then.calls else 0.0

    def move(name: str | None) -> float:
        new, old = episode.get(name, NONE), baseline.get(name, NONE)
        return abs(
            (new.part - usual * new.calls) / (now.calls or 1) - (old.part - usual * old.calls) / (then.calls or 1)
        )

    ranked = sorted({*episode, *baseline}, key=lambda name: (-move(name), name or ""))
    rows = [(name or NOT_NAMED, episode.get(name, NONE), baseline.get(name, NONE)) for name in ranked[:top]]
    others = ranked[top:]
    if others:
        rest = [_together(ratios.get(name, NONE) for name in others) for ratios in (episode, baseline)]
        rows.append((rest_of(len(others)), rest[0], rest[1]))
    parts = steps(accumulate(_parts(rows, now, then, unit), initial=Fraction(0)))
    return tuple(
        Contributor(name, _own(new, unit), _own(old, unit), part, new.calls / now.calls if now.calls else 0.0)
        for (name, new, old), part in zip(rows, parts, strict=True)
    )


def _parts(rows: Sequence[Row], now: Ratio, then: Ratio, unit: int) -> list[Fraction]:
    usual = Fraction(then.part, then.calls) if then.calls else Fraction(0)

    def pull(one: Ratio, whole: Ratio) -> Fraction:
        return (one.part - usual * one.calls) / whole.calls / unit if whole.calls else Fraction(0)

    return [pull(new, now) - pull(old, then) for _, new, old in rows]


def _together(ratios: Iterable[Ratio]) -> Ratio:
    part = calls = 0
    for one in ratios:
        part += one.part
        calls += one.calls
    return Ratio(part, calls)


def _own(one: Ratio, unit: int) -> Decimal | None:
    ratio = mean((one,), unit)
    return None if ratio is None else to_decimal(ratio)
