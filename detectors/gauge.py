"""How far an amount is from what was expected, and back: one straight measure and one of ratios.

The straight one, a share of the usual level, sees overspend and keeps dollars comparable between
night and day. The one of ratios sees drops and nights that no longer sleep. Both are softened by a
share of the level, so that cents at night are no matter.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LARGEST_EXPONENT = 50.0
FITTING = 0.7  # residual of ratios, twice as much or half, up to which an amount fits an expectation
NARROW = 0.5  # of the small share of the level; ratios are softened less than differences


class Gauge(NamedTuple):
    """What an hour should have cost, and the yardsticks beside it.

    Attributes:
        expected: The usual amount, per hour.
        wide: What the straight residual is divided by.
        narrow: The offset of the logarithm.
    """

    expected: float
    wide: float
    narrow: float

    def linear(self, rate: float) -> float:
        """Return the straight residual of an amount."""
        return (rate - self.expected) / self.wide

    def logarithmic(self, rate: float) -> float:
        """Return the residual of ratios; below zero it goes on as a straight line.

        A refund is less than nothing spent, and a larger one is less still.
        """
        ratio = (max(rate, 0.0) + self.narrow) / (self.expected + self.narrow)
        return math.log(ratio) + min(rate, 0.0) / self.wide

    def is_nearer(self, rate: float, other: Gauge) -> bool:
        """Say whether an amount fits this expectation, and better than another one.

        By ratios, so that an outage is no return to a level near nothing.
        """
        return abs(self.logarithmic(rate)) < min(FITTING, abs(other.logarithmic(rate)))

    def at_linear(self, residual: float) -> float:
        """Return the amount, at least nothing, whose straight residual this is."""
        return max(0.0, self.expected + residual * self.wide)

    def at_logarithmic(self, residual: float) -> float:
        """Return the amount, at least nothing, whose residual of ratios this is."""
        growth = math.exp(min(residual, LARGEST_EXPONENT))
        return max(0.0, (self.expected + self.narrow) * growth - self.narrow)


def gauge(expected: float, level: float, floor: float, least: float) -> Gauge:
    """Return the gauge of an hour; `floor` is a share of the level and `least` an amount."""
    small = floor * level
    return Gauge(expected, expected + small + least, NARROW * small + least)
