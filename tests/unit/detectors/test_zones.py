"""The owner's clock shapes a series: summer time, odd offsets, gaps and late rows do not shift it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detectors import registry
from detectors.base import Observation
from detectors.checks import HOUR

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)
SEASONAL = {"spend": {}, "level": {"seasonal": True}, "generic": {}}


def office(at, zone):
    """Return what an office from nine to five uses in an hour, by its own clock."""
    local = at.astimezone(zone)
    busy = local.weekday() < 5 and 9 <= local.hour < 17
    number = int(at.timestamp()) // 3600
    return (20.0 if busy else 2.0) * (1.0 + (number * 7919 % 101 - 50) / 500)


def hours_from(start, count, zone):
    """Yield windows of an hour of real time, stamped with the clock of the zone."""
    first = start.astimezone(UTC)
    for number in range(count):
        at = (first + number * HOUR).astimezone(zone)
        yield Observation(at, office(at, zone), HOUR)


def make(name):
    return registry.create(name, **SEASONAL[name])


def live(detector, observations):
    return [(one, detector.update(one)) for one in observations]


@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("name", SEASONAL)
def test_nothing_is_an_anomaly_when_the_clocks_change(name, change):
    start = change - timedelta(days=35)
    told = live(make(name), hours_from(start, 45 * 24, BERLIN))
    around = [verdict for one, verdict in told if one.at >= change - timedelta(days=1)]
    assert not any(one.is_anomaly for one in around)
    assert not around[-1].warming_up


@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("name", SEASONAL)
def test_after_the_clocks_change_the_office_still_opens_at_nine(name, change):
    detector = make(name)
    live(detector, hours_from(change - timedelta(days=35), 35 * 24 + 30, BERLIN))
    monday = (change + timedelta(days=1)).replace(hour=0)
    opening, before = (detector.judge(Observation(monday.replace(hour=hour), 20.0, HOUR)).expected for hour in (9, 8))
    assert opening > 14.0
    assert before < 6.0


@pytest.mark.parametrize("name", SEASONAL)
def test_the_hour_that_comes_twice_is_learnt_twice(name):
    detector = make(name)
    windows = list(hours_from(AUTUMN - timedelta(days=3), 80, BERLIN))
    live(detector, windows)
    twice = [one for one in windows if one.at.date() == AUTUMN.date() and one.at.hour == 2]
    assert [one.at.fold for one in twice] == [0, 1]
    state = detector.state()["progress"]
    assert state["hours"] == 80.0
    assert state["until"] == windows[-1].at.timestamp() + 3600


@pytest.mark.parametrize("name", SEASONAL)
def test_a_zone_half_an_hour_off_is_judged_by_its_own_clock(name):
    """Windows cut by the hours of UTC start at half past in Kolkata; the office still opens at nine."""
    detector = make(name)
    told = live(detector, hours_from(datetime(2026, 2, 2, 0, 30, tzinfo=KOLKATA), 35 * 24, KOLKATA))
    assert {one.at.minute for one, _ in told} == {30}
    third_week = datetime(2026, 2, 16, tzinfo=KOLKATA)  # the first weekend is news to everyone
    assert sum(verdict.is_anomaly for one, verdict in told if one.at >= third_week) <= 1
    night = Observation(datetime(2026, 3, 9, 3, 30, tzinfo=KOLKATA), 20.0, HOUR)
    noon = Observation(datetime(2026, 3, 9, 12, 30, tzinfo=KOLKATA), 20.0, HOUR)
    assert detector.judge(night).score > detector.judge(noon).score


@pytest.mark.parametrize("name", SEASONAL)
def test_a_late_row_is_judged_against_its_own_hour_and_not_learnt(name):
    detector = make(name)
    live(detector, hours_from(datetime(2026, 2, 2, tzinfo=BERLIN), 35 * 24, BERLIN))
    before = detector.state()
    noon, night = (datetime(2026, 3, 5, hour, tzinfo=BERLIN) for hour in (12, 3))
    assert not detector.update(Observation(noon, 20.0, HOUR)).is_anomaly
    assert detector.update(Observation(night, 20.0, HOUR)).score > detector.judge(Observation(noon, 20.0, HOUR)).score
    assert detector.state() == before


@pytest.mark.parametrize("name", SEASONAL)
def test_a_gap_teaches_nothing_and_excuses_nothing(name):
    seen = make(name)
    live(seen, hours_from(datetime(2026, 2, 2, tzinfo=BERLIN), 28 * 24, BERLIN))
    back = datetime(2026, 3, 12, 12, tzinfo=BERLIN)
    known = seen.state()["progress"]["hours"]
    assert not seen.judge(Observation(back, 20.0, HOUR)).is_anomaly
    assert seen.judge(Observation(back, 400.0, HOUR)).is_anomaly
    seen.learn(Observation(back, 20.0, HOUR))
    assert seen.state()["progress"]["hours"] == known + 1.0


@pytest.mark.parametrize("name", SEASONAL)
def test_the_grain_is_told_and_not_inferred(name):
    """The same stamps with another span are another series: nothing is read off their distance."""
    start = datetime(2026, 2, 2, tzinfo=BERLIN)
    hourly, part = make(name), make(name)
    for one in hours_from(start, 48, BERLIN):
        hourly.learn(one)
        part.learn(Observation(one.at, one.value, HOUR / 4))
    assert hourly.state()["progress"]["hours"] == 48.0
    assert part.state()["progress"]["hours"] == 12.0
