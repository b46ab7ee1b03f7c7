"""One incident moves many series at once; one message speaks for all of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daemon.alerts import Alert
from daemon.domain import SeriesKey
from daemon.pipeline.movers import is_comparable
from daemon.pipeline.step import Outcome
from detectors.decision.episodes import Reason, Transition
from detectors.decision.hierarchy import Mover, leads
from notifiers.base import Kind

STRANDED_AFTER = timedelta(hours=1)
"""An alert that goes on for so long after the end of the one that spoke for it has a story of its own."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that people are to be told about, and as what.

    Attributes:
        is_back: They were told before that it was over.
    """

    alert: Alert
    kind: Kind
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What a step leaves to be grouped.

    Attributes:
        before: The alerts that were open before the step.
        latest: Every changed alert in its last version.
        joining: Those of them that need an incident.
        heads: Alerts that led an incident before, in their last version.
        excused: Ids of those heads that people ended while they go on, which lead in silence.
    """

    before: Mapping[str, Alert]
    latest: Mapping[str, Alert]
    joining: Sequence[Alert]
    heads: Sequence[Alert]
    excused: Set[str] = frozenset()


def unsettled(
    outcomes: Sequence[Outcome],
    still_open: Iterable[Alert],
    over: Iterable[Alert] = (),
    is_odd: Callable[[SeriesKey], bool] = lambda _: False,
) -> Unsettled:
    """Return what is to be grouped.

    Args:
        outcomes: What a step decided, in order.
        still_open: Alerts that were open before the step.
        over: Alerts that had ended before it.
        is_odd: Tells of a series whether its detector finds it odd, whatever people say.
    """
    over = list(over)
    latest = {outcome.alert.id: outcome.alert for outcome in outcomes}
    before = {alert.id: alert for alert in still_open}
    known = {**before, **{each: alert for each, alert in latest.items() if each in before}}
    opened = {outcome.alert.id for outcome in outcomes if outcome.transition is Transition.OPEN}
    # What comes back goes on leading, or needs a new lead if its own has gone.
    back = [alert for alert in latest.values() if alert.id not in known and alert.id not in opened]
    # What people excused goes on unheard, and what it moves besides is no news either.
    excused = [one for one in over if one.ended_by is Reason.FEEDBACK and one.id not in latest and is_odd(one.series)]
    heads = [alert for alert in (*known.values(), *back, *excused) if alert.incident == alert.id]
    led = {head.id for head in heads}
    joining = [latest[each] for each in sorted(opened)]
    joining += [alert for alert in back if alert.incident not in led]
    ends = {alert.id: alert.resolved_at for alert in over}
    joining += [alert for alert in latest.values() if alert.id in known and _is_stranded(alert, ends)]
    return Unsettled(before, latest, joining, heads, frozenset(one.id for one in excused))


def group(outcomes: Sequence[Outcome], found: Unsettled, movers: Mapping[str, Mover]) -> tuple[list[Alert], list[Told]]:
    """Give each newly opened alert its incident, and say which alerts are told.

    Args:
        outcomes: What a step decided, in order.
        found: What `unsettled` made of it.
        movers: How the hierarchy sees all that join and all heads, by alert id.

    Returns:
        Every changed alert in its last version, and those to tell about.
    """
    latest = dict(found.latest)
    # What goes on must not hide behind a message that says that all is over.
    going_on = [alert for alert in found.joining if alert.is_open]
    open_heads = [head for head in found.heads if head.is_open or head.id in found.excused]
    settled = _led(going_on, open_heads, movers)
    over = [alert for alert in found.joining if not alert.is_open]
    settled |= _led(over, [*found.heads, *(one for one in going_on if settled[one.id] == one.id)], movers)
    for identity, lead in settled.items():
        latest[identity] = replace(latest[identity], incident=lead)
    told: list[Told] = []
    for identity, changed in list(latest.items()):
        alert = _as_believed(changed, found.before.get(identity))
        kind = _kind(alert, outcomes) if alert.incident == identity else None
        latest[identity] = alert if kind is None else alert.told()
        if kind is not None:
            told.append(Told(latest[identity], kind, is_back=alert.unannounced))
    return list(latest.values()), told


def _is_stranded(alert: Alert, ends: Mapping[str, datetime | None]) -> bool:
    end_of_lead = ends.get(alert.incident)
    return (
        alert.is_open
        and alert.quiet_since is None
        and end_of_lead is not None
        and alert.updated_at - end_of_lead >= STRANDED_AFTER
    )


def _led(joining: Sequence[Alert], heads: Sequence[Alert], movers: Mapping[str, Mover]) -> dict[str, str]:
    """Return the id of the lead of each that joins; only alike alerts are compared."""
    found: dict[str, str] = {}
    for alert in joining:
        if alert.id not in found:
            alike = [movers[one.id] for one in joining if is_comparable(one, alert)]
            found |= leads(alike, [movers[head.id] for head in heads if is_comparable(head, alert)])
    return found


def _as_believed(alert: Alert, before: Alert | None) -> Alert:
    """Return an alert with what people know of its end: one that its batch took back was never told."""
    return alert if before is None else replace(alert, unannounced=before.unannounced)


def _kind(alert: Alert, outcomes: Sequence[Outcome]) -> Kind | None:
    """Return what to tell of an alert that leads: one that began and ended in one batch is told once, as over."""
    transitions = {outcome.transition for outcome in outcomes if outcome.alert.id == alert.id}
    is_news = Transition.ESCALATE in transitions
    if not alert.is_open:
        return Kind.RESOLVED if is_news or not alert.unannounced else None
    if alert.sequence == 0:
        return Kind.FIRING
    return Kind.UPDATE if is_news else None
