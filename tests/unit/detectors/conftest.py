"""A regular office series and a detector that has seen three weeks of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from detectors.base import Observation
from detectors.spend import SpendDetector

HOUR = timedelta(hours=1)
START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
TAUGHT = 3 * 168


class Office:
    """Ten dollars an hour in the day, two at night, half of it at weekends, with some noise."""

    start = START
    end = START + TAUGHT * HOUR

    @staticmethod
    def usual(at: datetime) -> float:
        day = 10.0 if 8 <= at.hour < 18 else 2.0
        return day * (0.5 if at.weekday() >= 5 else 1.0)

    def hour(self, number: int, factor: float = 1.0) -> Observation:
        """Return an hour counted from the start."""
        at = self.start + number * HOUR
        noise = 1.0 + (number * 7919 % 101 - 50) / 500
        return Observation(at, self.usual(at) * noise * factor, HOUR)

    def window(self, at: datetime, value: float, span: timedelta = HOUR) -> Observation:
        """Return any window."""
        return Observation(at, value, span)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def taught(office: Office) -> SpendDetector:
    """Return a detector that has learnt three ordinary weeks, up to a Monday midnight."""
    return teach(SpendDetector(), office)


@pytest.fixture
def teaching() -> Callable[..., SpendDetector]:
    return teach


def teach(detector, office: Office, hours: range = range(TAUGHT)):
    for number in hours:
        detector.learn(office.hour(number))
    return detector
