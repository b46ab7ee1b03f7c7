"""How far a series has been learnt, and where a window lies relative to that."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

from detectors import fields

LATE = -1e-6  # hours; stamps are not told apart more finely
LEAST_FRESH = 0.5  # share of a window that must be new for it to be learnt


class Step(NamedTuple):
    """A window relative to what has been learnt.

    Attributes:
        hours: Length of the window.
        gap: Hours between the end of what has been learnt and the window; infinite for a late
            window, which has nothing to do with the present and is judged on its own.
        fresh: Share of the window that has not been learnt yet.
    """

    hours: float
    gap: float
    fresh: float


class Progress:
    """The end of the last learnt window and the hours learnt so far.

    Everything is reckoned in seconds of UTC: aware datetimes of one zone compare by the wall
    clock, which repeats an hour every autumn.
    """

    __slots__ = ("hours", "until")

    def __init__(self) -> None:
        self.until: float | None = None
        self.hours = 0.0

    def step(self, at: datetime, hours: float) -> Step:
        """Say where a window lies."""
        if self.until is None:
            return Step(hours, 0.0, 1.0)
        start = at.timestamp()
        if start >= self.until:
            return Step(hours, (start - self.until) / 3600, 1.0)
        fresh = (start - self.until) / 3600 + hours
        if fresh < LATE:
            return Step(hours, math.inf, 1.0)
        return Step(hours, 0.0, max(0.0, fresh / hours))

    def is_new(self, step: Step) -> bool:
        """Say whether a window may be learnt.

        Half of it must be new: a repeated or late window is not learnt twice, while stamps that
        jitter by a few seconds do no harm.
        """
        return step.fresh >= LEAST_FRESH and step.gap != math.inf

    def advance(self, at: datetime, hours: float) -> None:
        """Count a window as learnt."""
        end = at.timestamp() + hours * 3600
        self.until = end if self.until is None else max(self.until, end)
        self.hours += hours

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {"until": self.until, "hours": self.hours}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.until = None if state.get("until") is None else fields.number(state, "until")
        self.hours = fields.number(state, "hours")
