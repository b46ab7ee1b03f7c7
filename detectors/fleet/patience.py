"""Whether evidence is told, in every series; see `detectors.patience`."""

from __future__ import annotations

import numpy as np

from detectors.fleet.arrays import Array, Rows
from detectors.patience import HIGHEST_BAR, LONGEST_GAP, QUIETING, RELEASE


class Patience:
    """The alarm to one side, if it goes on, and the bar it leaves behind."""

    __slots__ = ("_bar", "_on")

    def __init__(self, rows: Rows) -> None:
        self._bar = rows["bar"]
        self._on = rows["on"]

    def bar(self, threshold: float, gap: Array) -> Array:
        """Return the evidence that a window must exceed, `gap` hours after what was learnt."""
        bars = self._bar * np.exp(-gap / QUIETING)
        np.maximum(bars, threshold, out=bars)
        np.copyto(bars, RELEASE * threshold, where=(self._on > 0.0) & (gap <= LONGEST_GAP))
        return bars

    def learn(self, evidence: Array, bar: Array, threshold: float, hours: float, gap: Array) -> None:
        """Learn how strong the evidence of a complete window was, whose bar was this."""
        is_on = evidence > bar
        self._on[...] = is_on
        self._bar *= np.exp(-(hours + gap) / QUIETING)
        raised = np.minimum(evidence, HIGHEST_BAR * threshold)
        np.maximum(self._bar, raised, out=self._bar, where=is_on)
