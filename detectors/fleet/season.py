"""What every series usually does at this time of the week.

All have the same window, so that its cells are rows, and no series is looked up on its own.
"""

from __future__ import annotations

import numpy as np

from detectors.fleet.arrays import Array, Rows
from detectors.season import CELL_MEMORY, FACTOR_CAP, HOURS, TRUSTED_WEEKEND, WEEK, Cells


class Season:
    """The usual value of an hour; see `detectors.season.Season`."""

    __slots__ = ("_counts", "_factors", "_hours", "level")

    def __init__(self, rows: Rows) -> None:
        self.level = rows["level"]
        self._hours = rows["hours"]
        self._factors = rows["factors"]
        self._counts = rows["counts"]

    def factor(self, cells: Cells) -> Array:
        """Return how the window compares with the level; perhaps a view of what is known."""
        if len(cells) == 1:
            return self._factor(cells[0][0])
        total = np.zeros_like(self.level)
        for cell, share in cells:
            total += self._factor(cell) * share
        return total

    def learn(self, cells: Cells, rate: Array, hours: float, pace: float) -> None:
        """Learn that the window ran at `rate` an hour; `pace` is the hourly weight of the level."""
        self._hours += hours
        plain = np.where(self._hours < WEEK, hours / self._hours, 0.0)
        weight = np.minimum(1.0, np.maximum(plain, pace * hours))
        self.level += weight * (rate - self.level)
        speaks = self.level > 0.0
        factor = np.minimum(rate / np.where(speaks, self.level, 1.0), FACTOR_CAP)
        for cell, share in cells:
            self._learn_cell(cell, factor, np.where(speaks, share * hours, 0.0), share * hours)

    def _learn_cell(self, cell: int, factor: Array, part: Array, whole: float) -> None:
        count, known = self._counts[cell], self._factors[cell]
        np.minimum(count + part, CELL_MEMORY, out=count)
        # Where something is learnt the count is at least the whole; elsewhere it may be nothing.
        known += np.minimum(1.0, part / np.maximum(count, whole)) * (factor - known)

    def _factor(self, cell: int) -> Array:
        own: Array = self._factors[cell]
        count: Array = self._counts[cell]
        if cell < HOURS or count.min() >= TRUSTED_WEEKEND:
            return own
        trust = count / TRUSTED_WEEKEND
        leaning = own * trust + self._factors[cell - HOURS] * (1.0 - trust)
        return np.where(count >= TRUSTED_WEEKEND, own, leaning)
