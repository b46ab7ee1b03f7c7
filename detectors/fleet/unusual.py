"""How unusual the last hours of every series were: two residuals, both sides, five spans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from detectors.fleet.arrays import Array, Index, Rows, upright
from detectors.fleet.habits import Habits
from detectors.fleet.progress import Step
from detectors.fleet.spans import Look, Spans
from detectors.unusual import YOUTHS

_YOUTHS = upright(YOUTHS)


class Sight(NamedTuple):
    """Windows beside the hours before them; see `detectors.unusual.Sight`."""

    ups: Array
    lows: Array
    straight: Look
    ratios: Look


class Evidence(NamedTuple):
    """What every span says to either side, and the strongest of it, which is at least zero."""

    ups: Array
    lows: Array
    up: Array
    low: Array


class Unusual:
    """What has been learnt about the residuals of every series and its habits."""

    __slots__ = ("_linear", "_logarithmic", "_lows", "_ups")

    def __init__(self, known: Mapping[str, Rows]) -> None:
        self._linear = Spans(known["linear"])
        self._logarithmic = Spans(known["logarithmic"])
        self._ups = Habits(known["ups"])
        self._lows = Habits(known["lows"])

    def look(self, linear: Array, logarithmic: Array, step: Step) -> Sight:
        """Measure windows beside the hours before them, without learning from them."""
        straight = self._linear.look(linear, step)
        ratios = self._logarithmic.look(logarithmic, step)
        ups = np.maximum(straight.strengths, ratios.strengths)
        return Sight(ups, np.negative(ratios.strengths, out=ratios.strengths), straight, ratios)

    def weigh(self, sight: Sight, hours: Array) -> Evidence:
        """Return the strongest, as each series counts after so many hours of history."""
        trusts = hours + _YOUTHS
        np.divide(hours, trusts, out=trusts)
        ups, lows = self._ups.temper(sight.ups, trusts), self._lows.temper(sight.lows, trusts)
        return Evidence(ups, lows, _strongest(ups), _strongest(lows))

    def learn(
        self, linear: Array, logarithmic: Array, sight: Sight, window: float, hours: Array, fade: float, clip: float
    ) -> None:
        """Learn the residuals of windows that were looked at."""
        self._linear.learn(linear, sight.straight, window, hours, fade, clip)
        self._logarithmic.learn(logarithmic, sight.ratios, window, hours, fade, clip)

    def learn_habits(self, sight: Sight, window: float) -> None:
        """Learn what the series are used to."""
        self._ups.learn(sight.ups, window)
        self._lows.learn(sight.lows, window)

    def limit(self, clip: float) -> Array:
        """Return the largest straight residuals the levels may learn from."""
        return self._linear.limit(clip)

    def edges(
        self, sight: Sight, lower: Array, upper: Array, window: float, hours: Array
    ) -> tuple[Array, Array, Array]:
        """Return what one window after ordinary ones needs to reach the evidence given for each side.

        Returns:
            The straight residuals above, the logarithms below and the logarithms above.
        """
        doubt = 1.0 + YOUTHS[0] / np.maximum(hours, 1.0)
        fewer, more = lower * self._lows.first_scale * doubt, upper * self._ups.first_scale * doubt
        _, straight = self._linear.edges(sight.straight, fewer, more, window)
        return straight, *self._logarithmic.edges(sight.ratios, fewer, more, window)

    def calm(self, index: Index) -> None:
        """Forget the present of some series: every running mean is ordinary again."""
        self._linear.calm(index)
        self._logarithmic.calm(index)


def _strongest(strengths: Array) -> Array:
    most: Array = np.maximum.reduce(strengths)
    return np.maximum(most, 0.0, out=most)
