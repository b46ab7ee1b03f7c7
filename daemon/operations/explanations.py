"""The explanation of an alert, as it is returned."""

from __future__ import annotations

from decimal import Decimal

from daemon.operations.results import AlertExplanation, ContributorExcess
from detectors.explanation import Contributor, Explanation


def split_of(known: Explanation) -> AlertExplanation:
    """Return an explanation as plain numbers; a ratio has no drivers, and no usual number of calls."""
    return AlertExplanation(
        observed=float(known.observed),
        expected=float(known.expected),
        excess=float(known.excess),
        drivers={one.driver.value: float(one.dollars) for one in known.effects},
        contributors={
            dimension: [_contributor(one, known.excess) for one in rows]
            for dimension, rows in known.contributors.items()
        },
        unexplained=float(known.unexplained),
        calls=known.calls if known.effects else None,
        usual_calls=known.usual_calls if known.effects else None,
        baseline=known.baseline,
    )


def _contributor(one: Contributor, excess: Decimal) -> ContributorExcess:
    return ContributorExcess(
        name=one.name,
        observed=None if one.observed is None else float(one.observed),
        usual=None if one.usual is None else float(one.usual),
        excess=float(one.excess),
        share=float(one.excess / excess) if excess else None,
    )
