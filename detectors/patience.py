"""Whether evidence is told: once told, only what is clearly stronger is told again.

The score stays what it is; this is about patience. After an alarm a series is restless for days, and
telling every stir would drown what matters.
"""

from __future__ import annotations

import math
from typing import Any

from detectors import fields

QUIETING = 96.0  # hours in which the bar sinks to a third
HIGHEST_BAR = 2.5  # thresholds; whoever causes a huge spike must not buy weeks of silence with it
RELEASE = 0.7  # of the threshold; an alarm that goes on does not flicker
LONGEST_GAP = 6.0  # hours without data after which nobody can say that an alarm went on


class Patience:
    """The alarm to one side, if it goes on, and the bar it leaves behind."""

    __slots__ = ("_bar", "_is_on")

    def __init__(self) -> None:
        self._bar = 0.0
        self._is_on = False

    def bar(self, threshold: float, gap: float) -> float:
        """Return the evidence that a window must exceed, `gap` hours after what was learnt.

        A late window, whose gap is infinite, is judged by the bare threshold.
        """
        if self._is_on and gap <= LONGEST_GAP:
            return RELEASE * threshold
        return max(threshold, self._bar * math.exp(-gap / QUIETING))

    def learn(self, evidence: float, threshold: float, hours: float, gap: float) -> None:
        """Learn how strong the evidence of a complete window was."""
        self._is_on = evidence > self.bar(threshold, gap)
        self._bar *= math.exp(-(hours + gap) / QUIETING)
        if self._is_on:
            self._bar = max(self._bar, min(evidence, HIGHEST_BAR * threshold))

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {"bar": self._bar, "on": float(self._is_on)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._bar = fields.number(state, "bar")
        self._is_on = fields.number(state, "on") > 0.0
