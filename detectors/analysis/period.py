"""The stretch of time that is analysed, cut into buckets, and what its buckets are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from detectors.base import DetectorError

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Period:
    """Consecutive buckets; their lengths may differ, as months do and days when the clocks change.

    A last bucket that is still filling up is best left out: it would be taken for a quiet one.

    Attributes:
        name: What the period is called, such as ``SEVEN_DAYS``.
        edges: Where the buckets begin, and where the last one ends; aware, in the zone of the owner,
            whose weekdays and dates the labels show.
    """

    name: str
    edges: tuple[datetime, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2:
            raise DetectorError(f"the period {self.name} has no bucket: give the edges of at least one")
        if any(edge.tzinfo is None for edge in self.edges):
            raise DetectorError(f"the period {self.name} has naive edges: give them the zone of the owner")
        instants = [edge.astimezone(UTC) for edge in self.edges]
        if any(later <= earlier for earlier, later in pairwise(instants)):
            raise DetectorError(f"the edges of the period {self.name} are not in ascending order")

    @classmethod
    def even(cls, name: str, start: datetime, width: timedelta, count: int) -> Period:
        """Return a period of buckets of one width."""
        return cls(name, tuple(start + number * width for number in range(count + 1)))

    @property
    def starts(self) -> tuple[datetime, ...]:
        """Where the buckets begin."""
        return self.edges[:-1]

    @property
    def end(self) -> datetime:
        """Where the last bucket ends."""
        return self.edges[-1]

    @property
    def unit(self) -> str:
        """What one bucket is, as a noun."""
        width = self._width(0)
        if width == HOUR:
            return "hour"
        if _is_day(width):
            return "day"
        return "month" if _is_month(width) else "period"

    def indexes(self) -> dict[datetime, int]:
        """Return the number of each bucket by the instant it begins at, in UTC."""
        return {start.astimezone(UTC): index for index, start in enumerate(self.starts)}

    def label(self, index: int) -> str:
        """Name a bucket by its weekday and its date, and by its time where a day has several."""
        start, width = self.edges[index], self._width(index)
        if _is_month(width):
            return start.strftime("%B %Y")
        day = start.strftime("%A %Y-%m-%d")
        if width > 2 * DAY:
            return f"{round(width / DAY)} days from {day}"
        midnight = start.hour == start.minute == start.second == 0
        return day if _is_day(width) and midnight else f"{day} {start.strftime('%H:%M %Z')}"

    def times(self) -> list[time | int]:
        """Return the time of the day of each bucket, or the weekday where it is as long as a day or longer."""
        daily = self._width(0) >= DAY - HOUR
        return [start.weekday() if daily else start.time() for start in self.starts]

    def is_weekend(self, index: int) -> bool:
        """Say whether a bucket, no longer than a day, begins on a Saturday or a Sunday."""
        return self.edges[index].weekday() >= SATURDAY and self._width(index) < 2 * DAY

    def _width(self, index: int) -> timedelta:
        # Between two stamps of one zone Python subtracts wall clocks, which jump twice a year.
        return self.edges[index + 1].astimezone(UTC) - self.edges[index].astimezone(UTC)


def _is_day(width: timedelta) -> bool:
    return DAY - HOUR <= width <= DAY + HOUR


def _is_month(width: timedelta) -> bool:
    return 27 * DAY < width < 32 * DAY
