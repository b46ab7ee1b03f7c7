"""Why an episode cost what it cost, against what is ordinary for the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from detectors.base import DetectorError
from detectors.explanation.contributors import contributors
from detectors.explanation.drivers import effects
from detectors.explanation.results import Explanation
from detectors.explanation.sentence import compose
from detectors.explanation.usage import Cells, Labels, sums, to_dollars, total

PRICED_BY = ("provider", "model")
"""The dimensions, where they are known, whose values have prices of their own."""


def explain(
    episode: Cells,
    baseline: Cells,
    *,
    dimensions: Sequence[str],
    share: Fraction = Fraction(1),
    expected: Decimal | None = None,
    top: int = 5,
) -> Explanation:
    """Split what an episode cost beyond the ordinary over who spent it and what made it.

    Args:
        episode: What was used in the episode, by the values of all dimensions.
        baseline: What was used while all was ordinary, frozen when the episode began.
        dimensions: What the labels of the cells stand for, in their order.
        share: What part of the baseline is ordinary for the episode: 3 hours of a baseline of the
            same hours of ten days make 1/10.
        expected: What the detector expected, if that is what the excess is to be reckoned from.
            Where the baseline says otherwise, the difference is left unexplained, and named.
        top: How many values of each dimension to name; the rest is put together.

    Raises:
        DetectorError: A cell has not one label for each dimension, or the share is not positive.
    """
    _check(episode, baseline, dimensions, share)
    by_price = _labels_of([dimensions.index(one) for one in PRICED_BY if one in dimensions])
    now, then = sums(episode, by_price), sums(baseline, by_price, share)
    made, ordinary = total(now.values()), total(then.values())
    observed, usual = to_dollars(made.dollars), to_dollars(ordinary.dollars)
    expectation = usual if expected is None else expected
    by_driver = effects(now, then)
    by_value = {
        dimension: contributors(sums(episode, _label_of(place)), sums(baseline, _label_of(place), share), top)
        for place, dimension in enumerate(dimensions)
    }
    calls = (int(made.calls), float(ordinary.calls))
    return Explanation(
        observed=observed,
        expected=expectation,
        excess=observed - expectation,
        effects=by_driver,
        contributors=by_value,
        unexplained=usual - expectation,
        calls=calls[0],
        usual_calls=calls[1],
        sentence=compose(observed, expectation, by_driver, by_value, calls),
    )


def _check(episode: Cells, baseline: Cells, dimensions: Sequence[str], share: Fraction) -> None:
    if share <= 0:
        raise DetectorError(f"the share of the baseline is {share}: it must be positive")
    for labels in (*episode, *baseline):
        if len(labels) != len(dimensions):
            raise DetectorError(f"the cell {labels} must have one label for each of {', '.join(dimensions)}")


def _labels_of(places: Sequence[int]) -> Callable[[Labels], Labels]:
    return lambda labels: tuple(labels[place] for place in places)


def _label_of(place: int) -> Callable[[Labels], str | None]:
    return lambda labels: labels[place] or None
