"""Two months in which every series has a story of its own, told by a fleet and by single detectors."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from detectors.checks import HOUR, START
from detectors.fleet import fleet as module
from detectors.fleet.checks import Pair

WEEK = 168
NOTHING = math.nan


def growing_incident(hour: int, usual: float) -> float:
    return usual * (1.0 + max(0, hour - 4 * WEEK) / 20.0 if hour < 4 * WEEK + 100 else 1.0)


def new_deployment(hour: int, usual: float) -> float:
    return usual * (6.0 if hour >= 5 * WEEK else 1.0)


def early_deployment(hour: int, usual: float) -> float:
    return usual * (6.0 if WEEK <= hour < WEEK + 60 else 1.0)


def incident_of_days_that_ends(hour: int, usual: float) -> float:
    return usual * (5.0 if 5 * WEEK <= hour < 5 * WEEK + 80 else 1.0)


def outage(hour: int, usual: float) -> float:
    return 0.0 if 4 * WEEK <= hour < 6 * WEEK else usual


def fall(hour: int, usual: float) -> float:
    return usual * (0.1 if hour >= 4 * WEEK else 1.0)


def freak_at_the_start(hour: int, usual: float) -> float:
    return usual * (1e7 if hour < 3 else 1.0)


def freak_in_the_first_day(hour: int, usual: float) -> float:
    return usual * (1e7 if hour == 9 else 1.0)


def daily_spike(hour: int, usual: float) -> float:
    return usual * (9.0 if hour % 24 == 13 else 1.0)


def weekdays_only(hour: int, usual: float) -> float:
    return 0.0 if hour // 24 % 7 >= 5 else usual


def gap_after_a_spike(hour: int, usual: float) -> float:
    """Leave out five, six, seven and so many more hours after an alarm, which may have gone on."""
    into = (hour - 3 * WEEK) % 60
    if hour < 3 * WEEK or into > 25:
        return usual
    return NOTHING if 3 <= into < 8 + (hour - 3 * WEEK) // 60 % 12 else usual * 7.0


def holes(hour: int, usual: float) -> float:
    return NOTHING if hour * 7919 % 13 == 0 or hour // 50 % 5 == 4 else usual


def late_comer(hour: int, usual: float) -> float:
    return NOTHING if hour < 2 * WEEK + 7 else usual


def refunds_and_giants(hour: int, usual: float) -> float:
    return usual * {401: -1.0, 700: 1e18, 900: -1e18, 1000: 0.0}.get(hour, 1.0)


def weekends_off_the_air(hour: int, usual: float) -> float:
    return NOTHING if hour // 24 % 7 >= 5 and hour < 6 * WEEK else usual


STORIES = (
    growing_incident, new_deployment, early_deployment, incident_of_days_that_ends, outage, fall, freak_at_the_start,
    freak_in_the_first_day, daily_spike, weekdays_only, gap_after_a_spike, holes, late_comer, refunds_and_giants, weekends_off_the_air,
)  # fmt: skip


def usual(hour: int, i: int) -> float:
    noise = 1.0 + ((hour * 7919 + i * 104729) % 101 - 50) / 300
    return (2.0 + i) * (1.0 if 8 <= hour % 24 < 18 else 0.3) * (0.5 if hour // 24 % 7 >= 5 else 1.0) * noise


def hour_of(hour: int) -> list[float]:
    return [story(hour, usual(hour, i)) for i, story in enumerate(STORIES)]


@pytest.fixture
def small_blocks(monkeypatch):
    """Let the stories lie in three blocks, the last of which is shorter."""
    monkeypatch.setattr(module, "BLOCK", 6)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("sensitivity", ["conservative", "aggressive"])
def test_every_story_is_told_as_by_a_detector_of_its_own(sensitivity):
    pair = Pair(len(STORIES), sensitivity=sensitivity)
    reasons = set()
    for hour in range(8 * WEEK):
        at = START + hour * HOUR
        pair.update(at, hour_of(hour), HOUR)
        if hour % 31 == 0:
            verdicts = pair.fleet.judge(at + HOUR, [1e3] * len(STORIES), HOUR)
            reasons |= {verdicts.reason(i) for i in range(len(STORIES))}
    assert len(reasons) > 2
    for i, single in enumerate(pair.singles):
        assert_same_state(pair.fleet.export(i).state(), single.state())


def test_stories_are_the_same_by_the_quarter_of_an_hour():
    pair = Pair(len(STORIES), warm_up=24.0)
    quarter = HOUR / 4
    for number in range(4 * WEEK):
        # A week of quarters of hours from the liveliest part of the stories.
        at = datetime(2026, 3, 2, tzinfo=UTC) + number * quarter
        pair.update(at, [value / 4 for value in hour_of(5 * WEEK - 60 + number // 4)], quarter)
    for i, single in enumerate(pair.singles):
        assert_same_state(pair.fleet.export(i).state(), single.state())


def assert_same_state(together, alone):
    """Hold two states to be the same, as nearly as logarithms are."""
    assert together.keys() == alone.keys()
    for name, value in alone.items():
        if isinstance(value, dict):
            assert_same_state(together[name], value)
        elif value is None:
            assert together[name] is None
        else:
            np.testing.assert_allclose(together[name], value, rtol=1e-9, atol=1e-11, err_msg=name)
