"""What a series usually does at this time of the week: a slow level times a factor for the hour.

48 cells, (weekday or weekend) x hour, are learnt in days; a cell for every hour of the week would
take two months.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from detectors import fields

HOURS = 24
CELLS = 2 * HOURS
WEEK = 168.0
FACTOR_CAP = 8.0
LEAST_FACTOR = 0.05  # a cell that is nearly always empty says nothing about the level
CELL_MEMORY = 20.0  # hours a cell remembers: four working weeks or ten weekends
TRUSTED_WEEKEND = 6.0  # hours after which a weekend cell stands on its own

Cells: TypeAlias = tuple[tuple[int, float], ...]


def cells_of(at: datetime, hours: float) -> Cells:
    """Return the cells a window touches, each with its share of the window."""
    hour, weekday = at.hour, at.weekday()
    into = (at.minute * 60 + at.second) / 3600
    if into + hours <= 1.0:
        return ((_cell(weekday, hour), 1.0),)
    cells = []
    left = hours
    while left > 1e-9:
        part = min(1.0 - into, left)
        cells.append((_cell(weekday, hour), part / hours))
        left -= part
        into = 0.0
        hour += 1
        if hour == HOURS:
            hour, weekday = 0, (weekday + 1) % 7
    return tuple(cells)


def _cell(weekday: int, hour: int) -> int:
    return hour + HOURS if weekday >= 5 else hour


class Season:
    """The usual value of an hour, learnt online.

    Attributes:
        level: The slow level, per hour.
        hours: How much has been learnt.
    """

    __slots__ = ("_counts", "_factors", "hours", "level")

    def __init__(self) -> None:
        self.level = 0.0
        self.hours = 0.0
        self._factors = [1.0] * CELLS
        self._counts = [0.0] * CELLS

    def factor(self, cells: Cells) -> float:
        """Return how the window compares with the level: 1 is average, or nothing is asked."""
        if not cells:
            return 1.0
        if len(cells) == 1:
            return self._factor(cells[0][0])
        return sum(self._factor(cell) * share for cell, share in cells)

    def learn(self, cells: Cells, rate: float, hours: float, pace: float) -> None:
        """Learn that the window ran at `rate` an hour; `pace` is the hourly weight of the level."""
        self.hours += hours
        weight = pace * hours
        if self.hours < WEEK:  # a plain mean until one whole week has been seen
            weight = max(weight, hours / self.hours)
        self.level += min(1.0, weight) * (rate - self.level)
        if self.level <= 0:
            return
        factor = min(rate / self.level, FACTOR_CAP)
        for cell, share in cells:
            part = share * hours
            self._counts[cell] = count = min(self._counts[cell] + part, CELL_MEMORY)
            self._factors[cell] += min(1.0, part / count) * (factor - self._factors[cell])

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "level": self.level,
            "hours": self.hours,
            "factors": list(self._factors),
            "counts": list(self._counts),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.level = fields.number(state, "level")
        self.hours = fields.number(state, "hours")
        self._factors = fields.numbers(state, "factors", CELLS)
        self._counts = fields.numbers(state, "counts", CELLS)

    def _factor(self, cell: int) -> float:
        own = self._factors[cell]
        if cell < HOURS or self._counts[cell] >= TRUSTED_WEEKEND:
            return own
        # Few weekends seen: lean on the shape of the working day.
        trust = self._counts[cell] / TRUSTED_WEEKEND
        return own * trust + self._factors[cell - HOURS] * (1.0 - trust)
