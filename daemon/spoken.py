"""What people said about alerts, as the daemon keeps it: a lesson, the series it is meant for, and its origin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from daemon.domain import SeriesKey
from detectors.feedback import Lesson, Lessons

ALONG = "."
"""Stands in the id of a lesson between the id of the one that it was given along with, and a number."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One lesson and whom it concerns.

    What is said of an alert whose message speaks for others is one lesson for each of them: each has
    hours and evidence of its own. All are taken back together.

    Attributes:
        pattern: Name of a series, or a pattern with ``*``.
        series: The series that was spoken of, whose episode's end is the lesson's end.
        alert_id: The alert that was spoken of, if there was one.
        undone_at: When it was taken back; None while it counts.
        undone_by: Who took it back.
    """

    lesson: Lesson
    pattern: str
    series: SeriesKey | None = None
    alert_id: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None

    @property
    def said(self) -> str:
        """Id of what was said, which may have been more than this lesson."""
        return self.lesson.id.partition(ALONG)[0]

    def concerns(self, key: SeriesKey) -> bool:
        """Tell whether a series is meant. A name may hold brackets, and as a pattern would not match itself."""
        return matches(self.pattern, str(key))

    def expired(self, after: datetime, until: datetime) -> bool:
        """Tell whether it stopped to hold in (after, until]."""
        return self.lesson.over is not None and after < self.lesson.over <= until


def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern means a series, by its exact name or by wildcards."""
    return pattern == text or fnmatchcase(text, pattern)


def lessons_for(key: SeriesKey, spoken: Iterable[Spoken], at: datetime) -> Lessons:
    """Return what counts for a series: what names it exactly outranks wildcards, and the newest word the older.

    Of words spoken at the same moment, the last one given here counts.
    """
    meant = [one for one in spoken if one.undone_at is None and one.concerns(key)]
    meant.sort(key=lambda one: (one.pattern == str(key), one.lesson.given_at))
    return Lessons.of((one.lesson for one in meant), at)
