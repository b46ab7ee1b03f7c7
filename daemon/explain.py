"""An alert in plain words: one sentence with numbers, the facts beside it, and the largest contributors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from daemon.alerts import Alert
from daemon.domain import Dimension, Measures, Metric, SeriesKey
from detectors.decision.episodes import Reason
from notifiers.base import Kind, Notification, Severity

Shares = Mapping[Dimension, Sequence[tuple[str, Measures]]]

NAMES = {
    Dimension.TOTAL: "all AI usage",
    Dimension.PROVIDER: "provider",
    Dimension.MODEL: "model",
    Dimension.AGENT: "agent",
    Dimension.API_KEY: "API key",
    Dimension.CUSTOMER: "customer",
    Dimension.PRODUCT: "product",
    Dimension.USER: "user",
    Dimension.TASK_TYPE: "task",
}

VERBS = {
    Metric.COST: "spent",
    Metric.ERROR_RATE: "had an error rate of",
    Metric.LATENCY: "had a mean latency of",
    Metric.COST_PER_CALL: "had a mean cost per call of",
}
"""What goes before the amount in the sentence; "had" with the others."""

WORTH_NAMING = 0.5
"""A contributor is named in the sentence when it carries at least this share."""

SMALLEST_SHOWN = 0.0001
LARGEST_RATIO = 1000.0
"""Beyond it the usual value is next to nothing, and the factor tells nobody anything."""

WORTH_LISTING = 0.05

PREPOSITIONS = {Dimension.AGENT: "by", Dimension.MODEL: "on", Dimension.API_KEY: "with", Dimension.CUSTOMER: "for"}
"""The contributors that the sentence names, in the order people ask, and how they read in it."""

CRITICAL_RATIO = 10.0
CRITICAL_DOLLARS = 100.0


def money(value: float) -> str:
    """Return dollars as people write them; small amounts keep their digits."""
    sign = "-" if value < 0 else ""
    size = abs(value)
    if 0 < size < SMALLEST_SHOWN:
        return f"less than ${SMALLEST_SHOWN}"
    if 0 < size < 0.01:
        return f"{sign}${size:.4f}"
    return f"{sign}${size:,.2f}"


def amount(metric: Metric, value: float) -> str:
    """Return a value with its unit."""
    match metric:
        case Metric.COST | Metric.COST_PER_CALL:
            return money(value)
        case Metric.ERROR_RATE:
            return f"{100 * value:.1f} %"
        case Metric.LATENCY:
            return f"{value:,.0f} ms"
        case Metric.CALLS:
            return f"{value:,.0f} calls"
        case _:
            return f"{value:,.0f} tokens"


def subject(key: SeriesKey) -> str:
    """Return what a series is about, such as ``agent research-agent``."""
    entity = key.entity
    return (
        NAMES[entity.dimension] if entity.dimension is Dimension.TOTAL else f"{NAMES[entity.dimension]} {entity.name}"
    )


def title(alert: Alert) -> str:
    """Return a headline."""
    what = {Metric.COST: "AI spend", Metric.ERROR_RATE: "Error rate", Metric.LATENCY: "Latency"}.get(
        alert.series.metric, alert.series.metric.replace("_", " ").capitalize()
    )
    direction = "above" if alert.excess > 0 else "below"
    return f"{what} {direction} normal: {subject(alert.series)}"


def sentence(alert: Alert, shares: Shares) -> str:
    """Return what happened in one sentence with numbers."""
    metric = alert.series.metric
    verb = VERBS.get(metric, "had")
    name = subject(alert.series)
    start = f"{name[0].upper()}{name[1:]} {verb} {amount(metric, alert.observed)} within an hour"
    compare = f"where {amount(metric, alert.expected)} is usual ({_ratio(alert)})"
    named = list(_main_contributors(shares, alert)) if alert.excess > 0 else []
    return f"{start}, {compare}{', mostly ' + ' '.join(named) if named else ''}."


def contributors(alert: Alert, shares: Shares) -> tuple[str, ...]:
    """Return the largest contributor of each dimension with its share, largest share first; crumbs are left out."""
    lines = []
    for dimension, rows in shares.items():
        name, measures = rows[0]
        share = _share(measures, alert)
        if share is not None and share >= WORTH_LISTING:
            value = measures.value(alert.series.metric) or 0.0
            text = f"{NAMES[dimension]} {name}: {amount(alert.series.metric, value)} ({100 * share:.0f} %)"
            lines.append((share, text))
    return tuple(text for _, text in sorted(lines, key=lambda line: -line[0]))


def facts(alert: Alert, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return label and value pairs for the message."""
    metric = alert.series.metric
    low = max(0.0, alert.low)  # a symmetric band may reach below zero, where none of our metrics goes
    return (
        ("In the worst hour", amount(metric, alert.observed)),
        ("Usual", amount(metric, alert.expected)),
        ("Excess" if alert.excess > 0 else "Shortfall", amount(metric, abs(alert.excess))),
        ("Ordinary range", f"{amount(metric, low)} to {amount(metric, alert.high)}"),
        ("Since", when(alert.opened_at, zone)),
        ("Series", str(alert.series)),
    )


def when(moment: datetime, zone: ZoneInfo) -> str:
    """Return a time on the owner's clock."""
    return moment.astimezone(zone).strftime("%a %d %b %H:%M %Z")


def severity(alert: Alert) -> Severity:
    """Return how loud a message about this alert should be."""
    huge = alert.expected > 0 and alert.observed >= CRITICAL_RATIO * alert.expected
    dear = alert.series.metric is Metric.COST and alert.excess >= CRITICAL_DOLLARS
    return Severity.CRITICAL if alert.excess > 0 and (huge or dear) else Severity.WARNING


def notification(alert: Alert, kind: Kind, channel: str, *, now: datetime, zone: ZoneInfo, demo: bool) -> Notification:
    """Return the message about an alert for one channel; its id is stable."""
    over = kind is Kind.RESOLVED
    summary = alert.summary
    if over and alert.resolved_at is not None:
        minutes = round((alert.resolved_at - alert.opened_at).total_seconds() / 60)
        calm = alert.ended_by in {None, Reason.BACK_TO_NORMAL}
        end = f"Back to normal after {minutes} minutes" if calm else f"Ended after {minutes} minutes: {alert.ended_by}"
        summary = f"{end}. {alert.summary}"
    elif kind is Kind.UPDATE:
        summary = f"Still going on, and it has grown. {alert.summary}"
    return Notification(
        delivery_id=f"{alert.id}-{alert.sequence}-{channel}",
        alert_id=alert.id,
        sequence=alert.sequence,
        kind=kind,
        severity=Severity.INFO if over else severity(alert),
        title=title(alert),
        summary=summary,
        event_time=alert.resolved_at if over and alert.resolved_at else alert.updated_at,
        created_at=now,
        facts=facts(alert, zone),
        causes=alert.causes,
        next_step="" if over else _next_step(alert),
        demo=demo,
    )


def _next_step(alert: Alert) -> str:
    return (
        f"Look at what {subject(alert.series)} is doing now. If this is expected, make the series less sensitive: "
        f"ask your assistant to tune {alert.series}, or to explain alert {alert.id}."
    )


def _ratio(alert: Alert) -> str:
    if alert.expected <= 0:
        return "nothing is usual here"
    ratio = alert.observed / alert.expected
    if ratio > LARGEST_RATIO:
        return f"more than {LARGEST_RATIO:,.0f} times as much"
    return f"{ratio:.1f} times as much" if ratio >= 1 else f"{100 * (1 - ratio):.0f} % less"


def _share(measures: Measures, alert: Alert) -> float | None:
    """Return a contributor's share of the observed value; ratios cannot be shared out."""
    if not alert.series.metric.is_counter or alert.observed <= 0:
        return None
    return min(1.0, (measures.value(alert.series.metric) or 0.0) / alert.observed)


def _main_contributors(shares: Shares, alert: Alert) -> Iterable[str]:
    """Yield the contributors that carry most of the value, in the order people ask."""
    for dimension, preposition in PREPOSITIONS.items():
        rows = shares.get(dimension)
        if rows and (_share(rows[0][1], alert) or 0.0) >= WORTH_NAMING:
            yield f"{preposition} {NAMES[dimension]} {rows[0][0]}"
