"""How rare it is that a size is so large, from a histogram of the sizes before it."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from typing import Any

from detectors import fields

WARM = 100
"""Sizes before which nothing is called rare."""

BINS_PER_E = 20.0
"""Bins to a factor of e: each is five per cent wide."""

MOST_BINS = 320
NOTHING = -1e4
"""Bin of what has no size at all."""

TAIL = 0.95
TAIL_DECADES = -math.log10(1.0 - TAIL)
MIDDLE_OF_TAIL = 0.975
REFRESH = 50.0
"""The tail is measured again after a fiftieth of the sizes has come in."""

DECADES = 1.0 / math.log(10.0)
MOST_DECADES = 8.0
BEND = 0.01
"""Beyond the most decades evidence hardly grows any more, yet no two sizes ever tie."""


class Rarity:
    """A histogram whose bins widen with the size, and an exponential tail beyond its upper twentieth.

    The tail is laid through two quantiles rather than through the mean of what lies beyond: one
    absurd size would stretch the mean, and make everything after it look ordinary.

    Args:
        memory: Sizes after which the weight of all of them is halved.
    """

    __slots__ = ("_bins", "_counts", "_memory", "_scale", "_since", "_tail", "_total")

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._bins = array("d")
        self._counts = array("d")
        self._total = 0.0
        self._since = 0.0
        self._tail = 0.0
        self._scale = 0.0

    def decades(self, size: float) -> float:
        """Return the evidence in a size: 2 says that one in a hundred is as large."""
        if self._total < WARM:
            return 0.0
        if size <= self._tail:
            at_least = sum(self._counts[bisect_left(self._bins, _bin(size)) :])
            return max(0.0, min(TAIL_DECADES, -math.log10((at_least + 0.5) / (self._total + 1.0))))
        beyond = TAIL_DECADES + (size - self._tail) / self._scale * DECADES
        if beyond <= MOST_DECADES:
            return beyond
        return MOST_DECADES * (1.0 + BEND * math.log(beyond / MOST_DECADES))

    def learn(self, size: float) -> None:
        """Count a size."""
        self._count(_bin(size))
        self._total += 1.0
        self._since += 1.0
        if self._total >= self._memory:
            self._halve()
        if self._total >= WARM and self._since * REFRESH >= self._total:
            self._measure_tail()

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "bins": list(self._bins),
            "counts": list(self._counts),
            "total": self._total,
            "since": self._since,
            "tail": self._tail,
            "scale": self._scale,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        bins = fields.numbers(state, "bins", longest=MOST_BINS)
        self._bins = array("d", bins)
        self._counts = array("d", fields.numbers(state, "counts", len(bins)))
        self._total = fields.number(state, "total")
        self._since = fields.number(state, "since")
        self._tail = fields.number(state, "tail")
        self._scale = fields.number(state, "scale")

    def _count(self, key: float) -> None:
        place = bisect_left(self._bins, key)
        if place < len(self._bins) and self._bins[place] == key:
            self._counts[place] += 1.0
            return
        self._bins.insert(place, key)
        self._counts.insert(place, 1.0)
        if len(self._bins) > MOST_BINS:  # the smallest sizes need not be told apart
            smallest = self._counts.pop(0)
            del self._bins[0]
            self._counts[0] += smallest

    def _halve(self) -> None:
        kept = [place for place, count in enumerate(self._counts) if count > 0.5]
        self._bins = array("d", (self._bins[place] for place in kept))
        self._counts = array("d", (self._counts[place] / 2.0 for place in kept))
        self._total = sum(self._counts)

    def _measure_tail(self) -> None:
        self._since = 0.0
        self._tail = self._quantile(TAIL)
        scale = (self._quantile(MIDDLE_OF_TAIL) - self._tail) / math.log(2.0)
        self._scale = max(scale, 1e-3 * self._tail, 1e-12)

    def _quantile(self, share: float) -> float:
        left = share * self._total
        for key, count in zip(self._bins, self._counts, strict=True):
            left -= count
            if left < 0.0:
                return _size(key)
        return _size(self._bins[-1])


def _bin(size: float) -> float:
    return math.floor(math.log(size) * BINS_PER_E) if size > 0.0 else NOTHING


def _size(key: float) -> float:
    return 0.0 if key == NOTHING else math.exp((key + 0.5) / BINS_PER_E)
