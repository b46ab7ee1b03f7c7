"""Who is new in a dimension, and who has vanished from it. Pure: time comes with the windows.

A new name is news where new names are rare and it spends something on its first day. A name has
vanished when it was a regular and is silent for far longer than ever, while others go on: silence is
counted in hours in which anybody was active, so that neither a night nor an outage makes a name vanish.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from detectors import fields
from detectors.base import DetectorError

STATE_VERSION = 1
DAY = 24  # hours
WATCHED = 7 * DAY  # hours until anybody knows who belongs to a dimension
MEMORY = 7 * DAY  # hours in which what is usual is half forgotten
RARE = 1.0  # arrivals a day, beyond which new names are the rule
CROWD = 3.0  # arrivals within about a day, beyond which none of them is news of its own
REGULAR = 8  # times that a name was active again
LOUD_SILENCE = 2.0  # times its longest silence before
COLUMNS = ("first", "last", "busy", "longest", "returns", "first_day", "arrival", "told")


class Kind(StrEnum):
    """What there is to say of a name."""

    NEW = "new"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class News:
    """One name that came or went.

    Attributes:
        since: Start of the hour in which it was first active, or of the last in which it was.
        amount: What it spent on its first day so far; of one that vanished, the hours in which
            others were active without it.
        usual: What the dimension spends in a day; the longest such silence of it before.
    """

    kind: Kind
    name: str
    since: datetime
    amount: float
    usual: float


@dataclass(slots=True)
class _Entry:
    """One name; moments are whole hours since the epoch, `busy` and `longest` count busy hours."""

    first: float
    last: float
    busy: float
    longest: float = 0.0
    returns: float = 0.0
    first_day: float = 0.0
    arrival: float = 0.0
    told: float = 0.0


class Roster:
    """The names of one dimension.

    Args:
        least: What a new name must spend on its first day to be news, in the unit of the amounts.
        share: The same as a share of what the dimension spends in a day; the larger of both counts.
        most: How many names are remembered; those silent for longest are forgotten first.
    """

    def __init__(self, *, least: float = 1.0, share: float = 0.01, most: int = 5000) -> None:
        self.least = least
        self.share = share
        self.most = most
        self._entries: dict[str, _Entry] = {}
        self._since = self._now = self._busy = 0.0
        self._spent = self._arrivals = self._crowd = 0.0

    def see(self, name: str, at: datetime, amount: float) -> None:
        """Learn that a name was active in the hour that starts at `at`; in any order within a day or so.

        Raises:
            DetectorError: The stamp is naive or the amount not finite.
        """
        if at.tzinfo is None or not math.isfinite(amount):
            raise DetectorError(f"the hour {at} of {name!r} with the amount {amount} cannot be used: give both in full")
        hour = float(at.timestamp() // 3600)
        self._advance(hour)
        self._spent += amount
        entry = self._entries.get(name)
        if entry is None:
            entry = self._arrive(name, hour)
        silence = self._busy - entry.busy - 1
        if hour > entry.last:
            entry.longest = max(entry.longest, silence)
            entry.returns += 1
            entry.last, entry.busy = hour, self._busy
            if entry.told == _GONE:
                entry.told = _SETTLED
        if hour - entry.first < DAY:
            entry.first_day += amount

    def news(self) -> list[News]:
        """Return who is news since this was last asked, up to the newest hour seen; nobody is news twice."""
        found = []
        for name, entry in self._entries.items():
            judge = self._as_new if entry.told == _FRESH else self._as_vanished
            news = judge(name, entry)
            if news is not None:
                found.append(news)
        return sorted(found, key=lambda news: (news.kind, news.name))

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        entries = list(self._entries.values())
        return {
            "version": STATE_VERSION,
            "totals": [self._since, self._now, self._busy, self._spent, self._arrivals, self._crowd],
            "names": list(self._entries),
            **{column: [getattr(entry, column) for entry in entries] for column in COLUMNS},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned.

        Raises:
            DetectorError: The state is of another version or shape.
        """
        fields.require_version(state, STATE_VERSION)
        totals = fields.numbers(state, "totals", length=6)
        names = state.get("names")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DetectorError("saved state has no list of names: rebuild from stored samples")
        columns = [fields.numbers(state, column, length=len(names)) for column in COLUMNS]
        self._since, self._now, self._busy, self._spent, self._arrivals, self._crowd = totals
        self._entries = {name: _Entry(*row) for name, *row in zip(names, *columns, strict=True)}

    def _advance(self, hour: float) -> None:
        if not self._busy:
            self._since = self._now = hour
            self._busy = 1.0
        passed = hour - self._now
        if passed > 0:
            self._busy += 1
            self._spent *= _kept(passed, MEMORY)
            self._arrivals *= _kept(passed, MEMORY)
            self._crowd *= _kept(passed, DAY)
            self._now = hour

    def _arrive(self, name: str, hour: float) -> _Entry:
        if len(self._entries) >= self.most:
            del self._entries[min(self._entries, key=lambda each: self._entries[each].last)]
        known_by_then = hour - self._since >= WATCHED
        entry = _Entry(first=hour, last=hour, busy=self._busy, told=_FRESH if known_by_then else _SETTLED)
        if hour - self._since >= DAY:  # who is there on the first day did not arrive on it
            self._arrivals += 1
            self._crowd += 1
            entry.arrival = 1.0
        self._entries[name] = entry
        return entry

    def _as_new(self, name: str, entry: _Entry) -> News | None:
        usual = self._per_day(self._spent)
        rare = self._per_day(self._arrivals - entry.arrival) < RARE and self._crowd <= CROWD
        if rare and entry.first_day >= max(self.least, self.share * usual):
            entry.told = _SETTLED
            return News(Kind.NEW, name, _moment(entry.first), entry.first_day, usual)
        if self._now - entry.first >= DAY:
            entry.told = _SETTLED
        return None

    def _as_vanished(self, name: str, entry: _Entry) -> News | None:
        silence = self._busy - entry.busy
        is_regular = entry.returns >= REGULAR and entry.last - entry.first >= WATCHED
        is_long = silence > LOUD_SILENCE * entry.longest and min(silence, self._now - entry.last) >= DAY
        if entry.told == _GONE or not (is_regular and is_long):
            return None
        entry.told = _GONE
        return News(Kind.VANISHED, name, _moment(entry.last), silence, entry.longest)

    def _per_day(self, remembered: float) -> float:
        """Return what a half forgotten sum comes to in a day: sum * ln 2 * day / memory / (1 - 2 ** (-age / memory))."""
        age = max(float(DAY), self._now - self._since)
        return remembered * math.log(2) * DAY / MEMORY / (1.0 - _kept(age, MEMORY))


_FRESH, _SETTLED, _GONE = 0.0, 1.0, 2.0


def _kept(hours: float, half: float) -> float:
    return math.exp2(-max(0.0, hours) / half)


def _moment(hour: float) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)
