"""How far every series has been learnt, and where a window lies relative to that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectors.fleet.arrays import Array, Mask, Rows
from detectors.progress import LATE, LEAST_FRESH


class Step(NamedTuple):
    """A window relative to what has been learnt; see `detectors.progress.Step`.

    `gap` and `fresh` have one entry for each series, or a single one that goes for all of them.
    """

    hours: float
    gap: Array
    fresh: Array


class Progress:
    """The end of the last learnt window, NaN before the first, and the hours learnt so far."""

    __slots__ = ("_until", "hours")

    def __init__(self, rows: Rows) -> None:
        self._until = rows["until"]
        self.hours = rows["hours"]

    @property
    def is_unknown(self) -> Mask:
        """Say which series have learnt nothing yet."""
        return np.isnan(self._until)

    def step(self, start: float, hours: float) -> Step:
        """Say where a window lies; `start` is in seconds of UTC."""
        ahead = (start - self._until) / 3600
        np.copyto(ahead, 0.0, where=np.isnan(ahead))
        if ahead.min() == ahead.max():
            ahead = ahead[:1]
        if ahead[0] >= 0.0 and ahead.min() >= 0.0:
            return Step(hours, ahead, np.ones(1))
        is_late = ahead + hours < LATE
        gap = np.where(is_late, np.inf, np.maximum(ahead, 0.0))
        fresh = np.where(is_late | (ahead >= 0.0), 1.0, np.maximum(0.0, (ahead + hours) / hours))
        return Step(hours, gap, fresh)

    def is_new(self, step: Step) -> Mask:
        """Say which windows may be learnt; half of one must be new."""
        new = (step.fresh >= LEAST_FRESH) & (step.gap != np.inf)
        return np.broadcast_to(new, self.hours.shape)

    def advance(self, start: float, hours: float) -> None:
        """Count a window as learnt."""
        np.fmax(self._until, start + hours * 3600, out=self._until)
        self.hours += hours
