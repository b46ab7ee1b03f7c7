"""What a series does at this time of the week: a mean for each hour of a working day and of a weekend."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from detectors import fields

HOURS = 24
CELLS = 2 * HOURS
TRUSTED = 6
"""Values after which an hour stands for itself; until then the mean of all hours does."""

SLOWEST = 2000
CELL_MEMORY = 50
SATURDAY = 5


class Profile:
    """Means of values, overall and by hour."""

    __slots__ = ("_all", "_count", "_counts", "_means")

    def __init__(self) -> None:
        self._count = 0
        self._all = 0.0
        self._means = [0.0] * CELLS
        self._counts = [0.0] * CELLS

    def expected(self, at: datetime) -> float:
        """Return what is usual at a time."""
        cell = _cell(at)
        return self._means[cell] if self._counts[cell] >= TRUSTED else self._all

    def learn(self, at: datetime, value: float) -> None:
        """Learn the value of a window."""
        self._count += 1
        self._all += (value - self._all) / min(self._count, SLOWEST)
        cell = _cell(at)
        self._counts[cell] = min(self._counts[cell] + 1.0, CELL_MEMORY)
        self._means[cell] += (value - self._means[cell]) / self._counts[cell]

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {"count": self._count, "all": self._all, "means": list(self._means), "counts": list(self._counts)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._count = int(fields.number(state, "count"))
        self._all = fields.number(state, "all")
        self._means = fields.numbers(state, "means", CELLS)
        self._counts = fields.numbers(state, "counts", CELLS)


def _cell(at: datetime) -> int:
    return at.hour + (HOURS if at.weekday() >= SATURDAY else 0)
