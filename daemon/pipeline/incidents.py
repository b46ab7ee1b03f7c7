"""One incident moves many series at once; one message speaks for all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from daemon.alerts import Alert
from daemon.domain import Dimension
from daemon.pipeline.step import Outcome
from detectors.decision.episodes import Transition
from notifiers.base import Kind

SAME_INCIDENT = timedelta(hours=2)
"""Alerts on one metric and in one direction that open this close together share an incident."""

SIMILAR = 0.8
"""Series that carry at least this share of the largest excess may all be the cause."""

SPECIFIC = (
    Dimension.AGENT, Dimension.API_KEY, Dimension.TASK_TYPE, Dimension.USER, Dimension.CUSTOMER,
    Dimension.MODEL, Dimension.PRODUCT, Dimension.PROVIDER, Dimension.TOTAL,
)  # fmt: skip
"""Which dimension says most about the cause, where several explain the excess equally well."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that people are to be told about, and as what."""

    alert: Alert
    kind: Kind


def group(outcomes: Sequence[Outcome], still_open: Iterable[Alert]) -> tuple[list[Alert], list[Told]]:
    """Give each newly opened alert its incident, and say which alerts are told.

    Args:
        outcomes: What a step decided, in order.
        still_open: Alerts that were open before the step.

    Returns:
        Every changed alert in its last version, and those to tell about.
    """
    latest: dict[str, Alert] = {outcome.alert.id: outcome.alert for outcome in outcomes}
    opened = [latest[outcome.alert.id] for outcome in outcomes if outcome.transition is Transition.OPEN]
    leads = [alert for alert in still_open if alert.incident == alert.id]
    told: list[Told] = []
    for alert in sorted(opened, key=_rank(opened)):
        # What goes on must not hide behind a message that says that all is over.
        open_leads = [lead for lead in leads if latest.get(lead.id, lead).is_open or not alert.is_open]
        lead = next((lead for lead in open_leads if _same(alert, lead)), None)
        latest[alert.id] = replace(alert, incident=lead.id if lead else alert.id)
        if lead is None:
            leads.append(latest[alert.id])
    for alert in latest.values():
        kind = _kind(alert, outcomes)
        if kind is not None and alert.incident == alert.id:
            latest[alert.id] = alert.told()
            told.append(Told(latest[alert.id], kind))
    return list(latest.values()), told


def _rank(opened: Sequence[Alert]) -> _Rank:
    return _Rank(max((abs(alert.excess) for alert in opened), default=0.0))


@dataclass(frozen=True, slots=True)
class _Rank:
    """Sorts the likeliest cause first: most of the excess, then the most telling dimension."""

    largest: float

    def __call__(self, alert: Alert) -> tuple[bool, int, float, str]:
        minor = abs(alert.excess) < SIMILAR * self.largest
        return minor, SPECIFIC.index(alert.series.entity.dimension), -abs(alert.excess), str(alert.series)


def _same(alert: Alert, lead: Alert) -> bool:
    return (
        alert.series.metric is lead.series.metric
        and (alert.excess > 0) == (lead.excess > 0)
        and abs(alert.opened_at - lead.opened_at) <= SAME_INCIDENT
    )


def _kind(alert: Alert, outcomes: Sequence[Outcome]) -> Kind | None:
    """Return what to tell: an episode that began and ended in one batch is told once, as over."""
    transitions = {outcome.transition for outcome in outcomes if outcome.alert.id == alert.id}
    if Transition.RESOLVE in transitions:
        return None if alert.unannounced else Kind.RESOLVED
    if Transition.OPEN in transitions:
        return Kind.FIRING
    return Kind.UPDATE if Transition.ESCALATE in transitions else None
