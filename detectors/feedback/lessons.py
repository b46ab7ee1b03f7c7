"""The lessons in force for one series: what is learnt, what is told, what ends an alert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from detectors.base import Detector, Observation, Verdict
from detectors.feedback.lesson import (
    CLEARLY_MORE,
    FOLLOWED,
    SETTLING,
    UNLEARNING,
    Kind,
    Lesson,
    Side,
    end_of,
    evidence_of,
    side_of,
    start_of,
)

LONG_AGO = datetime.min.replace(tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said about an open alert, and whether that ends it."""

    text: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Lessons:
    """What people said about one series, as seen at one moment.

    Attributes:
        given: The lessons, weakest first; see `of`.
        at: The moment, which decides what has expired. An expired exception is not learnt either.
    """

    given: tuple[Lesson, ...] = ()
    at: datetime = LONG_AGO

    @classmethod
    def of(cls, ascending: Iterable[Lesson], at: datetime) -> Lessons:
        """Return what counts of all that was said; about one episode only the last word does.

        Args:
            ascending: Lessons by growing rank: a later one outranks those before it.
            at: The present moment of the series.
        """
        kept: list[Lesson] = []
        for lesson in ascending:
            if lesson.kind is Kind.NOISE and not lesson.holds(at):
                continue
            kept = [one for one in kept if not _same_episode(one, lesson)]
            kept.append(lesson)
        return cls(tuple(kept), at)

    def teach(self, detector: Detector, observation: Observation) -> None:
        """Let a detector learn a complete window, as far as people want it learnt."""
        if not self.learns(observation):
            return
        detector.learn(observation)
        hours = self.settles_at(observation)
        if hours is not None:
            detector.settle(hours)

    def learns(self, observation: Observation) -> bool:
        """Tell whether a window may become part of the norm."""
        start, end = start_of(observation), end_of(observation)
        for lesson in self.given:
            hours = lesson.unlearnt(self.at)
            if hours is not None and hours[0] < end and (hours[1] is None or start < hours[1]):
                return False
        return True

    def settles_at(self, observation: Observation) -> float | None:
        """Return how many hours before the end of a window are the new normal, or None if nothing is new."""
        start, end = start_of(observation), end_of(observation)
        for lesson in reversed(self.given):
            if lesson.kind is Kind.EXPECTED and lesson.holds(self.at):
                followed = max(lesson.given_at, lesson.start + FOLLOWED)
                if lesson.start <= start < followed:
                    return (end - lesson.start) / HOUR
        return None

    def heard(self, verdict: Verdict, observation: Observation, *, settles: bool) -> Verdict:
        """Return the verdict as people want to hear it: one that a person excused is no anomaly, and says why.

        Args:
            verdict: What the detector thinks.
            observation: What it was asked about.
            settles: Whether the detector can take a new level for normal when told.
        """
        lesson = self.muting(verdict, observation, settles=settles)
        return verdict if lesson is None else replace(verdict, is_anomaly=False, reason=lesson.words)

    def muting(self, verdict: Verdict, observation: Observation, *, settles: bool) -> Lesson | None:
        """Return the lesson that keeps an anomaly from being told, the strongest first; None if it is told."""
        if not verdict.is_anomaly:
            return None
        side = side_of(verdict, observation)
        for lesson in reversed(self.given):
            if lesson.side is side and self._excuses(lesson, verdict, observation, settles=settles):
                return lesson
        return None

    def word_on(self, opened_at: datetime, side: Side, score: float) -> Word | None:
        """Return what was said about an open alert, the strongest word first; None if nothing was.

        Args:
            opened_at: When the alert opened.
            side: To which side of the usual.
            score: The strongest score so far.
        """
        for lesson in reversed(self.given):
            if lesson.side is side and lesson.start <= opened_at <= lesson.spoken_of and lesson.holds(self.at):
                outgrown = lesson.kind is Kind.NOISE and evidence_of(score) > lesson.bar(self.at)
                if not outgrown:
                    return Word(lesson.words, ends=lesson.kind is not Kind.REAL)
        return None

    def _excuses(self, lesson: Lesson, verdict: Verdict, observation: Observation, *, settles: bool) -> bool:
        start, end = start_of(observation), end_of(observation)
        if end <= lesson.start or not lesson.holds(start):
            return False
        evidence = evidence_of(verdict.score)
        match lesson.kind:
            case Kind.EXPECTED_ONCE:
                return start < lesson.once_until
            case Kind.NOISE:
                return evidence <= lesson.bar(end)
            case Kind.EXPECTED:
                since = start - max(lesson.start, lesson.given_at)
                # The former normal counts again, and a window that reaches back before that was expected.
                if since < SETTLING or not lesson.holds(self.at):
                    return True
                # Nothing is measured by a level of nothing, so silence that is wanted has to be excused for good.
                if lesson.side is Side.BELOW and observation.value == 0.0:
                    return True
                return not settles and since < UNLEARNING and evidence <= CLEARLY_MORE * lesson.evidence
            case Kind.REAL:
                return False

    @property
    def going_on(self) -> tuple[Lesson, ...]:
        """Those whose episode has not ended yet, although its end matters."""
        return tuple(one for one in self.given if one.end is None and one.kind in {Kind.REAL, Kind.EXPECTED_ONCE})

    @property
    def taught(self) -> str:
        """A short digest of all that decides what is learnt; empty where everything is.

        A detector taught under another digest has to be taught again.
        """
        parts = [str(lesson.unlearnt(self.at)) for lesson in self.given if lesson.unlearnt(self.at)]
        parts += [
            f"{lesson.start} {max(lesson.given_at, lesson.start + FOLLOWED)}"
            for lesson in self.given
            if lesson.kind is Kind.EXPECTED and lesson.holds(self.at)
        ]
        return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest() if parts else ""


NONE = Lessons()
"""For a series about which nobody said anything."""


def _same_episode(one: Lesson, other: Lesson) -> bool:
    return one.side is other.side and one.start < other.spoken_of and other.start < one.spoken_of
