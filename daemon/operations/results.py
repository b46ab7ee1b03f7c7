"""What operations return. Times are aware UTC; money is in US dollars; other values in the metric's unit."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Result(BaseModel):
    """Base of all results."""

    model_config = ConfigDict(frozen=True)


class ChannelStatus(Result):
    """How one channel of messages is doing."""

    name: str
    pending: int = Field(description="Messages waiting or being sent.")
    delivered: int
    dead: int = Field(description="Messages set aside because the channel will never accept them.")
    paused_for: str | None = Field(default=None, description="Why the whole channel is held back, if it is.")


class Status(Result):
    """How the daemon is doing."""

    state: Literal["starting", "ok", "failing"]
    problem: str | None = Field(default=None, description="What fails now and what to do about it.")
    platform: str = Field(description="Base URL of the platform that is polled.")
    embedded: bool = Field(description="True when the platform is the built-in one with generated traffic.")
    team_id: str | None
    started_at: datetime
    last_poll_at: datetime | None = Field(description="End of the last successful poll.")
    polls: int
    transactions: int = Field(description="Metered calls recorded since the start of this process.")
    rejected: int = Field(description="Log rows that could not be understood and were set aside.")
    series: int = Field(description="Series with a detector.")
    open_alerts: int
    channels: list[ChannelStatus]


class SeriesSummary(Result):
    """One series and what its detector last thought of it."""

    series: str = Field(description="Name, such as cost/agent/research-agent.")
    detector: str
    sensitivity: str
    enabled: bool
    min_impact: float = Field(description="Smallest excess worth an alert, in the metric's unit.")
    value: float | None = Field(default=None, description="Last judged hour.")
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None = Field(default=None, description="Evidence from 0 (ordinary) to 1.")
    reason: str | None = None
    warming_up: bool = False
    alert: str | None = Field(default=None, description="Id of the open alert, if any.")
    feedback: list[str] = Field(default=[], description="What people's words about its alerts change, in plain words.")


class SeriesList(Result):
    """A page of series."""

    total: int
    series: list[SeriesSummary]


class AlertSummary(Result):
    """One alert in short."""

    id: str
    series: str
    state: Literal["firing", "resolved"]
    incident: str = Field(description="Id of the alert whose message speaks for this one.")
    opened_at: datetime
    resolved_at: datetime | None
    observed: float = Field(description="Value of the worst hour.")
    expected: float
    excess: float
    summary: str = Field(description="One sentence with numbers.")


class AlertList(Result):
    """Alerts, newest first."""

    total: int
    alerts: list[AlertSummary]


class MessageSummary(Result):
    """One message about an alert on its way to one channel."""

    id: str
    channel: str
    state: Literal["pending", "sending", "delivered", "dead"]
    attempts: int
    delivered_at: datetime | None
    last_error: str | None


class ContributorExcess(Result):
    """What one value of a dimension has to do with an excess."""

    name: str = Field(description="In parentheses for calls that name none, and for all that are not listed.")
    observed: float | None = Field(description="Its own value in the worst hour; none for a ratio of no calls.")
    usual: float | None = Field(description="Its own value in the same time ordinarily.")
    excess: float = Field(description="Its part of the excess.")
    share: float | None = Field(description="The same as a share of 1 of the excess.")


class AlertExplanation(Result):
    """The excess of the worst hour, split exactly; amounts are in the unit of the series."""

    observed: float
    expected: float
    excess: float
    drivers: dict[str, float] = Field(
        description="Dollars by driver, of cost alone; negative if it made calls cheaper. "
        "With unexplained they add up to the excess."
    )
    contributors: dict[str, list[ContributorExcess]] = Field(
        description="By dimension, largest move first; with unexplained each adds up to the excess."
    )
    unexplained: float = Field(description="What no call accounts for: the baseline less the expectation.")
    calls: int | None = Field(description="Calls in the worst hour, where the split needs them.")
    usual_calls: float | None
    baseline: str = Field(description="What is taken for ordinary.")


class AlertDetail(Result):
    """One alert with everything known about it."""

    alert: AlertSummary
    window_start: datetime
    window_end: datetime
    low: float
    high: float
    score: float
    reason: str
    detector: str
    causes: list[str] = Field(description="Largest contributor to the excess in each dimension, most telling first.")
    explanation: AlertExplanation | None = Field(
        default=None, description="The split of the excess; none where nothing went before it."
    )
    related: list[AlertSummary] = Field(description="Other alerts of the same incident.")
    messages: list[MessageSummary]


class DetectorChoice(Result):
    """A kind of detector that can be selected."""

    name: str
    summary: str


class Tuning(Result):
    """Run-time tuning of the series that a pattern matches; unset fields keep what the settings say."""

    pattern: str = Field(description="Series name or pattern with *, such as cost/agent/*.")
    enabled: bool | None = None
    detector: str | None = None
    sensitivity: Literal["conservative", "normal", "aggressive"] | None = None
    min_impact: float | None = Field(default=None, ge=0)


class DetectorList(Result):
    """What can be selected, and what was tuned."""

    detectors: list[DetectorChoice]
    tunings: list[Tuning]


class TuningResult(Result):
    """What a change of tuning did."""

    tuning: Tuning | None = Field(description="The tuning of the pattern as it is now; none after a reset.")
    matched: int = Field(description="How many of today's series the pattern matches.")
    examples: list[str]


class TestResult(Result):
    """Test messages that were queued."""

    __test__ = False  # a result, whatever pytest thinks of its name

    queued: list[str] = Field(description="Delivery ids; look them up in the status of the channels.")
