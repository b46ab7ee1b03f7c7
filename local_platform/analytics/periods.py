"""The windows of the reports and how they are cut into buckets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

_FIVE_MINUTES = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST_SPAN = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time; the end belongs to the next one."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        """How long it is."""
        return (self.end - self.start) / timedelta(minutes=1)


# How many buckets a named period has, and how wide each is; None is a calendar month.
_PERIODS: dict[str, tuple[int, timedelta | None]] = {
    "HOUR": (12, _FIVE_MINUTES),
    "EIGHT_HOURS": (8, _HOUR),
    "TWENTY_FOUR_HOURS": (24, _HOUR),
    "SEVEN_DAYS": (7, _DAY),
    "THIRTY_DAYS": (30, _DAY),
    "NINETY_DAYS": (90, _DAY),
    "SIX_MONTHS": (6, None),
    "TWELVE_MONTHS": (12, None),
}
PERIODS = tuple(_PERIODS)


def rolling(period: str, now: datetime) -> list[Bucket]:
    """Cut a named period that ends now; every bucket has its full width."""
    count, width = _PERIODS[period]
    if width is None:
        edges = [_months_before(now, count - index) for index in range(count + 1)]
    else:
        edges = [now - width * (count - index) for index in range(count + 1)]
    return _between(edges)


def explicit(start: datetime, end: datetime) -> list[Bucket]:
    """Cut a chosen span on the UTC clock; the first and last bucket end where the span does.

    Raises:
        ValueError: The span is empty, or longer than ten years.
    """
    if end <= start:
        raise ValueError("endDate must be after startDate")
    if end - start > _LONGEST_SPAN:
        raise ValueError("the span must not be longer than ten years")
    inner = [edge for edge in _clock_edges(start, end) if start < edge < end]
    return _between([start, *inner, end])


def _clock_edges(start: datetime, end: datetime) -> Iterator[datetime]:
    width = _width_for(end - start)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    edge = midnight if width else midnight.replace(day=1)
    while edge < end:
        yield edge
        edge = edge + width if width else _months_before(edge, -1)


def _width_for(span: timedelta) -> timedelta | None:
    if span <= _HOUR:
        return _FIVE_MINUTES
    if span <= 2 * _DAY:
        return _HOUR
    return _DAY if span <= 92 * _DAY else None


def _months_before(moment: datetime, months: int) -> datetime:
    """Return the same day some months earlier, or that month's last day where it is shorter."""
    index = moment.year * 12 + moment.month - 1 - months
    first = moment.replace(year=index // 12, month=index % 12 + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last = (following - timedelta(days=1)).day
    return first.replace(day=min(moment.day, last))


def _between(edges: list[datetime]) -> list[Bucket]:
    return [Bucket(start, end) for start, end in pairwise(edges)]
