"""Adds up the excess of an episode so that no moment counts twice, however its windows overlap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Excess of complete windows, which follow one another, in the unit of the series.

    Attributes:
        earlier: Sum over the complete windows before the newest.
        newest: Excess of the newest complete window.
        until: End of the newest complete window; None before the first.
    """

    earlier: float = 0.0
    newest: float = 0.0
    until: datetime | None = None

    def close(self, excess: float, end: datetime) -> Tally:
        """Return the tally with one more complete window; one that was counted before changes nothing."""
        if self.until is not None and end <= self.until:
            return self
        return replace(self, earlier=self.earlier + self.newest, newest=excess, until=end)

    def total(self, present: float = 0.0, start: datetime | None = None) -> float:
        """Return the excess so far, with that of a present window from `start` on that is not complete.

        The present window may reach back into the newest complete one. The larger of two sums over
        windows that do not overlap is taken: all complete ones, or those before `start` and the present one.
        """
        if start is None:
            return self.earlier + self.newest
        clear = self.newest if self.until is None or self.until <= start else 0.0
        return max(self.earlier + self.newest, self.earlier + clear + present)
