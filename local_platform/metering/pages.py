"""Pages of the log, as fast far down as at the top, and each row once for those who walk them while rows are added.

Where a page ended is remembered, so that the next one goes on from there: it neither reads what came before, nor shows a
row again because new ones have moved it down. How many rows answer a question is remembered too, and only newer rows are
counted again. A page that nobody has walked up to is found by the counts of hours.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from local_platform.http.paging import Paging
from local_platform.metering import hours
from local_platform.metering.question import LogQuery
from local_platform.metering.rows import LoggedCall, logged

T = TypeVar("T")

_MOST_REMEMBERED = 4096
# Who comes back later than this means the log as it is then.
_WALK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LogPage:
    """The rows of one page, with how many there are on all pages."""

    rows: list[LoggedCall]
    total: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and when."""

    reader: Hashable
    at: datetime


@dataclass(frozen=True, slots=True)
class _End:
    """The last row of a page: the value that it is sorted by, and its number."""

    value: int
    row: int
    served: datetime


@dataclass(frozen=True, slots=True)
class _Total:
    """How many of the rows up to one answer a question."""

    rows: int
    newest: int


class Pages:
    """What is remembered between the pages of one platform's log."""

    def __init__(self) -> None:
        self._ends: _Memory[_End] = _Memory()
        self._totals: _Memory[_Total] = _Memory()

    def read(self, connection: sqlite3.Connection, query: LogQuery, paging: Paging, visit: Visit) -> LogPage:
        """Read one page."""
        walk = (visit.reader, query, paging.size)
        before = self._ends.get((walk, paging.page - 1))
        if before is not None and visit.at - before.served > _WALK:
            before = None
        total = self._total(connection, query)
        if before is None and paging.offset >= total:
            return LogPage([], total)
        rows = _rows_after(connection, query, before, paging) if before else _rows_at(connection, query, paging)
        # A page past the end ends where the one before did: whoever goes on is not sent back to the middle.
        end = _End(*rows[-1], visit.at) if rows else before
        if end is not None:
            self._ends.put((walk, paging.page), end)
        return LogPage(logged(connection, [row for _, row in rows]), total)

    def _total(self, connection: sqlite3.Connection, query: LogQuery) -> int:
        if not query.filters:
            return hours.count(connection, query.span)
        # The present names of what is registered are part of some questions.
        question = (query.span, query.filters, _names_state(connection))
        known = self._totals.get(question) or _Total(0, 0)
        (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM completion").fetchone()
        (more,) = connection.execute(
            f"SELECT count(*) FROM completion WHERE {query.where} AND id > ? AND id <= ?",  # noqa: S608 - fixed fragments
            (*query.values, known.newest, newest),
        ).fetchone()
        total = _Total(known.rows + int(more), newest)
        self._totals.put(question, total)
        return total.rows


class _Memory(Generic[T]):
    """Remembers what was used last; several readers may ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST_REMEMBERED:
                self._kept.popitem(last=False)


def _rows_after(connection: sqlite3.Connection, query: LogQuery, end: _End, paging: Paging) -> list[tuple[int, int]]:
    """Read on from where a page ended; an order of several columns has no such place."""
    column, direction = query.order[0]
    if not _has_place(query):
        return _rows_at(connection, query, paging)
    sign = "<" if direction == "DESC" else ">"
    # The first condition is what an index can use; the second one decides among rows that tie.
    further = f"{column} {sign}= ? AND ({column}, id) {sign} (?, ?)"
    return _rows(connection, query, further, (end.value, end.value, end.row), paging.size, 0)


def _rows_at(connection: sqlite3.Connection, query: LogQuery, paging: Paging) -> list[tuple[int, int]]:
    """Read from so many rows into the answer on."""
    offset = paging.offset
    column, direction = query.order[0]
    if offset and column == "request_ms" and _has_place(query) and not query.filters:
        start = hours.start_of(connection, query.span, offset, newest_first=direction == "DESC")
        query, offset = replace(query, span=start.span), start.offset
    return _rows(connection, query, "1", (), paging.size, offset)


def _has_place(query: LogQuery) -> bool:
    return [column for column, _ in query.order[1:]] in ([], ["id"])


def _rows(
    connection: sqlite3.Connection, query: LogQuery, further: str, values: tuple[object, ...], size: int, offset: int
) -> list[tuple[int, int]]:
    """Read what rows are sorted by and their numbers; their records are read only when the page is known."""
    order = ", ".join(f"{column} {direction}" for column, direction in query.order)
    return connection.execute(
        f"SELECT {query.order[0][0]}, id FROM completion WHERE {query.where} AND {further} "  # noqa: S608 - fixed fragments
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        (*query.values, *values, size, offset),
    ).fetchall()


def _names_state(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return what differs after a change of any name that calls refer to."""
    changed_ms, number = connection.execute(
        "SELECT coalesce(max(updated_ms), 0), count(*) FROM document"
        " WHERE kind IN ('organization', 'product', 'credential')"
    ).fetchone()
    return int(changed_ms), int(number)
