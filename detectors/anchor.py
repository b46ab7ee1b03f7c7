"""Notices that a new level is here to stay: a new deployment is the new normal."""

from __future__ import annotations

from typing import Any

from detectors import fields

REMEMBERED = 24  # hourly levels
ODD = 3.6  # wobbles
PATIENCE = 30.0  # hours
HOPELESS = 1000.0  # a first level this many times the usual one came from a freak value


class Anchor:
    """The levels of the last day and how long the series has been odd to one side."""

    __slots__ = ("_levels", "_part", "_part_hours", "_run")

    def __init__(self) -> None:
        self._levels: list[float] = []
        self._run = 0.0  # hours; the sign is the side
        self._part = 0.0
        self._part_hours = 0.0

    def remember(self, level: float, hours: float) -> None:
        """Remember the level a window speaks for."""
        self._part += level * hours
        self._part_hours += hours
        if self._part_hours >= 1.0 - 1e-9:
            self._levels.append(self._part / self._part_hours)
            del self._levels[:-REMEMBERED]
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

    @property
    def is_settled(self) -> bool:
        """Whether the series has been odd to one side for too long to call it an anomaly."""
        return abs(self._run) > PATIENCE

    def release(self) -> None:
        """Start counting anew."""
        self._run = 0.0

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "levels": list(self._levels),
            "run": self._run,
            "part": self._part,
            "part_hours": self._part_hours,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._levels = fields.numbers(state, "levels", longest=REMEMBERED)
        self._run = fields.number(state, "run")
        self._part = fields.number(state, "part")
        self._part_hours = fields.number(state, "part_hours")
