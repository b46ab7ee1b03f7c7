"""How strong the strongest moment of an ordinary day is, in every series; see `detectors.habits`."""

from __future__ import annotations

import numpy as np

from detectors.fleet.arrays import Array, Index, Rows
from detectors.habits import (
    CLIP_FACTOR,
    CLIP_OFFSET,
    CREDIT,
    END_OF_DAY,
    FIRST_DAYS,
    LEAST_SCALE,
    MEMORY,
    MOST_TRUST,
    REFERENCE,
)


class Habits:
    """The usual daily maximum of every span, to one side."""

    __slots__ = ("_days", "_hours", "_scales", "_today", "_usual")

    def __init__(self, rows: Rows) -> None:
        self._usual = rows["usual"]
        self._today = rows["today"]
        self._scales = rows["scales"]
        self._days = rows["days"]
        self._hours = rows["hours"]

    @property
    def first_scale(self) -> Array:
        """What strengths of the shortest span are divided by."""
        scales: Array = self._scales[0]
        return scales

    def temper(self, strengths: Array, trusts: Array) -> Array:
        """Return what is left of strengths in series used to them, each as far as trusted."""
        tempered = strengths * trusts
        tempered /= self._scales
        return tempered

    def learn(self, strengths: Array, hours: float) -> None:
        """Learn strengths as they were before tempering."""
        np.maximum(self._today, strengths, out=self._today)
        self._hours += hours
        is_over = self._hours >= END_OF_DAY
        if is_over.any():
            self._end_day(np.flatnonzero(is_over))

    def rescale(self) -> None:
        """Derive the scales from what is usual."""
        weight = CREDIT + self._days
        np.maximum(
            LEAST_SCALE, (self._usual * self._days + REFERENCE * CREDIT) / (weight * REFERENCE), out=self._scales
        )

    def _end_day(self, index: Index) -> None:
        pace = np.maximum(1.0 / (self._days[index] + FIRST_DAYS), 1.0 / MEMORY)
        usual, most = self._usual[:, index], self._today[:, index]
        self._usual[:, index] = usual + pace * (np.minimum(most, CLIP_FACTOR * usual + CLIP_OFFSET) - usual)
        self._days[index] = np.minimum(self._days[index] + 1.0, MOST_TRUST)
        self._today[:, index] = 0.0
        self._hours[index] = 0.0
        self.rescale()
