"""How strong the strongest moment of an ordinary day is: some series jump every day, and need more.

What counts is a mean of daily maxima, not a quantile of all hours: alarms are told in episodes, and
a day with one wild hour is as tiring as a day with three.
"""

from __future__ import annotations

from typing import Any

from detectors import fields
from detectors.spans import SPANS

DAY = 24.0  # hours
END_OF_DAY = DAY - 1e-6  # of windows whose lengths do not add up exactly
REFERENCE = 2.0  # wobbles; what a day of an unremarkable series reaches
LEAST_SCALE = 0.75  # a calm series is watched more closely, but calm is no proof of calm to come
CREDIT = 7.0  # days that the reference weighs as much as
FIRST_DAYS = 5.0  # the first days learnt move the mean like the sixth
MEMORY = 30.0  # days
MOST_TRUST = 40.0  # days
CLIP_FACTOR, CLIP_OFFSET = 3.0, 0.5  # an incident must not become the habit


class Habits:
    """The usual daily maximum of every span, to one side."""

    __slots__ = ("_days", "_hours", "_scales", "_today", "_usual")

    def __init__(self) -> None:
        self._usual = [REFERENCE] * len(SPANS)
        self._today = [0.0] * len(SPANS)
        self._scales = [1.0] * len(SPANS)
        self._days = 0.0
        self._hours = 0.0

    @property
    def first_scale(self) -> float:
        """What strengths of the shortest span are divided by."""
        return self._scales[0]

    def temper(self, strengths: list[float], trusts: list[float]) -> list[float]:
        """Return what is left of strengths in a series that is used to them, each as far as trusted."""
        return [
            strength * trust / scale for strength, trust, scale in zip(strengths, trusts, self._scales, strict=True)
        ]

    def learn(self, strengths: list[float], hours: float) -> None:
        """Learn strengths as they were before tempering."""
        self._today = list(map(max, self._today, strengths))
        self._hours += hours
        if self._hours >= END_OF_DAY:
            self._end_day()

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "usual": list(self._usual),
            "today": list(self._today),
            "days": self._days,
            "hours": self._hours,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._usual = fields.numbers(state, "usual", len(SPANS))
        self._today = fields.numbers(state, "today", len(SPANS))
        self._days = fields.number(state, "days")
        self._hours = fields.number(state, "hours")
        self._rescale()

    def _end_day(self) -> None:
        pace = max(1.0 / (self._days + FIRST_DAYS), 1.0 / MEMORY)
        self._usual = [
            usual + pace * (min(most, CLIP_FACTOR * usual + CLIP_OFFSET) - usual)
            for usual, most in zip(self._usual, self._today, strict=True)
        ]
        self._days = min(self._days + 1.0, MOST_TRUST)
        self._today = [0.0] * len(SPANS)
        self._hours = 0.0
        self._rescale()

    def _rescale(self) -> None:
        weight = CREDIT + self._days
        self._scales = [
            max(LEAST_SCALE, (usual * self._days + REFERENCE * CREDIT) / (weight * REFERENCE)) for usual in self._usual
        ]
