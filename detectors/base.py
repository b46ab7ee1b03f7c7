"""What goes into a detector and what comes out: one observation in, one verdict out."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from river import base


class Sensitivity(StrEnum):
    """How much evidence an alarm needs; a word, because raw thresholds mean nothing to a reader."""

    CONSERVATIVE = "conservative"
    NORMAL = "normal"
    AGGRESSIVE = "aggressive"


class DetectorError(ValueError):
    """A detector was asked for something it cannot do; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One window of one series.

    Attributes:
        at: Start of the window, aware, in the zone whose clock shapes the series (the owner's).
        value: What was measured in the window, in the series' own unit (dollars, calls, ratio).
        span: Length of the window. Told, never inferred from neighbouring stamps.
    """

    at: datetime
    value: float
    span: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector thinks of one observation.

    Attributes:
        score: Evidence in [0, 1): 0 is ordinary. Strictly increasing in the evidence, so that two
            odd values never tie at the top.
        is_anomaly: Whether the score passes the threshold of the detector's sensitivity.
        expected: The value that would have been ordinary, in the observation's unit.
        low: Lower edge of the ordinary band.
        high: Upper edge of the ordinary band.
        reason: Why, in a few plain words without numbers that change from row to row.
        warming_up: Too little history to judge; such a verdict is never an anomaly.
    """

    score: float
    is_anomaly: bool
    expected: float
    low: float
    high: float
    reason: str
    warming_up: bool


class Detector(base.SupervisedAnomalyDetector):
    """A river anomaly detector that also speaks observations and verdicts.

    The features ``x`` of ``score_one`` and ``learn_one`` are ``{"at": datetime, "span": timedelta}``;
    the target ``y`` is the value of the window.
    """

    @abstractmethod
    def judge(self, observation: Observation) -> Verdict:
        """Judge a window without learning from it; the window may start off the usual grid.

        Raises:
            DetectorError: The value is NaN or infinite, or the stamp is naive.
        """

    @abstractmethod
    def learn(self, observation: Observation) -> None:
        """Learn from a window that is complete.

        Raises:
            DetectorError: As for `judge`.
        """

    def update(self, observation: Observation) -> Verdict:
        """Judge a complete window, then learn from it."""
        verdict = self.judge(observation)
        self.learn(observation)
        return verdict

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain numbers, strings, lists and dicts."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned.

        Raises:
            DetectorError: The state is of another version or shape.
        """
