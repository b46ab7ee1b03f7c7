"""What goes into a detector and what comes out: one observation in, one verdict out."""

from __future__ import annotations

import inspect
import math
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from river import base
from typing_extensions import override

LONGEST_SPAN = timedelta(days=31)


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
    the target ``y`` is the value of the window. Where river wants an unsupervised detector, in a
    pipeline that scores, under `river.evaluate` and inside its filters, `detectors.unsupervised` is one.

    Attributes:
        name: What the registry calls this detector.
        snapshotable: Whether `state` and `restore` work. When not, the detector is rebuilt by
            replaying stored samples.
        settles: Whether the detector holds a level that `settle` can move.
    """

    name: str
    snapshotable: ClassVar[bool] = True
    settles: ClassVar[bool] = False

    @override
    def score_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """Return the score of `judge`, in river's words."""
        return self.judge(Observation(x["at"], float(y), x["span"])).score

    @override
    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> None:
        """Do what `learn` does, in river's words."""
        self.learn(Observation(x["at"], float(y), x["span"]))

    def parameters(self) -> dict[str, Any]:
        """Return the hyper-parameters by name, as given at construction."""
        return {name: getattr(self, name) for name in _parameter_names(type(self))}

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

    def settle(self, hours: float) -> bool:  # noqa: ARG002 - for those that hold a level
        """Take what the last `hours` learnt hours did for normal, at most a day of them.

        Returns:
            Whether a level was taken over. A detector that holds none forgets by itself, and says no.
        """
        return False

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain numbers, strings, dicts and lists of numbers."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned.

        Raises:
            DetectorError: The state is of another version or shape.
        """


def span_in_hours(observation: Observation) -> float:
    """Return the length of the window in hours, once the observation has proved usable.

    Raises:
        DetectorError: The value is NaN or infinite, the stamp naive or the span out of range.
    """
    if not math.isfinite(observation.value):
        raise DetectorError(
            f"the value of the window at {observation.at} is {observation.value}: leave the window "
            "out when nothing is known about it, or pass 0 when nothing happened in it"
        )
    if observation.at.tzinfo is None:
        raise DetectorError(f"the stamp {observation.at} is naive: give it the zone whose clock shapes the series")
    if not timedelta(0) < observation.span <= LONGEST_SPAN:
        raise DetectorError(
            f"the span of the window at {observation.at} is {observation.span}: it must be longer "
            f"than nothing and at most {LONGEST_SPAN.days} days"
        )
    return observation.span.total_seconds() / 3600


@cache
def _parameter_names(kind: type[Detector]) -> tuple[str, ...]:
    return tuple(inspect.signature(kind).parameters)
