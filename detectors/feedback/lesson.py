"""One thing a person said about one episode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from detectors.base import Observation, Verdict

LONGEST_ONCE = timedelta(days=3)
"""What was expected once and goes on for longer than this after it was said is news again."""

SETTLING = timedelta(hours=3)
"""How long after the word "from now on" a series stays quiet on that side, until whole hours of the new level are learnt."""

FOLLOWED = timedelta(hours=24)
"""How long after its beginning a new level is followed hour by hour; a whole day shows its ups and downs."""

UNLEARNING = timedelta(days=7)
"""How long a detector that holds no level is given to forget the former normal by itself."""

CLEARLY_MORE = 1.25
"""An alarm is told in spite of a word when its evidence is so many times that of the alarm spoken of."""

NOISE_HALF_LIFE = timedelta(days=30)
NOISE_LASTS = timedelta(days=90)


class Kind(StrEnum):
    """What an alarm was, in the eyes of a person."""

    REAL = "real"
    EXPECTED_ONCE = "expected_once"
    EXPECTED = "expected"
    NOISE = "noise"

    @property
    def words(self) -> str:
        """The kind as people say it."""
        return _WORDS[self]


_WORDS = {
    Kind.REAL: "a real anomaly",
    Kind.EXPECTED_ONCE: "expected this once",
    Kind.EXPECTED: "expected from now on",
    Kind.NOISE: "noise",
}


class Side(StrEnum):
    """To which side of the usual the episode lay."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a person said about an episode; all times in UTC.

    Attributes:
        start: When the episode began.
        end: When it ended; None while it goes on.
        evidence: How strong its alarm was, as `evidence_of` tells; 0 where there was no alarm.
        given_at: When it was said.
        given_by: Who said it.
        until: When it stops to hold, where the person said so.
        note: Why, in the person's own words.
    """

    id: str
    kind: Kind
    side: Side
    start: datetime
    end: datetime | None
    evidence: float
    given_at: datetime
    given_by: str
    until: datetime | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """Who said what, and why."""
        return f"{self.kind.words}, says {self.given_by}{': ' + self.note if self.note else ''}"

    @property
    def spoken_of(self) -> datetime:
        """End of what the person had seen when saying it."""
        return self.end or max(self.start, self.given_at)

    @property
    def over(self) -> datetime | None:
        """When it stops to hold; None if it never does."""
        if self.kind is Kind.NOISE:
            return self.until or self.given_at + NOISE_LASTS
        return self.until if self.kind is Kind.EXPECTED else None

    def holds(self, at: datetime) -> bool:
        """Tell whether it still holds."""
        return self.over is None or at < self.over

    def unlearnt(self, at: datetime) -> tuple[datetime, datetime | None] | None:
        """Return the hours that must not become the norm, as seen at a moment; an open end is None.

        When a new normal has expired, its hours were an exception after all: leaving them out brings
        the former normal back.
        """
        match self.kind:
            case Kind.REAL:
                return self.start, self.end
            case Kind.EXPECTED_ONCE:
                return self.start, self.once_until
            case Kind.EXPECTED if not self.holds(at):
                return self.start, self.over
            case _:
                return None

    @property
    def once_until(self) -> datetime:
        """End of what was expected once, at the latest."""
        return self.end or max(self.start, self.given_at) + LONGEST_ONCE

    def bar(self, at: datetime) -> float:
        """Return the evidence that an alarm needs to be told: evidence * 1.25 / 2 ** (age / 30 days)."""
        age = max(timedelta(0), at - self.given_at)
        return CLEARLY_MORE * self.evidence * math.exp2(-(age / NOISE_HALF_LIFE))


def evidence_of(score: float) -> float:
    """Return the evidence that a score in [0, 1) was made of: score / (1 - score)."""
    return score / (1.0 - score)


def side_of(verdict: Verdict, observation: Observation) -> Side:
    """Return to which side of the usual a window lies."""
    return Side.ABOVE if observation.value >= verdict.expected else Side.BELOW


def start_of(observation: Observation) -> datetime:
    """Return the start of a window in UTC: stamps of one zone would compare by its wall clock."""
    return observation.at.astimezone(UTC)


def end_of(observation: Observation) -> datetime:
    """Return the end of a window in UTC."""
    return start_of(observation) + observation.span
