"""What an alert is, and the pure decision whether it opens, goes on or ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from daemon.domain import SeriesKey
from detectors.base import Observation, Verdict

RESOLVE_AFTER = timedelta(minutes=10)
"""How long a series must look ordinary before its alert ends; shorter gaps are the same episode."""

SILENT_AFTER = timedelta(hours=3)
"""An alert ends when its series, a ratio of too few calls, could not be judged for so long."""

ESCALATION = 4.0
"""People are told again when the excess has grown by this factor since they were last told."""


class Transition(StrEnum):
    """What happens to the alert."""

    NONE = "none"
    OPEN = "open"
    UPDATE = "update"
    ESCALATE = "escalate"
    RESOLVE = "resolve"


class Reason(StrEnum):
    """Why, in words that are stored and shown."""

    ORDINARY = "ordinary"
    WARMING_UP = "too little history to judge"
    BELOW_MIN_IMPACT = "the excess is below the smallest impact worth telling"
    OUT_OF_BAND = "outside the ordinary band"
    STILL_FIRING = "still outside the ordinary band"
    GREW = "the excess grew fourfold since the last message"
    QUIET_TOO_SHORT = "ordinary again, but not yet for long enough"
    OUTDATED = "an earlier window, which says nothing about the present"
    BACK_TO_NORMAL = "ordinary for long enough"
    NOTHING_TO_JUDGE = "too few calls to go on judging"
    SWITCHED_OFF = "watching this series was switched off"


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of one series.

    Attributes:
        id: Hash of tenant, series and the window that opened it; the same however often computed.
        incident: Id of the alert whose message speaks for this one; its own id if it speaks itself.
        observed: Value of the worst window so far, in the metric's unit.
        told_excess: Excess at the time people were last told.
        sequence: Number of the last notification, 0 before the first.
        quiet_since: Since when the series has looked ordinary, while the alert is still open.
        ended_by: Why it ended.
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
    told_excess: float = 0.0
    sequence: int = 0
    quiet_since: datetime | None = None
    resolved_at: datetime | None = None
    ended_by: Reason | None = None
    summary: str = ""
    causes: tuple[str, ...] = ()

    @property
    def excess(self) -> float:
        """Observed minus expected: positive above the norm, negative below."""
        return self.observed - self.expected

    @property
    def is_open(self) -> bool:
        """Whether the episode goes on."""
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, why, and the alert as it is afterwards."""

    transition: Transition
    reason: Reason
    alert: Alert | None


def end_of(observation: Observation) -> datetime:
    """Return the end of a window in UTC: on the owner's clock an hour is skipped or repeated twice a year."""
    return observation.at.astimezone(UTC) + observation.span


def is_told(alert: Alert, observation: Observation) -> bool:
    """Tell whether a window overlaps an episode that is over, so that people know of it already."""
    over = alert.resolved_at or alert.updated_at
    return end_of(observation) > alert.opened_at - observation.span and observation.at < over


def alert_id(tenant: str, series: SeriesKey, window: datetime) -> str:
    """Return the id of the alert that `window` opens on `series`."""
    text = f"{tenant}\0anomaly\0{series}\0{window.isoformat()}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def decide(
    alert: Alert | None,
    verdict: Verdict,
    observation: Observation,
    *,
    tenant: str,
    series: SeriesKey,
    detector: str,
    min_impact: float,
) -> Decision:
    """Decide what one verdict means for a series; pure, and every outcome has a named reason."""
    end = end_of(observation)
    if alert is None:
        reason = _why_not(verdict, observation, min_impact)
        if reason is not None:
            return Decision(Transition.NONE, reason, None)
        return Decision(Transition.OPEN, Reason.OUT_OF_BAND, _open(verdict, observation, end, tenant, series, detector))
    if not verdict.is_anomaly:
        return _calm(alert, end)
    return _worse(alert, verdict, observation, end)


def switch_off(alert: Alert, now: datetime) -> Decision:
    """End an alert whose series is no longer watched."""
    return _end(alert, now, Reason.SWITCHED_OFF)


def fell_silent(alert: Alert, now: datetime) -> bool:
    """Tell whether nothing could be judged for so long that the alert stands for nothing any more."""
    return now - alert.updated_at >= SILENT_AFTER


def lapse(alert: Alert, now: datetime) -> Decision:
    """End an alert whose series fell silent."""
    return _end(alert, now, Reason.NOTHING_TO_JUDGE)


def _end(alert: Alert, now: datetime, reason: Reason) -> Decision:
    return Decision(Transition.RESOLVE, reason, replace(alert, resolved_at=now, updated_at=now, ended_by=reason))


def _why_not(verdict: Verdict, observation: Observation, min_impact: float) -> Reason | None:
    if verdict.warming_up:
        return Reason.WARMING_UP
    if not verdict.is_anomaly:
        return Reason.ORDINARY
    if abs(observation.value - verdict.expected) < min_impact:
        return Reason.BELOW_MIN_IMPACT
    return None


def _open(
    verdict: Verdict, observation: Observation, end: datetime, tenant: str, series: SeriesKey, detector: str
) -> Alert:
    identity = alert_id(tenant, series, end)
    return Alert(
        id=identity,
        series=series,
        incident=identity,
        opened_at=end,
        updated_at=end,
        window_start=end - observation.span,
        window_end=end,
        observed=observation.value,
        expected=verdict.expected,
        low=verdict.low,
        high=verdict.high,
        score=verdict.score,
        reason=verdict.reason,
        detector=detector,
    )


def _calm(alert: Alert, end: datetime) -> Decision:
    if end < alert.updated_at:
        return Decision(Transition.UPDATE, Reason.OUTDATED, alert)
    since = alert.quiet_since or end
    calm = replace(alert, quiet_since=since, updated_at=end)
    if end - since >= RESOLVE_AFTER:
        return _end(calm, end, Reason.BACK_TO_NORMAL)
    return Decision(Transition.UPDATE, Reason.QUIET_TOO_SHORT, calm)


def _worse(alert: Alert, verdict: Verdict, observation: Observation, end: datetime) -> Decision:
    if end >= alert.updated_at:
        alert = replace(alert, quiet_since=None, updated_at=end)
    if abs(observation.value - verdict.expected) > abs(alert.excess):
        alert = replace(
            alert,
            window_start=end - observation.span,
            window_end=end,
            observed=observation.value,
            expected=verdict.expected,
            low=verdict.low,
            high=verdict.high,
            score=max(alert.score, verdict.score),
        )
    if alert.told_excess and abs(alert.excess) >= ESCALATION * abs(alert.told_excess):
        return Decision(Transition.ESCALATE, Reason.GREW, alert)
    return Decision(Transition.UPDATE, Reason.STILL_FIRING, alert)
