"""What people's words about one series change: what is learnt, what is told, what ends an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Observation, Verdict
from detectors.feedback import NONE, Kind, Lesson, Lessons, Side, evidence_of
from detectors.feedback.lesson import LONGEST_ONCE, SETTLING, UNLEARNING

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
BEGAN = MONDAY + 14 * HOUR
ENDED = MONDAY + 18 * HOUR
SAID = MONDAY + 19 * HOUR


def lesson(kind: Kind = Kind.REAL, **changed: Any) -> Lesson:
    made = Lesson("1", kind, Side.ABOVE, BEGAN, ENDED, 8.0, SAID, "ann")
    return replace(made, **changed)


def lessons(*given_: Lesson, at: datetime = SAID) -> Lessons:
    return Lessons.of(given_, at)


def window(at: datetime, value: float = 50.0) -> Observation:
    return Observation(at, value, HOUR)


def alarm(evidence: float = 8.0, expected: float = 10.0) -> Verdict:
    return Verdict(evidence / (1 + evidence), True, expected, 5.0, 15.0, "above", False)


def is_told(given_: Lessons, at: datetime, *, evidence: float = 8.0, value: float = 50.0, settles: bool = True) -> bool:
    return given_.heard(alarm(evidence), window(at, value), settles=settles).is_anomaly


# -- what is learnt


@pytest.mark.parametrize("kind", [Kind.REAL, Kind.EXPECTED_ONCE])
def test_hours_of_an_exception_are_not_learnt_and_its_neighbours_are(kind: Kind) -> None:
    known = lessons(lesson(kind))
    learnt = [number for number in range(10, 22) if known.learns(window(MONDAY + number * HOUR))]
    assert learnt == [10, 11, 12, 13, 18, 19, 20, 21]


def test_a_window_that_touches_an_exception_is_not_learnt() -> None:
    known = lessons(lesson(start=BEGAN + HOUR / 2, end=ENDED - HOUR / 2))
    assert not known.learns(window(BEGAN))
    assert not known.learns(window(ENDED - HOUR))


def test_hours_are_compared_in_utc_where_the_wall_clock_repeats_them() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 0, tzinfo=berlin)  # summer time, midnight in UTC
    known = lessons(lesson(start=first.astimezone(UTC), end=first.astimezone(UTC) + HOUR))
    assert not known.learns(window(first))
    assert known.learns(window(first.replace(fold=1)))


def test_what_is_real_and_goes_on_is_not_learnt_however_long_it_lasts() -> None:
    assert not lessons(lesson(end=None)).learns(window(MONDAY + 60 * DAY))


def test_what_was_expected_once_is_learnt_again_after_three_days_even_if_it_goes_on() -> None:
    known = lessons(lesson(Kind.EXPECTED_ONCE, end=None))
    assert not known.learns(window(SAID + LONGEST_ONCE - HOUR))
    assert known.learns(window(SAID + LONGEST_ONCE))


@pytest.mark.parametrize("kind", [Kind.EXPECTED, Kind.NOISE])
def test_a_new_normal_and_noise_are_learnt(kind: Kind) -> None:
    assert lessons(lesson(kind)).learns(window(BEGAN))


def test_a_new_normal_that_has_expired_was_an_exception_after_all() -> None:
    until = BEGAN + 10 * HOUR
    assert lessons(lesson(Kind.EXPECTED, until=until), at=until - HOUR).learns(window(BEGAN))
    over = lessons(lesson(Kind.EXPECTED, until=until), at=until)
    assert not over.learns(window(BEGAN))
    assert over.learns(window(until))
    assert over.settles_at(window(BEGAN)) is None


# -- what is told


def test_without_a_word_every_verdict_is_heard_as_it_is() -> None:
    verdict = alarm()
    assert NONE.heard(verdict, window(BEGAN), settles=True) is verdict


def test_an_excused_alarm_keeps_its_numbers_and_says_whose_word_it_was() -> None:
    verdict = alarm()
    heard = lessons(lesson(Kind.EXPECTED_ONCE, note="load test")).heard(verdict, window(BEGAN), settles=True)
    assert heard == replace(verdict, is_anomaly=False, reason="expected this once, says ann: load test")


def test_what_was_expected_once_excuses_its_own_episode_and_side_alone() -> None:
    known = lessons(lesson(Kind.EXPECTED_ONCE))
    assert is_told(known, BEGAN - 2 * HOUR)
    assert not is_told(known, BEGAN)
    assert not is_told(known, ENDED - HOUR / 2)
    assert is_told(known, ENDED)
    assert is_told(known, BEGAN, value=1.0)


def test_what_is_real_excuses_nothing() -> None:
    assert is_told(lessons(lesson(Kind.REAL)), BEGAN)


def test_a_new_normal_is_quiet_until_whole_hours_of_it_are_learnt() -> None:
    known = lessons(lesson(Kind.EXPECTED))
    assert not is_told(known, SAID + SETTLING - HOUR)
    assert is_told(known, SAID + SETTLING)


def test_silence_that_is_expected_is_excused_for_as_long_as_the_word_holds() -> None:
    known = lessons(lesson(Kind.EXPECTED, side=Side.BELOW, until=SAID + 30 * DAY))
    assert not is_told(known, SAID + 20 * DAY, value=0.0)
    assert is_told(known, SAID + 20 * DAY, value=1.0)
    assert is_told(known, SAID + 31 * DAY, value=0.0)


def test_a_detector_that_forgets_by_itself_is_given_a_week() -> None:
    known = lessons(lesson(Kind.EXPECTED))
    assert not is_told(known, SAID + 5 * DAY, settles=False)
    assert is_told(known, SAID + 5 * DAY, settles=False, evidence=10.1)
    assert is_told(known, SAID + UNLEARNING, settles=False)


def test_noise_asks_for_a_quarter_more_and_fades_to_half_in_thirty_days() -> None:
    known = lessons(lesson(Kind.NOISE))
    assert not is_told(known, SAID, evidence=9.9)
    assert is_told(known, SAID, evidence=10.1)
    assert not is_told(known, SAID + 30 * DAY - HOUR, evidence=4.9)
    assert is_told(known, SAID + 30 * DAY, evidence=5.1)
    assert is_told(known, SAID, evidence=1.0, value=1.0)


def test_noise_expires_after_ninety_days_unless_it_is_said_again() -> None:
    known = lessons(lesson(Kind.NOISE, until=None), at=SAID + 89 * DAY)
    assert not is_told(known, SAID + 89 * DAY, evidence=1.0)
    assert is_told(known, SAID + 90 * DAY, evidence=1.0)
    later = lesson(Kind.NOISE, start=SAID + 80 * DAY, end=SAID + 81 * DAY, given_at=SAID + 82 * DAY)
    renewed = lessons(lesson(Kind.NOISE), later, at=SAID + 91 * DAY)
    assert not is_told(renewed, SAID + 91 * DAY, evidence=1.0)
    assert len(renewed.given) == 1


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6), st.floats(0, 90))
@settings(max_examples=60)
def test_what_is_told_in_spite_of_noise_is_told_when_it_is_stronger_or_later(
    evidence: float, more: float, days: float
) -> None:
    known = lessons(lesson(Kind.NOISE))
    at = SAID + days * DAY
    if is_told(known, at, evidence=evidence):
        assert is_told(known, at, evidence=evidence + more)
        assert is_told(known, at + DAY, evidence=evidence)


# -- what becomes of an open alert


@pytest.mark.parametrize(
    ("kind", "ends"),
    [(Kind.REAL, False), (Kind.EXPECTED_ONCE, True), (Kind.EXPECTED, True), (Kind.NOISE, True)],
)
def test_a_word_ends_the_alert_it_is_about_unless_it_is_real(kind: Kind, ends: bool) -> None:
    known = lessons(lesson(kind, end=None))
    word = known.word_on(BEGAN + HOUR, Side.ABOVE, 8 / 9)
    assert word is not None
    assert (word.ends, word.text) == (ends, f"{kind.words}, says ann")
    assert known.word_on(BEGAN + HOUR, Side.BELOW, 8 / 9) is None
    assert known.word_on(SAID + HOUR, Side.ABOVE, 8 / 9) is None
    assert known.word_on(BEGAN - HOUR, Side.ABOVE, 8 / 9) is None


def test_an_alert_that_outgrew_what_was_called_noise_goes_on() -> None:
    known = lessons(lesson(Kind.NOISE))
    assert known.word_on(BEGAN + HOUR, Side.ABOVE, 11 / 12) is None


# -- several words


def test_about_one_episode_the_last_word_counts_and_about_two_both_do() -> None:
    first, second = lesson(Kind.NOISE), lesson(Kind.REAL, id="2")
    assert lessons(first, second).given == (second,)
    other = lesson(Kind.REAL, id="3", side=Side.BELOW)
    apart = lesson(Kind.REAL, id="4", start=ENDED + DAY, end=ENDED + 2 * DAY)
    assert lessons(first, other, apart).given == (first, other, apart)


def test_the_digest_says_what_has_to_be_taught_again() -> None:
    assert NONE.taught == ""
    assert lessons(lesson(Kind.NOISE)).taught == ""
    digests = [
        lessons(lesson(Kind.REAL)).taught,
        lessons(lesson(Kind.REAL, end=None)).taught,
        lessons(lesson(Kind.EXPECTED)).taught,
        lessons(lesson(Kind.EXPECTED, until=BEGAN + DAY), at=BEGAN + DAY).taught,
    ]
    assert len({"", *digests}) == 5
    assert lessons(lesson(Kind.REAL, note="why", given_by="bob")).taught == digests[0]


def test_evidence_is_what_the_score_was_made_of() -> None:
    assert evidence_of(alarm(7.0).score) == pytest.approx(7.0)
