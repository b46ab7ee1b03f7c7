"""Which billing period of a subscription a moment lies in.

A trial comes first and is a period of its own; the paid periods count from its end. A period belongs
to a subscription from its start up to, and without, its end. Nothing is pro-rated: a subscription
that ends within a period owes all of it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local_platform.billing.plan import Plan, PlanPeriod

_FOREVER = datetime.max.replace(tzinfo=UTC)
_WIDTHS = {
    PlanPeriod.DAY: timedelta(days=1),
    PlanPeriod.TEST_MINUTE: timedelta(minutes=1),
    PlanPeriod.TEST_MINUTE_WITH_SYNTHETIC_METERING: timedelta(minutes=1),
}
_MONTHS = {PlanPeriod.MONTH: 1, PlanPeriod.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Cycle:
    """One billing period.

    Attributes:
        end: None for a plan without periods, which runs on for ever.
        number: 0 for the first paid period, and for the trial.
        trial: Whether it is the trial.
    """

    start: datetime
    end: datetime | None
    number: int = 0
    trial: bool = False

    @property
    def first_paid(self) -> bool:
        """Whether what is charged once is charged here."""
        return self.number == 0 and not self.trial


def trial_end(plan: Plan, start: datetime) -> datetime | None:
    """Return when the trial of a subscription ends, or None when its plan has none."""
    return _after(start, plan.trial_period, plan.trial_period_count)


def cycle_at(plan: Plan, start: datetime, at: datetime) -> Cycle | None:
    """Return the period that a moment lies in, or None before the subscription starts.

    Months keep the day of the start, or take the last day where a month is shorter: a subscription
    from 31 January renews on 28 February and then on 31 March.
    """
    if at < start:
        return None
    ends = trial_end(plan, start)
    if ends is not None and at < ends:
        return Cycle(start, ends, trial=True)
    return _paid(plan, ends or start, at)


def cycles_between(plan: Plan, start: datetime, begin: datetime, end: datetime) -> Iterator[Cycle]:
    """Yield the periods of a subscription that share a moment with a stretch of time, whose end is not part of it."""
    moment: datetime | None = max(start, begin)
    while moment is not None and moment < end:
        cycle = cycle_at(plan, start, moment)
        if cycle is None:
            return
        yield cycle
        moment = cycle.end


def _paid(plan: Plan, start: datetime, at: datetime) -> Cycle:
    if plan.period is PlanPeriod.NONE:
        return Cycle(start, None)
    number = _whole_periods(plan, start, at)
    begin = _after(start, plan.period, number * plan.period_count)
    return Cycle(begin or start, _after(start, plan.period, (number + 1) * plan.period_count), number)


def _whole_periods(plan: Plan, start: datetime, at: datetime) -> int:
    """Count the periods that are over."""
    width = _WIDTHS.get(plan.period)
    if width is not None:
        return (at - start) // (width * plan.period_count)
    elapsed = (at.year - start.year) * 12 + at.month - start.month
    # The last of these months may not be over yet.
    if _later_month(start, elapsed) > at:
        elapsed -= 1
    return elapsed // (_MONTHS[plan.period] * plan.period_count)


def _after(start: datetime, period: PlanPeriod, count: int) -> datetime | None:
    """Return the moment so many periods later; beyond the calendar it is the calendar's end."""
    if period is PlanPeriod.NONE:
        return None
    try:
        if period in _WIDTHS:
            return start + _WIDTHS[period] * count
        return _later_month(start, _MONTHS[period] * count)
    except (OverflowError, ValueError):
        return _FOREVER


def _later_month(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
