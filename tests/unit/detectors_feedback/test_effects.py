"""Effects in plain words, with the numbers that hold now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detectors.feedback import Kind, Lesson, Lessons, Side, effects

BERLIN = ZoneInfo("Europe/Berlin")
BEGAN = datetime(2026, 3, 3, 13, tzinfo=UTC)
ENDED = BEGAN + timedelta(hours=4)
SAID = ENDED + timedelta(hours=1)
DAY = timedelta(days=1)


def _texts(
    kind: Kind,
    *,
    end: datetime | None = ENDED,
    until: datetime | None = None,
    at: datetime = SAID,
    settles: bool = True,
) -> list[str]:
    lesson = Lesson("7", kind, Side.ABOVE, BEGAN, end, 8.0, SAID, "ann", until)
    found = effects(Lessons.of([lesson], at), BERLIN, settles=settles)
    assert {effect.lesson for effect in found} == {"7"}
    return [effect.text for effect in found]


def test_real_hours_are_named_on_the_owners_clock() -> None:
    assert _texts(Kind.REAL) == [
        "hours from 3 Mar 2026 14:00 to 3 Mar 2026 18:00 are not learnt",
        "alarms are told as before",
    ]


def test_what_goes_on_has_no_end_yet() -> None:
    assert _texts(Kind.REAL, end=None)[0] == "hours from 3 Mar 2026 14:00 until it ends are not learnt"
    assert _texts(Kind.EXPECTED_ONCE, end=None) == [
        "hours from 3 Mar 2026 14:00 until it ends are not learnt",
        "nothing above the usual is told until it ends or for 3 days",
    ]


def test_what_was_expected_once_says_to_when_it_is_quiet() -> None:
    assert _texts(Kind.EXPECTED_ONCE)[1] == "nothing above the usual is told until it ends at 3 Mar 2026 18:00"


@pytest.mark.parametrize(("days", "times"), [(0, "1.25"), (30, "0.62")])
def test_noise_says_how_much_evidence_an_alarm_needs_today(days: int, times: str) -> None:
    assert _texts(Kind.NOISE, at=SAID + days * DAY) == [
        f"alarms above the usual need {times} times the evidence of the one called noise, "
        "half of that after every 30 days, until 1 Jun 2026"
    ]


def test_a_new_normal_says_since_when_and_to_when() -> None:
    assert _texts(Kind.EXPECTED, until=SAID + 2 * DAY) == [
        "the level since 3 Mar 2026 14:00 is normal, until 5 Mar 2026 19:00; it is followed for its first 24 hours, "
        "and nothing above it is told in the first 3 hours after the word"
    ]


def test_a_new_normal_for_a_detector_without_a_level_says_that_it_forgets_by_itself() -> None:
    (text,) = _texts(Kind.EXPECTED, settles=False)
    assert text.startswith("this detector forgets by itself: for 7 days it needs 1.25 times the evidence")


def test_a_new_normal_that_expired_says_that_the_former_one_is_back() -> None:
    assert _texts(Kind.EXPECTED, until=SAID + DAY, at=SAID + DAY) == [
        "hours from 3 Mar 2026 14:00 to 4 Mar 2026 19:00 are not learnt",
        "the former normal counts again",
    ]
