"""Detectors under people's words: a level that is taken over, and nothing that depends on when or how often it was said."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Detector, Observation
from detectors.feedback import NONE, Kind, Lesson, Lessons, Side
from detectors.registry import create
from detectors.snapshot import dump

HOUR = timedelta(hours=1)
BEGAN = datetime(2026, 3, 2, 14, tzinfo=UTC)
SAID = BEGAN + 5 * HOUR
LAUNCH = Lesson("1", Kind.EXPECTED, Side.ABOVE, BEGAN, BEGAN + 4 * HOUR, 8.0, SAID, "ann")


def lessons(*given_: Lesson) -> Lessons:
    return Lessons.of(given_, SAID)


def window(at: datetime, value: float = 50.0) -> Observation:
    return Observation(at, value, HOUR)


def test_a_new_normal_is_followed_for_its_first_day() -> None:
    known = lessons(LAUNCH)
    settled = [known.settles_at(window(BEGAN + number * HOUR)) for number in (-1, 0, 1, 23, 24)]
    assert settled == [None, 1.0, 2.0, 24.0, None]


def test_a_new_normal_that_is_called_so_late_is_followed_to_that_hour() -> None:
    known = lessons(replace(LAUNCH, given_at=BEGAN + 40 * HOUR))
    assert known.settles_at(window(BEGAN + 39 * HOUR)) == 40.0
    assert known.settles_at(window(BEGAN + 40 * HOUR)) is None


def _taught(detector: Detector, known: Lessons, times: float, hours: int = 4) -> Detector:
    """Teach three ordinary weeks and some hours of another level."""
    for number in range(21 * 24):
        value = 10.0 + 5.0 * math.sin(number * math.pi / 12) + number * 7 % 3
        known.teach(detector, window(BEGAN - (21 * 24 - number) * HOUR, value))
    for number in range(hours):
        value = times * (10.0 + 5.0 * math.sin((number + 21 * 24) * math.pi / 12) + number * 7 % 3)
        known.teach(detector, window(BEGAN + number * HOUR, value))
    return detector


@pytest.mark.parametrize("name", ["spend", "level"])
@pytest.mark.parametrize("times", [5.0, 0.2])
def test_a_detector_that_holds_a_level_takes_the_new_one_within_hours(name: str, times: float) -> None:
    side = Side.ABOVE if times > 1 else Side.BELOW
    following = window(BEGAN + 4 * HOUR, times * (10.0 + 5.0 * math.sin(4 * math.pi / 12)))
    untold = _taught(create(name), NONE, times).judge(following)
    told = _taught(create(name), lessons(replace(LAUNCH, side=side)), times).judge(following)
    assert untold.is_anomaly
    assert not told.is_anomaly
    assert abs(told.expected - following.value) < 0.6 * abs(untold.expected - following.value)


def test_spend_that_falls_silent_keeps_its_level_because_nothing_can_be_measured_by_none() -> None:
    untold = _taught(create("spend"), NONE, 1.0)
    silent = _taught(create("spend"), lessons(replace(LAUNCH, side=Side.BELOW)), 0.0)
    noon = window(BEGAN + 4 * HOUR)
    assert silent.judge(noon).expected == pytest.approx(untold.judge(noon).expected, rel=0.3)


def test_a_detector_that_holds_no_level_says_so() -> None:
    detector = create("generic")
    assert not detector.settles
    assert not detector.settle(5.0)


def test_what_settles_survives_a_snapshot() -> None:
    taught = _taught(create("spend"), lessons(LAUNCH), 5.0)
    again = create("spend")
    again.restore(taught.state())
    assert dump(again) == dump(taught)
    assert again.judge(window(BEGAN + 5 * HOUR)) == taught.judge(window(BEGAN + 5 * HOUR))


FIRST = BEGAN - 80 * HOUR
HOURS = [window(FIRST + number * HOUR, 10.0 + number * 7 % 5 + 20.0 * (number >= 80)) for number in range(110)]

WORDS = st.builds(
    Lesson,
    id=st.just(""),
    kind=st.sampled_from(Kind),
    side=st.just(Side.ABOVE),
    start=st.integers(70, 90).map(lambda number: FIRST + number * HOUR),
    end=st.none() | st.integers(91, 100).map(lambda number: FIRST + number * HOUR),
    evidence=st.just(8.0),
    given_at=st.just(SAID),
    given_by=st.just("ann"),
    until=st.none() | st.integers(95, 105).map(lambda number: FIRST + number * HOUR),
)
ACTS = st.lists(st.tuples(st.integers(82, 109), WORDS, st.none() | st.integers(1, 10)), max_size=4)


def _replayed(known: Lessons, until: int) -> Detector:
    detector = create("spend")
    for observation in HOURS[:until]:
        known.teach(detector, observation)
    return detector


@given(ACTS)
@settings(max_examples=25, deadline=None)
def test_whatever_was_given_and_taken_back_a_series_knows_what_the_remaining_words_teach(
    acts: list[tuple[int, Lesson, int | None]],
) -> None:
    """Live through the hours and teach anew only when the digest changes, as the daemon does."""
    known, digest, detector = NONE, "", create("spend")
    for number, observation in enumerate(HOURS):
        now = FIRST + number * HOUR
        standing = [
            replace(word, id=str(index), given_at=FIRST + said * HOUR)
            for index, (said, word, stands) in enumerate(sorted(acts, key=lambda act: act[0]))
            if said <= number and (stands is None or number < said + stands)
        ]
        known = Lessons.of(standing, now)
        if known.taught != digest:
            digest, detector = known.taught, _replayed(known, number)
        known.teach(detector, observation)
    assert dump(detector) == dump(_replayed(known, len(HOURS)))
    if not digest:
        assert dump(detector) == dump(_replayed(NONE, len(HOURS)))
