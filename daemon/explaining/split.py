"""An alert's excess, split the way that its metric can be split; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from daemon.alerts import Alert
from daemon.domain import NAMED, NANO, Dimension, Measures, Metric
from daemon.store import Cells
from detectors.explanation import Explanation, Labels, Ratio, Usage, explain, explain_amount, explain_ratio, labels_at

T = TypeVar("T")

COUNTED = {
    Metric.CALLS: "calls",
    Metric.TOKENS: "total_tokens",
    Metric.INPUT_TOKENS: "input_tokens",
    Metric.OUTPUT_TOKENS: "output_tokens",
}
"""What is added up over calls, by metric."""

DIVIDED = {
    Metric.ERROR_RATE: ("errors", 1),
    Metric.LATENCY: ("latency_ms", 1),
    Metric.COST_PER_CALL: ("cost_nanos", NANO),
}
"""What is divided by the number of calls, and how many of it make one of the unit of the metric."""


def split(alert: Alert, episode: Cells, baseline: Cells, spans: int) -> Explanation:
    """Split what an alert observed beyond the expectation.

    Args:
        alert: What the detector says of the window.
        episode: The calls of the window.
        baseline: The calls of all calm spans together.
        spans: How many calm spans there are, each as long as the window.
    """
    metric, observed, expected = alert.series.metric, _exact(alert.observed), _exact(alert.expected)
    places = _told_apart(alert.series.entity.dimension, (episode, baseline))
    dimensions = [NAMED[place] for place in places]
    share = Fraction(1, spans)
    if metric is Metric.COST:
        now, then = (_cells(cells, places, _usage) for cells in (episode, baseline))
        return explain(now, then, dimensions=dimensions, share=share, observed=observed, expected=expected)
    if metric in COUNTED:
        column = COUNTED[metric]
        amounts = [_cells(cells, places, lambda one: int(getattr(one, column))) for cells in (episode, baseline)]
        return explain_amount(*amounts, dimensions=dimensions, share=share, observed=observed, expected=expected)
    part, unit = DIVIDED[metric]
    ratios = [_cells(cells, places, lambda one: Ratio(getattr(one, part), one.calls)) for cells in (episode, baseline)]
    return explain_ratio(*ratios, dimensions=dimensions, unit=unit, observed=observed, expected=expected)


def _told_apart(own: Dimension, both: Sequence[Cells]) -> list[int]:
    """Return the places of the dimensions that any call names, the series' own left out: it says nothing."""
    named = [any(column) for column in zip(*(labels for cells in both for labels in cells), strict=True)]
    return [place for place, is_named in enumerate(named) if is_named and NAMED[place] is not own]


def _cells(cells: Cells, places: Sequence[int], of: Callable[[Measures], T]) -> dict[Labels, T]:
    # No two cells become one: what is left out has the same label in all of them.
    pick = labels_at(places)
    return {pick(labels): of(measures) for labels, measures in cells.items()}


def _usage(measures: Measures) -> Usage:
    return Usage(measures.calls, measures.total_tokens, measures.cost_nanos)


def _exact(value: float) -> Decimal:
    """Return the amount that a detector's number stands for: nobody counts smaller than a nano-dollar."""
    return Decimal(f"{value:.9f}")
