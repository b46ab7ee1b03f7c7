"""Which values a series has taken, in bounded memory."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import pairwise
from typing import Any

from detectors import fields
from detectors.base import DetectorError

KEPT = 192
"""Stretches left after joining; the widest gaps between values are kept to the last digit."""

MOST = 256
"""Stretches beyond which neighbours are joined."""

SWEEP = 1024
"""Values between two looks for stretches that nothing has come to for a long time."""

LEAP = 2.0
"""Ranges beyond the edge at which a value is learnt at most: one absurd value must not make every other one small."""

SETTLED = 50
"""Values after which there is a range to speak of."""


class Seen:
    """The values seen so far, as stretches with gaps between them.

    Values close together become one stretch; which ones is decided by the gaps, the narrowest first.
    So what matters, whether a value falls into a wide gap or beyond the edges, stays exact, while
    the crowded parts, where a new value is close to an old one anyway, take hardly any room.

    Args:
        memory: Values after which a stretch that nothing has come to is forgotten.
    """

    __slots__ = ("_highs", "_latest", "_lows", "_memory", "count")

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._lows = array("d")
        self._highs = array("d")
        self._latest = array("d")
        self.count = 0

    @property
    def range(self) -> float:
        """Distance between the edges of everything seen."""
        return self._highs[-1] - self._lows[0] if self._lows else 0.0

    def distance(self, value: float) -> float:
        """Return how far a value is from the nearest one seen; 0 within a stretch, and before there are two."""
        if self.count < 2:
            return 0.0
        place = bisect_right(self._lows, value)
        above = self._lows[place] - value if place < len(self._lows) else float("inf")
        below = value - self._highs[place - 1] if place else float("inf")
        return max(0.0, min(above, below))

    def credible(self, value: float) -> float:
        """Return a value, or one as far beyond the edges as is believed."""
        if self.count < SETTLED or not self.range:
            return value
        leap = LEAP * self.range
        return max(self._lows[0] - leap, min(self._highs[-1] + leap, value))

    def learn(self, value: float) -> None:
        """Remember a value, as far as it is credible."""
        value = self.credible(value)
        self.count += 1
        self._place(value)
        if len(self._lows) > MOST or self.count % SWEEP == 0:
            self._forget()
        if len(self._lows) > MOST:
            self._join()

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "count": self.count,
            "lows": list(self._lows),
            "highs": list(self._highs),
            "latest": list(self._latest),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        lows = fields.numbers(state, "lows", longest=MOST)
        highs = fields.numbers(state, "highs", len(lows))
        edges = [edge for pair in zip(lows, highs, strict=True) for edge in pair]
        if any(later < earlier for earlier, later in pairwise(edges)):
            raise DetectorError("saved stretches of values overlap: rebuild from stored samples")
        self._lows, self._highs = array("d", lows), array("d", highs)
        self._latest = array("d", fields.numbers(state, "latest", len(lows)))
        self.count = int(fields.number(state, "count"))

    def _place(self, value: float) -> None:
        place = bisect_right(self._lows, value)
        if place and value <= self._highs[place - 1]:
            self._latest[place - 1] = self.count
            return
        self._lows.insert(place, value)
        self._highs.insert(place, value)
        self._latest.insert(place, self.count)

    def _forget(self) -> None:
        oldest = self.count - self._memory
        kept = [place for place, latest in enumerate(self._latest) if latest > oldest]
        if len(kept) < len(self._latest):
            self._lows = array("d", (self._lows[place] for place in kept))
            self._highs = array("d", (self._highs[place] for place in kept))
            self._latest = array("d", (self._latest[place] for place in kept))

    def _join(self) -> None:
        """Join neighbours across the narrowest gaps until few enough stretches are left."""
        gaps = [low - high for low, high in zip(self._lows[1:], self._highs[:-1], strict=True)]
        narrowest = sorted(range(len(gaps)), key=gaps.__getitem__)[: len(self._lows) - KEPT]
        for place in sorted(narrowest, reverse=True):
            self._latest[place] = max(self._latest[place], self._latest.pop(place + 1))
            del self._lows[place + 1], self._highs[place]
