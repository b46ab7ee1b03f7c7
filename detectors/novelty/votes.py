"""Six looks at a window, each asking whether its like has been seen before, and what they add up to."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime
from typing import Any, NamedTuple

from detectors import fields
from detectors.novelty.profile import Profile
from detectors.novelty.rarity import Rarity
from detectors.novelty.sense import Impression, Sense

RECENT = 12
"""Windows over which deviation and drift are looked at."""

FEW = 3

# What a decade of evidence weighs in each look.
VALUE, DEVIATION, RESIDUAL, DRIFT, DENSITY = 1.0, 0.25, 0.7, 0.7, 0.65

# The distance as a share of the range seen, of one value and of the mean of a few.
LARGEST_REACH, FINENESS = 2.0, 1000.0
LARGEST_REACH_OF_FEW, REACH_OF_FEW = 0.8, 4.2

PACE = 0.02
"""Weight of a window in the density of small surprises."""

MOST_SURPRISE = 6.0

AGE = 0.6
"""Decades asked for beyond the young age with every tenfold number of windows: more windows, more chances."""

YOUNG = 500


class Look(NamedTuple):
    """A window beside everything seen before it.

    Attributes:
        at: Its start.
        expected: What is usual at that time.
        value: Of its value.
        residual: Of the distance from what is usual.
        few: Of the mean of the last three values.
        deviation: Of the deviation among the last twelve values.
        drift: Of the mean of the last twelve residuals.
        density: How many small surprises there were of late.
    """

    at: datetime
    expected: float
    value: Impression
    residual: Impression
    few: Impression
    deviation: Impression
    drift: Impression
    density: float


class Votes:
    """Everything that is remembered of a series.

    Args:
        memory: Windows after which what was seen is forgotten.
    """

    __slots__ = ("_density", "_memory", "_profile", "_rarity", "_residuals", "_senses", "_values", "count")

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._senses = {name: Sense(memory) for name in ("value", "residual", "few", "deviation", "drift")}
        self._rarity = Rarity(memory)
        self._density = 0.0
        self._values: deque[float] = deque(maxlen=RECENT)
        self._residuals: deque[float] = deque(maxlen=RECENT)
        self._profile = Profile()
        self.count = 0

    @property
    def range(self) -> float:
        """Distance between the smallest and the largest value seen."""
        return self._senses["value"].seen.range

    @property
    def recent(self) -> tuple[float, ...]:
        """The last values, the latest at the end."""
        return tuple(self._values)

    def look(self, at: datetime, value: float) -> Look:
        """Look at a window without learning from it."""
        senses = self._senses
        # Before the first value there is nothing to expect but the value itself.
        expected = self._profile.expected(at) if self.count else value
        values = [*self._values, value][-RECENT:]
        residuals = [*self._residuals, value - expected][-RECENT:]
        impression = senses["value"].look(value)
        surprise = max(0.0, min(impression.decades, MOST_SURPRISE) - 1.0)
        return Look(
            at=at,
            expected=expected,
            value=impression,
            residual=senses["residual"].look(value - expected),
            few=senses["few"].look(_mean(values[-FEW:])),
            deviation=senses["deviation"].look(_deviation(values)),
            drift=senses["drift"].look(_mean(residuals)),
            density=self._density + PACE * (surprise - self._density),
        )

    def evidence(self, look: Look, *, alone: bool) -> float:
        """Return what the looks add up to, in decades.

        Args:
            look: The looks at a window.
            alone: Whether to leave out the windows before it, which a late one does not follow.
        """
        votes = VALUE * look.value.decades + RESIDUAL * look.residual.decades
        reach = self._senses["value"].reach(look.value, LARGEST_REACH)
        votes += math.log10(1.0 + FINENESS * reach)
        if not alone:
            votes += DEVIATION * look.deviation.decades + DRIFT * look.drift.decades
            votes += DENSITY * self._rarity.decades(look.density)
            votes += REACH_OF_FEW * self._senses["few"].reach(look.few, LARGEST_REACH_OF_FEW)
        age = min(self.count, self._memory)
        return max(0.0, votes - AGE * math.log10(max(1.0, age / YOUNG)))

    def learn(self, look: Look) -> float:
        """Learn a window that was looked at, and return the residual as far as it is credible."""
        senses = self._senses
        credible = senses["value"].seen.credible(look.value.value)
        self._profile.learn(look.at, credible)
        self._values.append(credible)
        residual = credible - look.expected
        self._residuals.append(residual)
        self._density = look.density
        self._rarity.learn(look.density)
        for name, sense in senses.items():
            sense.learn(getattr(look, name))
        self.count += 1
        return residual

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "senses": {name: sense.state() for name, sense in self._senses.items()},
            "rarity": self._rarity.state(),
            "density": self._density,
            "values": list(self._values),
            "residuals": list(self._residuals),
            "profile": self._profile.state(),
            "count": self.count,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        saved = fields.section(state, "senses")
        for name, sense in self._senses.items():
            sense.restore(fields.section(saved, name))
        self._rarity.restore(fields.section(state, "rarity"))
        self._density = fields.number(state, "density")
        self._values = deque(fields.numbers(state, "values", longest=RECENT), RECENT)
        self._residuals = deque(fields.numbers(state, "residuals", longest=RECENT), RECENT)
        self._profile.restore(fields.section(state, "profile"))
        self.count = int(fields.number(state, "count"))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _deviation(values: list[float]) -> float:
    mean = _mean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
