"""Notices that a new level is here to stay: a new deployment is the new normal.

It may have been an incident of days after all. So the former level is remembered for a while, and
hours that fit it bring it back, long before a day of them was odd.
"""

from __future__ import annotations

from typing import Any

from detectors import fields

REMEMBERED = 24  # hourly levels
ODD = 2.6  # wobbles; about where an alarm that goes on would end
PATIENCE_ABOVE = 24.0  # hours; for a day an excess is an incident, then it is how things are
PATIENCE_BELOW = 60.0  # hours; longer than a weekend, which a young series does not know yet
FAMILIAR = 336.0  # hours of history; before, a weekend may look like a new level
FULL_HOUR = 1.0 - 1e-9  # hours; of windows whose lengths do not add up exactly
FORMER = 336.0  # hours that a former level is remembered
RETURN = 6.0  # hours that must fit it, less those that do not
HOPELESS = 1000.0  # a first level this many times the usual one came from a freak value


class Anchor:
    """The levels of the last day and how long the series has been odd to one side."""

    __slots__ = ("_back", "_former", "_former_hours", "_levels", "_part", "_part_hours", "_run")

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._run = 0.0  # hours; the sign is the side
        self._part = 0.0
        self._part_hours = 0.0
        self._former = 0.0
        self._former_hours = 0.0  # how long it is remembered yet
        self._back = 0.0  # hours that fit it

    def remember(self, level: float, hours: float, present: float) -> None:
        """Remember the level a window speaks for, beside the level that is held for normal."""
        self._part += level * hours
        self._part_hours += hours
        if self._part_hours >= FULL_HOUR:
            self._levels.append(self._part / self._part_hours)
            del self._levels[:-REMEMBERED]
            if self._former_hours > 0.0:
                self._compare_with_former(self._levels[-1], self._part_hours, present)
            self._part = self._part_hours = 0.0

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
        if len(self._levels) < REMEMBERED:
            return None
        return sorted(self._levels)[REMEMBERED // 2]

    def recent(self, hours: float) -> float | None:
        """Return the median of the last whole hours, at most a day of them; None before the first."""
        last = sorted(self._levels[-max(1, int(hours)) :])
        return last[len(last) // 2] if last else None

    def accept(self) -> None:
        """Count anew, because a person called the present normal; there is nothing to come back to."""
        self._run = self._back = self._former_hours = 0.0

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
            "run": self._run,
            "part": self._part,
            "part_hours": self._part_hours,
            "former": self._former,
            "former_hours": self._former_hours,
            "back": self._back,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned; a state from before former levels were kept has none."""
        state = {"former": 0.0, "former_hours": 0.0, "back": 0.0, **state}
        self._levels = fields.numbers(state, "levels", longest=REMEMBERED)
        self._run = fields.number(state, "run")
        self._part = fields.number(state, "part")
        self._part_hours = fields.number(state, "part_hours")
        self._former = fields.number(state, "former")
        self._former_hours = fields.number(state, "former_hours")
        self._back = fields.number(state, "back")

    def _compare_with_former(self, level: float, hours: float, present: float) -> None:
        self._former_hours = max(0.0, self._former_hours - hours)
        off = abs(level - self._former)
        # Silence fits no level: an outage must not bring back a smaller one.
        fits = off < abs(level - present) and off < abs(self._former) / 2
        self._back = max(0.0, self._back + (hours if fits else -hours)) if self._former_hours else 0.0
