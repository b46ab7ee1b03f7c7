"""What a lesson changes, in plain words with numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import assert_never

from detectors.feedback.lesson import CLEARLY_MORE, FOLLOWED, LONGEST_ONCE, SETTLING, UNLEARNING, Kind, Lesson
from detectors.feedback.lessons import Lessons

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence of one lesson."""

    lesson: str
    text: str


def effects(lessons: Lessons, zone: tzinfo, *, settles: bool) -> list[Effect]:
    """Return all that the lessons of a series change now, strongest lesson first; times on the clock of `zone`.

    Args:
        lessons: Those in force.
        zone: The owner's zone.
        settles: Whether the detector of the series can take a new level for normal when told.
    """
    return [
        Effect(lesson.id, text)
        for lesson in reversed(lessons.given)
        for text in _texts(lesson, lessons.at, zone, settles=settles)
    ]


def _texts(lesson: Lesson, at: datetime, zone: tzinfo, *, settles: bool) -> list[str]:
    match lesson.kind:
        case Kind.REAL:
            return [_unlearnt(lesson, at, zone), "alarms are told as before"]
        case Kind.EXPECTED_ONCE:
            limit = f"or for {LONGEST_ONCE.days} days" if lesson.end is None else f"at {_moment(lesson.end, zone)}"
            return [_unlearnt(lesson, at, zone), f"nothing {lesson.side} the usual is told until it ends {limit}"]
        case Kind.NOISE:
            return [_noise(lesson, at, zone)]
        case Kind.EXPECTED if not lesson.holds(at):
            return [_unlearnt(lesson, at, zone), "the former normal counts again"]
        case Kind.EXPECTED:
            return [_normal(lesson, zone, settles=settles)]
        case _:
            assert_never(lesson.kind)


def _unlearnt(lesson: Lesson, at: datetime, zone: tzinfo) -> str:
    hours = lesson.unlearnt(at)
    # What is still going on ends by itself; its latest end would be a promise nobody made.
    end = hours[1] if hours and (lesson.end or not lesson.holds(at)) else None
    return f"hours from {_moment(lesson.start, zone)} {f'to {_moment(end, zone)}' if end else 'until it ends'} are not learnt"


def _noise(lesson: Lesson, at: datetime, zone: tzinfo) -> str:
    times = lesson.bar(at) / lesson.evidence
    return (
        f"alarms {lesson.side} the usual need {times:.2f} times the evidence of the one called noise, "
        f"half of that after every 30 days, until {_day(lesson.over, zone)}"
    )


def _normal(lesson: Lesson, zone: tzinfo, *, settles: bool) -> str:
    start, end = _moment(lesson.start, zone), f", until {_moment(lesson.over, zone)}" if lesson.over else ""
    if not settles:
        return (
            f"this detector forgets by itself: for {UNLEARNING.days} days it needs {CLEARLY_MORE} times the evidence of that alarm "
            f"to alarm {lesson.side}{end}"
        )
    quiet, followed = round(SETTLING / HOUR), round(FOLLOWED / HOUR)
    return (
        f"the level since {start} is normal{end}; it is followed for its first {followed} hours, "
        f"and nothing {lesson.side} it is told in the first {quiet} hours after the word"
    )


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%-d %b %Y %H:%M}"


def _day(at: datetime | None, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%-d %b %Y}" if at else "it is taken back"
