"""What is said about alerts and what follows from it, as it is asked for and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from daemon.operations.results import Result


class Feedback(Result):
    """What somebody says about an alert, or about a series between two moments."""

    kind: str = Field(
        description="real (it was right to alert), expected_once (planned, this time), expected (the new normal, "
        "from now on) or noise (not worth telling)."
    )
    alert_id: str | None = Field(default=None, description="The alert that is meant; else give series and start.")
    series: str | None = Field(default=None, description="Name of a series, where no alert is meant.")
    start: AwareDatetime | None = Field(default=None, description="When it began, where no alert is meant.")
    end: AwareDatetime | None = Field(default=None, description="When it ended, where no alert is meant.")
    side: Literal["above", "below"] = Field(
        default="above", description="Above or below the usual, where no alert is meant."
    )
    scope: str | None = Field(
        default=None,
        description="Whom it concerns: if left out, the series and those its alert's message speaks for; 'entity' for "
        "all metrics of what it is about, or a pattern such as cost/agent/*.",
    )
    until: AwareDatetime | None = Field(
        default=None,
        description="When it stops to hold; for expected_once, when it is planned to end; for noise, at most 90 days ahead.",
    )
    note: str = Field(default="", max_length=500, description="Why, in a few words that others will read.")


class LessonSummary(Result):
    """One thing that somebody said, and what it changes."""

    id: str
    kind: Literal["real", "expected_once", "expected", "noise"]
    pattern: str = Field(description="The series that it concerns.")
    along: list[str] = Field(
        default_factory=list, description="Series for which the alert's message speaks, and which it concerns as well."
    )
    alert_id: str | None
    side: Literal["above", "below"]
    start: datetime
    end: datetime | None = Field(description="None while the episode goes on, or where its end does not matter.")
    until: datetime | None = Field(description="When it stops to hold; none if it never does.")
    given_at: datetime
    given_by: str
    note: str
    effects: list[str] = Field(description="What it changes now, in plain words; empty once taken back.")
    undone_at: datetime | None = None
    undone_by: str | None = None


class FeedbackResult(Result):
    """What saying something, or taking it back, does from the next poll on."""

    lesson: LessonSummary
    matched: int = Field(description="How many of today's series it concerns.")
    examples: list[str]
    ends: list[str] = Field(description="Open alerts that end because of it.")


class FeedbackList(Result):
    """What people said, newest first."""

    total: int
    lessons: list[LessonSummary]
