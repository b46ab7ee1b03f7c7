"""What an alert is: an episode of one series with an identity, and what people were told of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from daemon.domain import SeriesKey
from detectors.decision.episodes import Episode, Reason
from detectors.decision.tally import Tally
from detectors.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of one series that is worth telling.

    What an episode has is here under the same name and described there; only its end, which is
    stored as `resolved_at`, is not.

    Attributes:
        id: Hash of tenant, series and the window that opened it; the same however often computed.
        incident: Id of the alert whose message speaks for this one; its own id if it speaks itself.
        observed: Value of the worst window so far, in the metric's unit.
        sequence: Number of the last notification, 0 before the first.
        ended_by: Why it ended.
        summary: What happened, in a sentence.
        causes: The largest contributors, or the series that lie beneath this one.
        feedback: What a person said that ended it.
    """

    id: str
    series: SeriesKey
    incident: str
    opened_at: datetime
    updated_at: datetime
    window_start: datetime
    window_end: datetime
    observed: float
    expected: float
    low: float
    high: float
    score: float
    reason: str
    detector: str
    total_excess: float = 0.0
    tally: Tally = field(default_factory=Tally)
    unannounced: bool = False
    told_excess: float = 0.0
    told_total: float = 0.0
    sequence: int = 0
    quiet_since: datetime | None = None
    resolved_at: datetime | None = None
    ended_by: Reason | None = None
    summary: str = ""
    causes: tuple[str, ...] = ()
    explanation: Explanation | None = None
    feedback: str = ""

    @property
    def excess(self) -> float:
        """Observed minus expected: positive above the norm, negative below."""
        return self.observed - self.expected

    @property
    def is_open(self) -> bool:
        """Whether the episode goes on."""
        return self.resolved_at is None

    @property
    def episode(self) -> Episode:
        """The episode alone, to be decided about."""
        return Episode(**{name: getattr(self, name) for name in _SHARED}, ended_at=self.resolved_at)

    def with_episode(self, episode: Episode) -> Alert:
        """Return this alert after a decision about its episode."""
        shared = {name: getattr(episode, name) for name in _SHARED}
        return replace(self, **shared, resolved_at=episode.ended_at)

    def told(self) -> Alert:
        """Return this alert once one more message is on its way."""
        return replace(self.with_episode(self.episode.told()), sequence=self.sequence + 1)


_SHARED = tuple(one.name for one in fields(Episode) if one.name in {two.name for two in fields(Alert)})


def opened(episode: Episode, *, tenant: str, series: SeriesKey, detector: str) -> Alert:
    """Return the alert of an episode that is worth telling from now on."""
    identity = alert_id(tenant, series, episode.opened_at)
    shared = {name: getattr(episode, name) for name in _SHARED}
    return Alert(id=identity, series=series, incident=identity, detector=detector, **shared)


def newest_of(alerts: Iterable[Alert]) -> dict[SeriesKey, Alert]:
    """Return the alert of each series that counts: an open one, or the last to end, since that may come back."""
    return {alert.series: alert for alert in sorted(alerts, key=lambda alert: (alert.is_open, alert.updated_at))}


def alert_id(tenant: str, series: SeriesKey, window: datetime) -> str:
    """Return the id of the alert that `window` opens on `series`."""
    text = f"{tenant}\0anomaly\0{series}\0{window.isoformat()}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
