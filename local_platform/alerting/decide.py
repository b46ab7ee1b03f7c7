"""The decision: what a rule's readings mean for its alerts.

Pure: state and readings in, judgements out. There is one alert per rule and group until it is resolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from local_platform.alerting import metrics, windows
from local_platform.alerting.metrics import NOTHING, Sums
from local_platform.alerting.rule import Rule
from local_platform.alerting.vocabulary import AlertType, Operator
from local_platform.alerting.windows import Window

UNGROUPED = ""


class Reason(StrEnum):
    """Why a judgement is what it is."""

    BELOW = "below"
    BREACHED = "breached"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    PERIOD_ENDED = "period ended"
    FIRED_BEFORE = "fired before in this period"
    TOO_FEW_SAMPLES = "too few samples"
    NO_DATA = "no data"


class Transition(StrEnum):
    """What happens to the alert of a group."""

    FIRED = "fired"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was summed up for one group, in the window and where changes are judged in the one before."""

    current: Sums
    previous: Sums = NOTHING


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of one group.

    Attributes:
        since: Since when the condition has held without a break.
        firing: Whether its alert is open.
        period: The start of the budget's period that this is about.
        crossed: The threshold at which the budget has fired in it: one that is raised may fire again.
    """

    since: datetime | None = None
    firing: bool = False
    period: datetime | None = None
    crossed: Decimal | None = None


IDLE = Standing()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found for one group.

    Attributes:
        group: The group, or `UNGROUPED`.
        reason: Why.
        value: What was measured, where something was.
        transition: What happens to the alert, if anything.
        standing: What is to be remembered.
    """

    group: str
    reason: Reason
    value: Decimal | None
    transition: Transition | None
    standing: Standing


def decide(
    rule: Rule, standings: Mapping[str, Standing], readings: Mapping[str, Reading], window: Window
) -> list[Judgement]:
    """Judge every group that was read or is remembered.

    A group that is remembered but was not read had no calls. A budget whose period is over is judged twice: its alert
    ends with the period, then the new period is looked at.

    Args:
        rule: The rule.
        standings: What is remembered of its groups.
        readings: What was read; a rule without groups is read under `UNGROUPED`.
        window: What it was read over; its last moment is the present.
    """
    judgements = []
    for group in sorted({*standings, *readings}):
        standing = standings.get(group, IDLE)
        # Nobody may have looked when the period ended: the new one could be spent already.
        if rule.is_budget and standing.period is not None and standing.period != window.start:
            if standing.firing:
                judgements.append(Judgement(group, Reason.PERIOD_ENDED, None, Transition.RESOLVED, IDLE))
            standing = IDLE
        judgements.append(_judge(rule, group, standing, readings.get(group, Reading(NOTHING)), window))
    return judgements


def measured(rule: Rule, reading: Reading, window: Window) -> Decimal | None:
    """Return what is compared with the threshold: the metric's value, or how much it changed in the asked direction."""
    current = metrics.value(rule.metric, reading.current, window.minutes)
    if rule.alert_type is not AlertType.RELATIVE_CHANGE or current is None:
        return current
    previous = metrics.value(rule.metric, reading.previous, window.minutes)
    return None if previous is None else _change(rule, current, previous)


def _change(rule: Rule, current: Decimal, previous: Decimal) -> Decimal | None:
    rises = rule.operator in (Operator.INCREASES_BY, Operator.PERCENT_INCREASE)
    change = current - previous if rises else previous - current
    if not rule.percentage and rule.operator in (Operator.INCREASES_BY, Operator.DECREASES_BY):
        return change
    return change * 100 / previous if previous else None


def _judge(rule: Rule, group: str, standing: Standing, reading: Reading, window: Window) -> Judgement:
    value = measured(rule, reading, window)
    if value is None:
        return _calm(group, Reason.NO_DATA, None, standing)
    if metrics.samples(rule.metric, reading.current) < rule.min_samples:
        # Too little to open an alert on, and too little to end one.
        return Judgement(group, Reason.TOO_FEW_SAMPLES, value, None, standing if standing.firing else IDLE)
    if not _breaches(rule, value):
        return _calm(group, Reason.RESOLVED if standing.firing else Reason.BELOW, value, standing)
    if standing.firing:
        return Judgement(group, Reason.FIRING, value, None, standing)
    return _breached(rule, group, value, standing, window)


def _calm(group: str, reason: Reason, value: Decimal | None, standing: Standing) -> Judgement:
    """Nothing breaches: an open alert ends, and only a budget remembers that it has fired."""
    transition = Transition.RESOLVED if standing.firing else None
    kept = IDLE if standing.crossed is None else replace(standing, since=None, firing=False)
    return Judgement(group, reason, value, transition, kept)


def _breached(rule: Rule, group: str, value: Decimal, standing: Standing, window: Window) -> Judgement:
    # A budget says so once a period; that it dipped meanwhile is no news.
    if standing.crossed == rule.threshold:
        return Judgement(group, Reason.FIRED_BEFORE, value, None, standing)
    since = standing.since or window.last
    period = window.start if rule.is_budget else None
    if rule.persists is not None and window.last - since < windows.width(rule.persists):
        return Judgement(group, Reason.PENDING, value, None, replace(standing, since=since, period=period))
    crossed = rule.threshold if rule.is_budget else None
    return Judgement(group, Reason.BREACHED, value, Transition.FIRED, Standing(since, True, period, crossed))


def _breaches(rule: Rule, value: Decimal) -> bool:
    match rule.operator:
        case Operator.GREATER_THAN:
            return value > rule.threshold
        case Operator.LESS_THAN:
            return value < rule.threshold
        case Operator.LESS_THAN_OR_EQUAL_TO:
            return value <= rule.threshold
        case _:
            # A change is measured in the direction that is asked for, so more of it is more.
            return value >= rule.threshold
