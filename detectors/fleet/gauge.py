"""How far amounts are from what was expected, and back; see `detectors.gauge`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectors.fleet.arrays import Array, Index, Mask
from detectors.gauge import FITTING, LARGEST_EXPONENT, NARROW


class Gauge(NamedTuple):
    """What an hour should have cost in every series, and the yardsticks beside it."""

    expected: Array
    wide: Array
    narrow: Array

    def linear(self, rate: Array) -> Array:
        """Return the straight residuals of amounts."""
        return (rate - self.expected) / self.wide

    def logarithmic(self, rate: Array) -> Array:
        """Return the residuals of ratios; below zero they go on as a straight line."""
        spent = np.maximum(rate, 0.0)
        spent += self.narrow
        spent /= self.expected + self.narrow
        np.log(spent, out=spent)
        if rate.min() < 0.0:
            spent += np.minimum(rate, 0.0) / self.wide
        return spent

    def is_nearer(self, rate: Array, other: Gauge) -> Mask:
        """Say which amounts fit these expectations, and better than others."""
        return np.abs(self.logarithmic(rate)) < np.minimum(FITTING, np.abs(other.logarithmic(rate)))

    def of(self, index: Index) -> Gauge:
        """Return the gauges of some series."""
        return Gauge(self.expected[index], self.wide[index], self.narrow[index])

    def at_linear(self, residual: Array) -> Array:
        """Return the amounts, at least nothing, whose straight residuals these are."""
        return np.maximum(0.0, self.expected + residual * self.wide)

    def at_logarithmic(self, residual: Array) -> Array:
        """Return the amounts, at least nothing, whose residuals of ratios these are."""
        growth = np.exp(np.minimum(residual, LARGEST_EXPONENT))
        growth *= self.expected + self.narrow
        growth -= self.narrow
        return np.maximum(0.0, growth, out=growth)


def gauge(expected: Array, level: Array, floor: float, least: float) -> Gauge:
    """Return the gauges of an hour; `floor` is a share of the level and `least` an amount."""
    small = floor * level
    return Gauge(expected, expected + small + least, NARROW * small + least)
