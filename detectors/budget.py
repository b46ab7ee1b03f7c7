"""Alarms that keep a promise: so many false episodes a week, whatever the evidence is counted in.

A threshold on a single window promises nothing: one window in three hundred is half an alarm a week
by the hour and thirty by the minute. So the largest evidence of every day is remembered, and the bar
is what a day exceeds with a probability of the promised episodes a week, divided by seven.

The square roots of daily maxima are taken to follow a Gumbel distribution (Gumbel 1958), fitted by
L-moments (Hosking 1990)::

    scale    = l2 / ln 2
    location = l1 - 0.5772 * scale
    bar      = (location - scale * ln(-ln(1 - share)))^2,  share = episodes a week / 7

with l1 and l2 the first two L-moments of the last 28 days; each is drawn towards a first guess that
weighs a few days. On why maxima of blocks, see Coles 2001, chapter 3. The square root makes the
tails of what the detectors count in light enough for this family.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

from detectors import fields
from detectors.base import Sensitivity

PROMISED = {
    Sensitivity.CONSERVATIVE: 0.1,
    Sensitivity.NORMAL: 0.2,
    Sensitivity.AGGRESSIVE: 1.0,
}
"""False episodes a series may have in a week; alarms less than six hours apart are one episode."""

KEPT = 28
"""Days whose maxima are remembered."""

FEW = 3
"""Days before which the bar is too rough to tell an incident by."""

INCREDIBLE = 0.02
"""Share of the days that reaches beyond what is believed of a day: there it is clipped."""

SLACK = 6.0
"""Scales beyond that up to which one of the first days is believed."""

MOST, MOST_OF_WINDOW = 1e4, 1e2
"""Evidence of a day, and of a single window of the first guess, beyond which more counts for nothing."""

LEAST_SCALE = 0.02
"""Share of the location below which the scale never falls: equal days are no proof that all will be."""

DAY_HOURS, WEEK_HOURS = 24.0, 168.0
MOST_LIKELY = 0.5
"""Largest share of blocks that may exceed the bar, however long they are."""

EULER = 0.5772156649015329
DEVIATION = math.pi / math.sqrt(6.0)
"""Standard deviation of a Gumbel distribution of scale one."""


class Gumbel(NamedTuple):
    """The distribution of the largest square root of evidence in a day."""

    location: float
    scale: float

    def level(self, share: float) -> float:
        """Return what a share of the days exceeds."""
        return self.location - self.scale * math.log(-math.log1p(-share))


class Windows:
    """Mean and deviation of single windows: a first guess at the daily maximum before there are days.

    The largest of n values from a Gumbel distribution has the same scale and lies ln n scales higher.
    Wild windows are clipped.
    """

    __slots__ = ("_count", "_mean", "_squares")

    MOST = 2000
    FREE = 20
    CLIP = 6.0

    def __init__(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0

    def learn(self, root: float) -> None:
        """Count a window in; after the first two thousand nothing more is gained by it."""
        if self._count >= self.MOST:
            return
        self._count += 1
        off = root - self._mean
        if self._count > self.FREE:
            most = self.CLIP * self._deviation() + 1e-9
            off = max(-most, min(most, off))
        self._mean += off / self._count
        self._squares += off * (off - off / self._count)

    def largest_of(self, count: float) -> Gumbel:
        """Return the distribution of the largest of so many windows."""
        scale = self._deviation() / DEVIATION
        return Gumbel(self._mean + scale * (math.log(count) - EULER), scale)

    def _deviation(self) -> float:
        return math.sqrt(self._squares / max(1, self._count - 1))


class Budget:
    """The bar that evidence must pass for an alarm, learnt from the largest evidence of each day.

    What a day counts for is clipped at what one in fifty reaches, so that an incident does not become
    the habit. Days are those of UTC; a window longer than a day is a block of its own. About 0.6 KB a series.

    Args:
        sensitivity: Which promise to keep.
        first: The distribution of daily maxima before any day is known; by default it is guessed
            from the windows so far.
        weight: Days that this first guess counts for.
        least: Evidence that is never an alarm.

    Attributes:
        bar: Evidence beyond which a window is an anomaly; infinite while there is nothing to go by.

    References:
        Gumbel, E. J. (1958). Statistics of Extremes. Columbia University Press.
        Hosking, J. R. M. (1990). L-moments: Analysis and estimation of distributions using linear
        combinations of order statistics. Journal of the Royal Statistical Society B 52(1).
        Coles, S. (2001). An Introduction to Statistical Modeling of Extreme Values. Springer.

    Examples:
        >>> from datetime import datetime, timedelta, timezone
        >>> budget = Budget("normal", Gumbel(1.5, 0.3))
        >>> round(budget.bar, 1)
        6.6
        >>> for day in range(28):
        ...     budget.learn(4.0 + day % 3, datetime(2026, 1, 5, tzinfo=timezone.utc) + timedelta(days=day), 24.0)
        >>> round(budget.bar, 1)
        7.1
    """

    __slots__ = ("_day", "_first", "_least", "_maxima", "_per_week", "_top", "_weight", "_windows", "bar")

    def __init__(self, sensitivity: str, first: Gumbel | None = None, weight: float = 2.0, least: float = 0.0) -> None:
        self._per_week = PROMISED[Sensitivity(sensitivity)]
        self._first = first
        self._least = least
        self._weight = weight
        self._windows = Windows()
        self._maxima: list[float] = []
        self._day: int | None = None
        self._top = 0.0
        self.bar = math.inf if first is None else self._bar(first, DAY_HOURS)

    def learn(self, evidence: float, at: datetime, hours: float) -> None:
        """Learn the evidence of a window; windows come in order of time.

        Args:
            evidence: What the bar is compared with, not negative.
            at: Start of the window.
            hours: Its length.
        """
        root = math.sqrt(min(evidence, MOST))
        block = max(DAY_HOURS, hours)
        day = int(at.timestamp() // (block * 3600))
        if self._first is None and len(self._maxima) < FEW:
            self._windows.learn(min(evidence, MOST_OF_WINDOW) ** 0.5)
            self.bar = self._bar(self._expected(block / hours), block)
        if day == self._day:
            self._top = max(self._top, root)
            return
        if self._day is not None:
            self._end_day(block, hours)
        self._day, self._top = day, root

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values, of a budget that was given its first guess."""
        return {"maxima": list(self._maxima), "day": self._day, "top": self._top, "bar": self.bar}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._maxima = fields.numbers(state, "maxima", longest=KEPT)
        self._day = None if state.get("day") is None else int(fields.number(state, "day"))
        self._top = fields.number(state, "top")
        self.bar = fields.number(state, "bar")

    def _end_day(self, block: float, hours: float) -> None:
        expected = self._expected(block / hours)
        most = self._steady(expected).level(INCREDIBLE)
        if len(self._maxima) < FEW:
            most += SLACK * expected.scale
        self._maxima.append(min(self._top, most))
        del self._maxima[:-KEPT]
        self.bar = self._bar(self._expected(block / hours), block)

    def _expected(self, windows: float) -> Gumbel:
        """Return what the days tell, drawn towards the first guess; a block has so many windows."""
        guess = self._first or self._windows.largest_of(windows)
        days = len(self._maxima)
        if days < 2:
            return guess
        told, trust = _fit(self._maxima), days / (days + self._weight)
        return Gumbel(
            guess.location + trust * (told.location - guess.location),
            guess.scale + trust * (told.scale - guess.scale),
        )

    def _bar(self, largest: Gumbel, block: float) -> float:
        share = min(MOST_LIKELY, self._per_week * block / WEEK_HOURS)
        return max(self._least, self._steady(largest).level(share) ** 2)

    def _steady(self, largest: Gumbel) -> Gumbel:
        return Gumbel(largest.location, max(largest.scale, LEAST_SCALE * largest.location))


def _fit(maxima: list[float]) -> Gumbel:
    """Fit by the first two L-moments."""
    ordered, last = sorted(maxima), len(maxima) - 1
    first = sum(ordered) / len(ordered)
    second = 2.0 * sum(rank * one for rank, one in enumerate(ordered)) / (last * len(ordered)) - first
    scale = max(0.0, second) / math.log(2.0)
    return Gumbel(first - EULER * scale, scale)
