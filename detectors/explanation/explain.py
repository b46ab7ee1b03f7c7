"""Why an episode was what it was, against what is ordinary for the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from detectors.explanation.contributors import contributors
from detectors.explanation.drivers import effects
from detectors.explanation.movers import mean, movers
from detectors.explanation.results import Contributor, Explanation
from detectors.explanation.usage import (
    NANO,
    Amounts,
    Cells,
    Ratio,
    Ratios,
    by_name,
    check,
    labels_at,
    sums,
    to_decimal,
    total,
)

PRICED_BY = ("provider", "model")
"""The dimensions, where they are known, whose values have prices of their own."""

ALL = Fraction(1)


def explain(
    episode: Cells,
    baseline: Cells,
    *,
    dimensions: Sequence[str],
    share: Fraction = ALL,
    observed: Decimal | None = None,
    expected: Decimal | None = None,
    top: int = 5,
) -> Explanation:
    """Split the dollars of an episode beyond the ordinary over who spent them and what made them.

    Args:
        episode: What was used in the episode, by the values of all dimensions.
        baseline: What was used while all was ordinary, frozen when the episode began.
        dimensions: What the labels of the cells stand for, in their order.
        share: What part of the baseline is ordinary for the episode: 3 hours of a baseline of the
            same hours of ten days make 1/10.
        observed: What the detector observed, if that is not what the cells add up to.
        expected: What the detector expected, if that is what the excess is to be reckoned from.
            Where the cells say otherwise, the difference is left unexplained, and named.
        top: How many values of each dimension to name; the rest is put together.

    Raises:
        DetectorError: A cell has not one label for each dimension, or the share is not positive.
    """
    check((*episode, *baseline), dimensions, share)
    by_price = labels_at([dimensions.index(one) for one in PRICED_BY if one in dimensions])
    now, then = sums(episode, by_price), sums(baseline, by_price, share)
    made, ordinary = total(now.values()), total(then.values())
    spent = [{labels: usage.nanos for labels, usage in cells.items()} for cells in (episode, baseline)]
    by_value = {
        dimension: contributors(by_name(spent[0], place), by_name(spent[1], place), share, NANO, top)
        for place, dimension in enumerate(dimensions)
    }
    told = _against(to_decimal(made.dollars), to_decimal(ordinary.dollars), observed, expected, by_value)
    return replace(told, effects=effects(now, then), calls=int(made.calls), usual_calls=float(ordinary.calls))


def explain_amount(
    episode: Amounts,
    baseline: Amounts,
    *,
    dimensions: Sequence[str],
    share: Fraction = ALL,
    observed: Decimal | None = None,
    expected: Decimal | None = None,
    top: int = 5,
) -> Explanation:
    """Split what else adds up, such as tokens, over who brought it. Arguments and errors: as of `explain`."""
    check((*episode, *baseline), dimensions, share)
    by_value = {
        dimension: contributors(by_name(episode, place), by_name(baseline, place), share, 1, top)
        for place, dimension in enumerate(dimensions)
    }
    made, usual = Decimal(sum(episode.values())), to_decimal(sum(baseline.values()) * share)
    return _against(made, usual, observed, expected, by_value)


def explain_ratio(
    episode: Ratios,
    baseline: Ratios,
    *,
    dimensions: Sequence[str],
    unit: int = 1,
    observed: Decimal | None = None,
    expected: Decimal | None = None,
    top: int = 5,
) -> Explanation:
    """Split the move of a ratio over who moved it; `unit` of its parts make one, the rest as of `explain`."""
    check((*episode, *baseline), dimensions)
    now, then = _columns(episode), _columns(baseline)
    by_value = {
        dimension: movers(_by_name(now, place), _by_name(then, place), unit, top)
        for place, dimension in enumerate(dimensions)
    }
    usual = mean(baseline.values(), unit) or Fraction(0)
    made = mean(episode.values(), unit)
    # Of no calls there is no ratio, so nobody moved it.
    moved = Fraction(0) if made is None else made - usual
    start = to_decimal(usual)
    told = _against(start + to_decimal(moved), start, observed, expected, by_value)
    return replace(told, calls=sum(one.calls for one in episode.values()))


def _against(
    made: Decimal,
    usual: Decimal,
    observed: Decimal | None,
    expected: Decimal | None,
    by_value: Mapping[str, tuple[Contributor, ...]],
) -> Explanation:
    """Return an explanation of what was made by the cells, beside what the detector says of the same."""
    observed = made if observed is None else observed
    expected = usual if expected is None else expected
    excess = observed - expected
    return Explanation(observed, expected, excess, unexplained=excess - (made - usual), contributors=by_value)


def _columns(cells: Ratios) -> tuple[Amounts, Amounts]:
    return {labels: one.part for labels, one in cells.items()}, {labels: one.calls for labels, one in cells.items()}


def _by_name(columns: tuple[Amounts, Amounts], place: int) -> dict[str | None, Ratio]:
    parts, calls = (by_name(column, place) for column in columns)
    return {name: Ratio(part, calls[name]) for name, part in parts.items()}
