"""The message about an alert, for one channel; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from daemon.alerts import Alert
from daemon.domain import Metric
from daemon.explaining.wording import facts, subject, title
from detectors.decision.episodes import Reason
from notifiers.base import Kind, Notification, Severity

CRITICAL_RATIO = 10.0
CRITICAL_DOLLARS = 100.0


def severity(alert: Alert) -> Severity:
    """Return how loud a message about this alert should be."""
    huge = alert.expected > 0 and alert.observed >= CRITICAL_RATIO * alert.expected
    dear = alert.series.metric is Metric.COST and alert.excess >= CRITICAL_DOLLARS
    return Severity.CRITICAL if alert.excess > 0 and (huge or dear) else Severity.WARNING


def notification(
    alert: Alert, kind: Kind, channel: str, *, now: datetime, zone: ZoneInfo, demo: bool, is_back: bool = False
) -> Notification:
    """Return the message about an alert for one channel; its id is stable.

    Args:
        alert: What happened.
        kind: Whether it began, grew or ended.
        channel: Where the message goes.
        now: The present.
        zone: The owner's clock, on which times are told.
        demo: Whether the numbers come from generated traffic.
        is_back: Whether people were told before that it was over.
    """
    over = kind is Kind.RESOLVED
    return Notification(
        delivery_id=f"{alert.id}-{alert.sequence}-{channel}",
        alert_id=alert.id,
        sequence=alert.sequence,
        kind=kind,
        severity=Severity.INFO if over else severity(alert),
        title=title(alert),
        summary=_summary(alert, kind, is_back=is_back),
        event_time=alert.resolved_at if over and alert.resolved_at else alert.updated_at,
        created_at=now,
        facts=facts(alert, zone),
        causes=alert.causes,
        next_step="" if over else _next_step(alert),
        demo=demo,
    )


def _summary(alert: Alert, kind: Kind, *, is_back: bool) -> str:
    if kind is Kind.RESOLVED and alert.resolved_at is not None:
        lasted = _length(alert.resolved_at - alert.opened_at)
        calm = alert.ended_by in {None, Reason.BACK_TO_NORMAL}
        why = alert.feedback or alert.ended_by
        end = f"Back to normal after {lasted}" if calm else f"Ended after {lasted}: {why}"
        return f"{end}. {alert.summary}"
    if kind is Kind.UPDATE:
        return f"{'Back after it had ended' if is_back else 'Still going on'}, and it has grown. {alert.summary}"
    return alert.summary


def _length(span: timedelta) -> str:
    """Return how long something lasted, in the unit that people would use."""
    minutes = round(span / timedelta(minutes=1))
    if minutes < 1:
        return "less than a minute"
    for name, size, most in (("minute", 1, 120), ("hour", 60, 48 * 60)):
        if minutes < most:
            number = round(minutes / size)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{round(minutes / (24 * 60))} days"


def _next_step(alert: Alert) -> str:
    return (
        f"Look at what {subject(alert.series)} is doing now; your assistant can explain alert {alert.id}. "
        f"Then say what it was, so that the next one is judged better: revenium-monitor feedback give KIND {alert.id}, "
        "where KIND is real, expected, expected_once or noise."
    )
