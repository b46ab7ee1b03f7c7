"""A small fleet that has seen two ordinary weeks."""

from __future__ import annotations

import pytest

from detectors.checks import HOUR, WEEKS, ordinary_weeks
from detectors.fleet import Fleet

COUNT = 5


@pytest.fixture
def fleet() -> Fleet:
    taught = Fleet(COUNT)
    for observation in ordinary_weeks():
        taught.learn(observation.at, [observation.value * (i + 1) for i in range(COUNT)], HOUR)
    return taught


@pytest.fixture
def next_hour():
    return ordinary_weeks()[0].at + WEEKS * 168 * HOUR
