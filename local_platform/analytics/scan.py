"""Reading a team's calls bucket by bucket: copied columns, and the rows that are not copied yet."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np

from local_platform.analytics import columns
from local_platform.analytics.columns import KEYS, MEASURES, TIME, Calls, Numbers, Packed, Vocabulary, Word
from local_platform.analytics.folding import DAY_MS
from local_platform.analytics.memory import return_the_rest
from local_platform.analytics.periods import Bucket
from local_platform.wire import dumps, to_ms

Keeps = Callable[[Word], bool]

_ROWS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Selection:
    """Which calls of a team are read, and what of them.

    Attributes:
        team: The number of the team.
        names: The columns.
        keeps: By column: whether calls with a word of it count.
        vocabularies: What the numbers in the columns that are names stand for; filled while reading.
    """

    team: int
    names: tuple[str, ...]
    keeps: Mapping[str, Keeps] = field(default_factory=dict)
    vocabularies: dict[str, Vocabulary] = field(default_factory=lambda: defaultdict(Vocabulary))

    @property
    def read(self) -> tuple[str, ...]:
        """All columns that must be read."""
        return tuple(dict.fromkeys((*self.names, *self.keeps)))


@contextmanager
def one_view(connection: sqlite3.Connection) -> Iterator[None]:
    """Let several statements see the same state of the database, also within a transaction."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")
        return_the_rest()


def calls_by_bucket(
    connection: sqlite3.Connection, selection: Selection, buckets: Sequence[Bucket]
) -> Iterator[dict[str, Numbers]]:
    """Return the columns of the calls of each bucket; buckets must follow one another in time. To be used within `one_view`."""
    rest = _not_copied(connection, selection, to_ms(buckets[0].start), to_ms(buckets[-1].end))
    days = _Days(connection, selection)
    for bucket in buckets:
        start, end = to_ms(bucket.start), to_ms(bucket.end)
        # Nothing of the parts is held on to while the caller works with what they are joined to.
        yield kept(columns.joined([*days.between(start, end), rest.between(start, end)], selection.read), selection)


def calls_between(connection: sqlite3.Connection, selection: Selection, start: int, end: int) -> Iterator[Calls]:
    """Yield the calls from one moment until before another in parts, each ordered by time.

    Of calls at the same moment, the one that was metered first comes first. Filters are not applied. To be used
    within `one_view`.
    """
    first, last = connection.execute(
        "SELECT (SELECT min(day) FROM call_column WHERE team = ?1), (SELECT max(day) FROM call_column WHERE team = ?1)",
        (selection.team,),
    ).fetchone()
    if first is not None:
        copied = _Days(connection, selection)
        yield from copied.between(max(start, first * DAY_MS), min(end, (last + 1) * DAY_MS))
    rest = _rest(connection, selection, start, end)
    # After an import these may be many; there is always a part, if only an empty one.
    rows = rest.fetchmany(_ROWS_AT_ONCE)
    yield columns.from_rows(rows, selection.read, selection.vocabularies)
    while rows := rest.fetchmany(_ROWS_AT_ONCE):
        yield columns.from_rows(rows, selection.read, selection.vocabularies)


class _Days:
    """The copied calls day by day; the last day read is remembered, for the next bucket may begin in it."""

    def __init__(self, connection: sqlite3.Connection, selection: Selection) -> None:
        self._connection = connection
        self._selection = selection
        self._last: tuple[int, list[Calls]] | None = None

    def between(self, start: int, end: int) -> Iterator[Calls]:
        """Yield the calls from one moment until before another, in parts."""
        for day in range(start // DAY_MS, (end - 1) // DAY_MS + 1):
            if self._last is None or self._last[0] != day:
                self._last = day, _copied(self._connection, self._selection, day)
            yield from (part.between(start, end) for part in self._last[1])


def _copied(connection: sqlite3.Connection, selection: Selection, day: int) -> list[Calls]:
    """Read the columns of one day; each part is ordered by time."""
    wanted = (TIME, *selection.read)
    rows = connection.execute(
        "SELECT first, name, words, type, data FROM call_column"
        " WHERE team = ? AND day = ? AND name IN (SELECT value FROM json_each(?))",
        (selection.team, day, dumps(wanted)),
    )
    parts: dict[int, dict[str, Numbers]] = defaultdict(dict)
    for first, name, words, width, data in rows:
        vocabulary = selection.vocabularies[name] if words is not None else None
        parts[first][name] = columns.unpack(Packed(words, width, data), vocabulary)
    return [Calls(part.pop(TIME), part, origin=day * DAY_MS) for _, part in sorted(parts.items(), key=itemgetter(0))]


def _not_copied(connection: sqlite3.Connection, selection: Selection, start: int, end: int) -> Calls:
    rows = _rest(connection, selection, start, end).fetchall()
    return columns.from_rows(rows, selection.read, selection.vocabularies)


def _rest(connection: sqlite3.Connection, selection: Selection, start: int, end: int) -> sqlite3.Cursor:
    """Read the rows after the last copied one; told not to, SQLite would walk the window instead of them."""
    fields = ", ".join((KEYS | MEASURES)[name] for name in selection.read)
    return connection.execute(
        f"SELECT {TIME}, {fields} FROM completion NOT INDEXED"  # noqa: S608 - our own columns
        " WHERE id > (SELECT through FROM folded) AND team = ? AND request_ms >= ? AND request_ms < ? ORDER BY id",
        (selection.team, start, end),
    )


def kept(calls: dict[str, Numbers], selection: Selection) -> dict[str, Numbers]:
    """Leave out what the filters do not keep."""
    for name, keeps in selection.keeps.items():
        words = selection.vocabularies[name].words
        if words:
            mask = np.fromiter(map(keeps, words), bool)[calls[name]]
            calls = {other: column[mask] for other, column in calls.items()}
    return calls
