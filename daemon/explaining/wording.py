"""What is said of an alert: amounts with their units, the sentence, the facts beside it, and the causes; pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from daemon.alerts import Alert
from daemon.domain import Dimension, Metric, SeriesKey
from detectors import words
from detectors.explanation import Contributor, Driver, Effect, Explanation, reasons
from detectors.explanation.contributors import NOT_NAMED

VERBS = {
    Metric.COST: "spent",
    Metric.ERROR_RATE: "had an error rate of",
    Metric.LATENCY: "had a mean latency of",
    Metric.COST_PER_CALL: "had a mean cost per call of",
}
"""What goes before the amount in the sentence; "had" with the others."""

DRIVERS = {Driver.MIX: "mix of models", Driver.TOKENS: "tokens per call", Driver.PRICE: "price per token"}

LARGEST_RATIO = 1000.0
"""Beyond it the usual value is next to nothing, and the factor tells nobody anything."""

LASTING = 1.1
WORTH_LISTING = Decimal("0.05")
CENT = Decimal("0.005")


def amount(metric: Metric, value: float | Decimal) -> str:
    """Return a value with its unit."""
    match metric:
        case Metric.COST | Metric.COST_PER_CALL:
            return words.dollars(value)
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
    return "all AI usage" if entity.dimension is Dimension.TOTAL else words.entity(entity.dimension, entity.name)


def title(alert: Alert) -> str:
    """Return a headline."""
    what = {Metric.COST: "AI spend", Metric.ERROR_RATE: "Error rate", Metric.LATENCY: "Latency"}.get(
        alert.series.metric, alert.series.metric.replace("_", " ").capitalize()
    )
    direction = "above" if alert.excess > 0 else "below"
    return f"{what} {direction} normal: {subject(alert.series)}"


def sentence(alert: Alert) -> str:
    """Return what happened in one sentence with numbers, and as far as it is known who and what made it."""
    metric = alert.series.metric
    name = words.capitalized(subject(alert.series))
    start = f"{name} {VERBS.get(metric, 'had')} {amount(metric, alert.observed)} within an hour"
    compare = f"where {amount(metric, alert.expected)} is usual ({_ratio(alert)})"
    known = alert.explanation
    why = reasons(known, lambda one: _carried(alert, one)) if known else ""
    return ", ".join(part for part in (start, compare, why) if part) + "."


def causes(alert: Alert) -> tuple[str, ...]:
    """Return who carries most of the excess in each dimension, who stands out most first; crumbs are left out."""
    known = alert.explanation
    if known is None or not known.excess:
        return ()
    lines = []
    for dimension, rows in known.contributors.items():
        named = [one for one in rows if not one.name.startswith("(") or one.name == NOT_NAMED]
        best = max(named, key=lambda one: one.excess / known.excess, default=None)
        if best is not None and best.name != NOT_NAMED and best.excess / known.excess >= WORTH_LISTING:
            share = float(best.excess / known.excess)
            lines.append((best.weight - share, _cause(alert, dimension, best, share)))
    return tuple(text for _, text in sorted(lines))


def facts(alert: Alert, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return label and value pairs for the message."""
    metric, known = alert.series.metric, alert.explanation
    low = max(0.0, alert.low)  # a symmetric band may reach below zero, where none of our metrics goes
    return (
        ("In the worst hour", amount(metric, alert.observed)),
        ("Usual", amount(metric, alert.expected)),
        (_excess_word(alert).capitalize(), amount(metric, abs(alert.excess))),
        *(
            ((f"{_excess_word(alert).capitalize()} so far", amount(metric, abs(alert.total_excess))),)
            if _lasts(alert)
            else ()
        ),
        ("Ordinary range", f"{amount(metric, low)} to {amount(metric, alert.high)}"),
        *((("Made by", drivers(known)),) if known and known.effects else ()),
        *((("Compared with", known.baseline),) if known else ()),
        ("Since", when(alert.opened_at, zone)),
        ("Series", str(alert.series)),
    )


def drivers(known: Explanation) -> str:
    """Return the dollars of each driver and those that none accounts for; together they are the excess."""
    parts = [f"{_driver(one, known)} {words.dollars(one.dollars)}" for one in known.effects if abs(one.dollars) >= CENT]
    if abs(known.unexplained) >= CENT:
        parts.append(f"not explained {words.dollars(known.unexplained)}")
    return ", ".join(parts) or "nothing worth a cent"


def when(moment: datetime, zone: ZoneInfo) -> str:
    """Return a time on the owner's clock."""
    return moment.astimezone(zone).strftime("%a %d %b %H:%M %Z")


def _driver(effect: Effect, known: Explanation) -> str:
    if effect.driver is Driver.CALLS:
        return f"calls {round(known.calls - known.usual_calls):+,}"
    return DRIVERS[effect.driver]


def _cause(alert: Alert, dimension: str, one: Contributor, share: float) -> str:
    metric = alert.series.metric
    return (
        f"{words.entity(dimension, one.name)}: {_own(metric, one.observed)}, usually {_own(metric, one.usual)} "
        f"({100 * share:.0f} % of the {_excess_word(alert)})"
    )


def _carried(alert: Alert, one: Contributor) -> str:
    """Say what one contributor carries: of a rise its dollars, else how it is beside how it was."""
    metric = alert.series.metric
    if metric.is_counter and alert.excess > 0:
        return amount(metric, one.excess)
    return f"{_own(metric, one.observed)} instead of {_own(metric, one.usual)}"


def _own(metric: Metric, value: Decimal | None) -> str:
    if value is None:
        return "no calls"
    return amount(metric, value) if value or not metric.is_counter else "nothing"


def _excess_word(alert: Alert) -> str:
    if alert.series.metric.is_counter:
        return "excess" if alert.excess > 0 else "shortfall"
    return "rise" if alert.excess > 0 else "fall"


def _lasts(alert: Alert) -> bool:
    """Tell whether the whole episode is worth much more than its worst window."""
    return alert.series.metric.is_counter and abs(alert.total_excess) >= LASTING * abs(alert.excess)


def _ratio(alert: Alert) -> str:
    if alert.expected <= 0:
        return "nothing is usual here"
    ratio = alert.observed / alert.expected
    if ratio > LARGEST_RATIO:
        return f"more than {LARGEST_RATIO:,.0f} times as much"
    return f"{words.factor(ratio)} times as much" if ratio >= 1 else f"{100 * (1 - ratio):.0f} % less"
