"""Notices in which series a new level is here to stay; see `detectors.anchor`.

The levels of the last day lie in a ring, so that remembering one moves no other.
"""

from __future__ import annotations

import numpy as np

from detectors.anchor import FORMER, FULL_HOUR, ODD, PATIENCE_ABOVE, PATIENCE_BELOW, REMEMBERED, RESTLESS, RETURN
from detectors.fleet.arrays import Array, Index, Mask, Rows


class Anchor:
    """The levels of the last day and how long every series has been odd to one side."""

    __slots__ = (
        "_back", "_former_hours", "_levels", "_part", "_part_hours", "_part_weight", "_seen", "_weights", "former", "run",
    )  # fmt: skip

    def __init__(self, rows: Rows) -> None:
        self._levels = rows["levels"]
        self._weights = rows["weights"]
        self._seen = rows["seen"]
        self.run = rows["run"]
        self._part = rows["part"]
        self._part_weight = rows["part_weight"]
        self._part_hours = rows["part_hours"]
        self.former = rows["former"]
        self._former_hours = rows["former_hours"]
        self._back = rows["back"]

    @property
    def may_return(self) -> Index:
        """Say which series remember the level that was normal before."""
        return np.flatnonzero(self._former_hours > 0.0)

    def remember(self, level: Array, weight: Array, hours: float) -> None:
        """Remember the levels that windows speak for, and how loudly they do."""
        self._part += level * hours
        self._part_weight += weight * hours
        self._part_hours += hours
        done = np.flatnonzero(self._part_hours >= FULL_HOUR)
        if not done.size:
            return
        lasted, place = self._part_hours[done], (self._seen[done] % REMEMBERED).astype(np.intp)
        self._levels[place, done] = self._part[done] / lasted
        self._weights[place, done] = self._part_weight[done] / lasted
        self._seen[done] += 1.0
        self._part[done] = self._part_weight[done] = self._part_hours[done] = 0.0

    def compare(self, hours: float, is_back: Mask) -> None:
        """Count windows for or against the former levels, where one is remembered."""
        index = self.may_return
        if index.size:
            left = np.maximum(0.0, self._former_hours[index] - hours)
            back = np.maximum(0.0, self._back[index] + np.where(is_back[index], hours, -hours))
            self._former_hours[index] = left
            self._back[index] = np.where(left > 0.0, back, 0.0)

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
        """Return the weighted medians of the last day of some series that have one."""
        ring = self._levels[:, index]
        order = np.argsort(ring, axis=0, kind="stable")
        weights = np.cumsum(np.take_along_axis(self._weights[:, index], order, axis=0), axis=0)
        middle = np.minimum((weights <= weights[-1] / 2).sum(axis=0), REMEMBERED - 1)
        medians: Array = np.take_along_axis(ring, order, axis=0)[middle, np.arange(index.size)]
        return medians

    @property
    def is_restless(self) -> Mask:
        """Say whose present tells nothing about ordinary days."""
        return np.abs(self.run) > RESTLESS

    @property
    def is_high(self) -> Mask:
        """Say which are restless above."""
        return self.run > RESTLESS

    @property
    def is_settled(self) -> Mask:
        """Say which series have been elsewhere for too long to call it an anomaly."""
        return (self.run > PATIENCE_ABOVE) | (self.run < -PATIENCE_BELOW) | (self._back >= RETURN)

    def settle(self, index: Index, present: Array, usual: Array, *, is_familiar: Mask) -> Array:
        """Return the levels that are normal from now on in some series, and count anew there."""
        returns = self._back[index] >= RETURN
        levels = np.where(returns, self.former[index], usual)
        self.former[index] = present
        self._former_hours[index] = np.where(returns | ~is_familiar, 0.0, FORMER)
        self.run[index] = self._back[index] = 0.0
        return levels
