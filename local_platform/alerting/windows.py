"""Which stretch of time a rule looks at.

A THRESHOLD or RELATIVE_CHANGE rule looks back from now by the width of its period; there DAILY, WEEKLY, MONTHLY and
QUARTERLY are 1, 7, 30 and 91 days, so that two windows that are compared are equally long. A budget and a cost control
add up since the start of a period on the UTC clock: the day, the week from Monday, the month, the quarter. The names
that speak of a width mean the same there: TWENTY_FOUR_HOURS the day, SEVEN_DAYS the week, THIRTY_DAYS the month, and
the shorter ones the part of the day that is cut that wide from midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from local_platform.alerting.rule import Rule
from local_platform.alerting.vocabulary import Duration

_MILLISECOND = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)

_WIDTHS = {
    Duration.ONE_MINUTE: _MINUTE,
    Duration.FIVE_MINUTES: 5 * _MINUTE,
    Duration.FIFTEEN_MINUTES: 15 * _MINUTE,
    Duration.THIRTY_MINUTES: 30 * _MINUTE,
    Duration.ONE_HOUR: 60 * _MINUTE,
    Duration.TWELVE_HOURS: _DAY / 2,
    Duration.TWENTY_FOUR_HOURS: _DAY,
    Duration.SEVEN_DAYS: 7 * _DAY,
    Duration.THIRTY_DAYS: 30 * _DAY,
    Duration.DAILY: _DAY,
    Duration.WEEKLY: 7 * _DAY,
    Duration.MONTHLY: 30 * _DAY,
    Duration.QUARTERLY: 91 * _DAY,
}
_CALENDAR = {
    Duration.TWENTY_FOUR_HOURS: Duration.DAILY,
    Duration.SEVEN_DAYS: Duration.WEEKLY,
    Duration.THIRTY_DAYS: Duration.MONTHLY,
}


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time as it is seen at one moment.

    Attributes:
        start: Its first moment.
        last: The last moment that counts: the present.
        end: When it is over; a window that moves along is always just over.
    """

    start: datetime
    last: datetime
    end: datetime

    @property
    def minutes(self) -> Decimal:
        """How many minutes of it have passed; at least one, because rates are divided by it."""
        return max(Decimal((self.last + _MILLISECOND - self.start) // _MILLISECOND) / 60_000, Decimal(1))

    @property
    def passed(self) -> Decimal:
        """Which share of it has passed."""
        return Decimal((self.last - self.start) // _MILLISECOND) / ((self.end - self.start) // _MILLISECOND)


def width(duration: Duration) -> timedelta:
    """Return how long a duration is where no calendar is followed."""
    return _WIDTHS[duration]


def window_of(rule: Rule, now: datetime, reset: datetime | None = None) -> Window:
    """Return what a rule looks at now; a budget that was reset starts again at that moment."""
    return to_date(rule.period, now, reset) if rule.is_budget else rolling(rule.period, now)


def rolling(duration: Duration, now: datetime) -> Window:
    """Return the window that ends now, to the millisecond."""
    return Window(now - _WIDTHS[duration] + _MILLISECOND, now, now + _MILLISECOND)


def before(window: Window) -> Window:
    """Return the window of the same width that ends where a rolling one starts."""
    span = window.end - window.start
    return Window(window.start - span, window.last - span, window.start)


def to_date(duration: Duration, now: datetime, reset: datetime | None = None) -> Window:
    """Return the current period on the UTC clock, from its start or from a reset within it."""
    start, end = _period(duration, now)
    if reset is not None and start < reset <= now:
        start = reset
    return Window(start, now, end)


def key(duration: Duration, window: Window) -> str:
    """Name a period, as MONTHLY:2026-05 or WEEKLY:2026-W20; it stays the same for as long as the period runs."""
    # Not the window's own start: after a reset that lies within the period.
    start, _ = _period(duration, window.last)
    named = _CALENDAR.get(duration, duration)
    match named:
        case Duration.WEEKLY:
            name = f"{start:%G-W%V}"
        case Duration.MONTHLY:
            name = f"{start:%Y-%m}"
        case Duration.QUARTERLY:
            name = f"{start.year:04}-Q{(start.month + 2) // 3}"
        case Duration.DAILY:
            name = f"{start:%Y-%m-%d}"
        case _:
            name = f"{start:%Y-%m-%dT%H:%M}"
    return f"{named}:{name}"


def _period(duration: Duration, now: datetime) -> tuple[datetime, datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    match _CALENDAR.get(duration, duration):
        case Duration.WEEKLY:
            start = midnight - now.weekday() * _DAY
            return start, start + 7 * _DAY
        case Duration.MONTHLY:
            start = midnight.replace(day=1)
            return start, _first_after(start, 1)
        case Duration.QUARTERLY:
            start = midnight.replace(month=now.month - (now.month - 1) % 3, day=1)
            return start, _first_after(start, 3)
        case _:
            span = _WIDTHS[duration]
            start = midnight + (now - midnight) // span * span
            return start, start + span


def _first_after(first: datetime, months: int) -> datetime:
    """Return the first day of the month that comes so many months later."""
    index = first.month - 1 + months
    return first.replace(year=first.year + index // 12, month=index % 12 + 1)
