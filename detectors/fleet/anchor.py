"""Notices in which series a new level is here to stay; see `detectors.anchor`.

The levels of the last day lie in a ring, so that remembering one moves no other.
"""

from __future__ import annotations

import numpy as np

from detectors.anchor import FORMER, FULL_HOUR, ODD, PATIENCE_ABOVE, PATIENCE_BELOW, REMEMBERED, RETURN
from detectors.fleet.arrays import Array, Index, Mask, Rows


class Anchor:
    """The levels of the last day and how long every series has been odd to one side."""

    __slots__ = ("_back", "_former", "_former_hours", "_levels", "_part", "_part_hours", "_seen", "run")

    def __init__(self, rows: Rows) -> None:
        self._levels = rows["levels"]
        self._seen = rows["seen"]
        self.run = rows["run"]
        self._part = rows["part"]
        self._part_hours = rows["part_hours"]
        self._former = rows["former"]
        self._former_hours = rows["former_hours"]
        self._back = rows["back"]

    def remember(self, level: Array, hours: float, present: Array) -> None:
        """Remember the level a window speaks for, beside the level that is held for normal."""
        self._part += level * hours
        self._part_hours += hours
        done = np.flatnonzero(self._part_hours >= FULL_HOUR)
        if not done.size:
            return
        lasted = self._part_hours[done]
        levels = self._part[done] / lasted
        self._levels[(self._seen[done] % REMEMBERED).astype(np.intp), done] = levels
        self._seen[done] += 1.0
        if self._former_hours.any():
            self._compare_with_former(done, levels, lasted, present[done])
        self._part[done] = self._part_hours[done] = 0.0

    def count(self, up: Array, low: Array, hours: float) -> None:
        """Count a window towards or against a lasting oddity."""
        odd = np.flatnonzero(np.maximum(up, low) > ODD)
        former = self.run[odd]
        self.run -= np.clip(self.run, -hours, hours)
        if odd.size:
            longer, lower = np.maximum(former, 0.0) + hours, np.minimum(former, 0.0) - hours
            self.run[odd] = np.where(up[odd] >= low[odd], longer, lower)

    @property
    def has_day(self) -> Mask:
        """Say which series have a day of levels."""
        return self._seen >= REMEMBERED

    def usual(self, index: Index) -> Array:
        """Return the medians of the last day of some series that have one."""
        middle = REMEMBERED // 2
        medians: Array = np.partition(self._levels[:, index], middle, axis=0)[middle]
        return medians

    @property
    def is_settled(self) -> Mask:
        """Say which series have been elsewhere for too long to call it an anomaly."""
        return (self.run > PATIENCE_ABOVE) | (self.run < -PATIENCE_BELOW) | (self._back >= RETURN)

    def settle(self, index: Index, present: Array, usual: Array, *, is_familiar: Mask) -> Array:
        """Return the levels that are normal from now on in some series, and count anew there."""
        returns = self._back[index] >= RETURN
        levels = np.where(returns, self._former[index], usual)
        self._former[index] = present
        self._former_hours[index] = np.where(returns | ~is_familiar, 0.0, FORMER)
        self.run[index] = self._back[index] = 0.0
        return levels

    def _compare_with_former(self, done: Index, levels: Array, lasted: Array, present: Array) -> None:
        tells = self._former_hours[done] > 0.0
        done, levels, lasted, present = done[tells], levels[tells], lasted[tells], present[tells]
        left = np.maximum(0.0, self._former_hours[done] - lasted)
        former = self._former[done]
        off = np.abs(levels - former)
        fits = (off < np.abs(levels - present)) & (off < np.abs(former) / 2)
        back = np.maximum(0.0, self._back[done] + np.where(fits, lasted, -lasted))
        self._back[done] = np.where(left > 0.0, back, 0.0)
        self._former_hours[done] = left
