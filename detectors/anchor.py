"""Notices that a new level is here to stay: a new deployment is the new normal.

It may have been an incident of days after all. So the former level is remembered for a while, what fits
it is ordinary, and a few such hours bring it back.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Any

from detectors import fields

REMEMBERED = 24  # hourly levels
ODD = 2.6  # wobbles; about where an alarm that goes on would end
PATIENCE_ABOVE = 24.0  # hours; for a day an excess is an incident, then it is how things are
PATIENCE_BELOW = 60.0  # hours; longer than a weekend, which a young series does not know yet
RESTLESS = 3.0  # hours of oddity from which on nothing is learnt about ordinary days
FAMILIAR = 336.0  # hours of history; before, a weekend may look like a new level
FULL_HOUR = 1.0 - 1e-9  # hours; of windows whose lengths do not add up exactly
FORMER = 336.0  # hours that a former level is remembered
RETURN = 6.0  # hours that must fit it, less those that do not
HOPELESS = 1000.0  # a first level this many times the usual one came from a freak value


class Anchor:
    """The levels of the last day and how long the series has been odd to one side."""

    __slots__ = (
        "_back",
        "_former",
        "_former_hours",
        "_levels",
        "_part",
        "_part_hours",
        "_part_weight",
        "_run",
        "_weights",
    )

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._weights: list[float] = []
        self._run = 0.0  # hours; the sign is the side
        self._part = 0.0
        self._part_weight = 0.0
        self._part_hours = 0.0
        self._former = 0.0
        self._former_hours = 0.0  # how long it is remembered yet
        self._back = 0.0  # hours that fit it

    @property
    def former(self) -> float | None:
        """The level that was normal before the present one, as long as it may come back."""
        return self._former if self._former_hours > 0.0 else None

    def remember(self, level: float, weight: float, hours: float) -> None:
        """Remember the level a window speaks for.

        Args:
            level: What the window ran at, as a level.
            weight: How loudly it speaks: what is usually spent at that time, as a share of the level.
                A dollar in an hour that is usually empty would stand for a fortune a day.
            hours: Length of the window.
        """
        self._part += level * hours
        self._part_weight += weight * hours
        self._part_hours += hours
        if self._part_hours >= FULL_HOUR:
            self._levels.append(self._part / self._part_hours)
            self._weights.append(self._part_weight / self._part_hours)
            del self._levels[:-REMEMBERED], self._weights[:-REMEMBERED]
            self._part = self._part_weight = self._part_hours = 0.0

    def compare(self, hours: float, *, is_back: bool) -> None:
        """Count a window for or against the former level, if one is remembered.

        Args:
            hours: Length of the window.
            is_back: Whether it fits the former level, and better than the present one.
        """
        if self._former_hours > 0.0:
            self._former_hours = max(0.0, self._former_hours - hours)
            back = max(0.0, self._back + (hours if is_back else -hours))
            self._back = back if self._former_hours else 0.0

    def count(self, up: float, low: float, hours: float) -> None:
        """Count a window towards or against a lasting oddity."""
        if max(up, low) <= ODD:
            self._run -= max(-hours, min(hours, self._run))
        elif up >= low:
            self._run = max(self._run, 0.0) + hours
        else:
            self._run = min(self._run, 0.0) - hours

    def usual(self) -> float | None:
        """Return the median of the last day, once there is a day."""
        return self._median(REMEMBERED) if len(self._levels) == REMEMBERED else None

    def recent(self, hours: float) -> float | None:
        """Return the median of the last whole hours, at most a day of them; None before the first."""
        return self._median(max(1, int(hours))) if self._levels else None

    def accept(self) -> None:
        """Count anew, because a person called the present normal; there is nothing to come back to."""
        self._run = self._back = self._former_hours = 0.0

    @property
    def is_restless(self) -> bool:
        """Whether the series has been odd for so long that its present says nothing about ordinary days."""
        return abs(self._run) > RESTLESS

    @property
    def is_high(self) -> bool:
        """Whether it is restless above: below, it may be its first weekend."""
        return self._run > RESTLESS

    @property
    def is_settled(self) -> bool:
        """Whether the series has been elsewhere for too long to call it an anomaly."""
        return self._run > PATIENCE_ABOVE or self._run < -PATIENCE_BELOW or self._back >= RETURN

    def settle(self, present: float, *, is_familiar: bool) -> float:
        """Return the level that is normal from now on instead of the present one, and count anew.

        Args:
            present: The level that was normal so far.
            is_familiar: Whether the series is known well enough for its level to be worth remembering.
        """
        returns = self._back >= RETURN
        level = self._former if returns else self.usual()
        self._former, self._former_hours = present, FORMER
        # An incident that ended is nothing to come back to: the next one has to be told again.
        if returns or not is_familiar:
            self._former_hours = 0.0
        self._run = self._back = 0.0
        return present if level is None else level

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "levels": list(self._levels),
            "weights": list(self._weights),
            "run": self._run,
            "part": self._part,
            "part_weight": self._part_weight,
            "part_hours": self._part_hours,
            "former": self._former,
            "former_hours": self._former_hours,
            "back": self._back,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned; a state from before there were weights or former levels has none."""
        nothing = {"former": 0.0, "former_hours": 0.0, "back": 0.0, "part_weight": state.get("part_hours")}
        state = {**nothing, "weights": [1.0] * len(state.get("levels", ())), **state}
        self._levels = fields.numbers(state, "levels", longest=REMEMBERED)
        self._weights = fields.numbers(state, "weights", len(self._levels))
        self._run = fields.number(state, "run")
        self._part = fields.number(state, "part")
        self._part_weight = fields.number(state, "part_weight")
        self._part_hours = fields.number(state, "part_hours")
        self._former = fields.number(state, "former")
        self._former_hours = fields.number(state, "former_hours")
        self._back = fields.number(state, "back")

    def _median(self, last: int) -> float:
        """Return the weighted median of the last levels."""
        levels = sorted(zip(self._levels[-last:], self._weights[-last:], strict=True))
        weights = list(accumulate(weight for _, weight in levels))
        return levels[min(bisect_right(weights, weights[-1] / 2), len(levels) - 1)][0]
