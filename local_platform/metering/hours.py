"""How many calls a span holds, and where in it a page begins, by the counts of whole hours."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from local_platform.metering.question import Span

_HOUR_MS = 3_600_000
# The migration counts hours from the year 1.
_FIRST_MS = 62_135_596_800_000


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: so many rows into a narrower span."""

    span: Span
    offset: int


def count(connection: sqlite3.Connection, span: Span) -> int:
    """Count the calls of a span."""
    return sum(calls for _, calls in _pieces(connection, span, newest_first=False))


def start_of(connection: sqlite3.Connection, span: Span, offset: int, *, newest_first: bool) -> Start:
    """Return where a page begins that so many calls of the span come before."""
    left = offset
    for piece, calls in _pieces(connection, span, newest_first=newest_first):
        if left < calls:
            rest = replace(span, end_ms=piece.end_ms) if newest_first else replace(span, start_ms=piece.start_ms)
            return Start(rest, left)
        left -= calls
    return Start(span, offset)


def _pieces(connection: sqlite3.Connection, span: Span, *, newest_first: bool) -> list[tuple[Span, int]]:
    """Cut a span into its hours that have calls; what it has of its first and last hour is counted by the row."""
    start_ms, end_ms = span.start_ms, span.end_ms
    first = -1 if start_ms is None else _hour(start_ms)
    last = 1 << 40 if end_ms is None else _hour(end_ms - 1)
    rows = connection.execute(
        "SELECT hour, sum(calls) FROM hour_count WHERE team = ? AND modality = coalesce(?, modality)"
        " AND hour BETWEEN ? AND ? GROUP BY hour ORDER BY hour",
        (span.team, span.modality, first, last),
    ).fetchall()
    pieces = [_piece(connection, span, hour, calls) for hour, calls in rows]
    return pieces[::-1] if newest_first else pieces


def _piece(connection: sqlite3.Connection, span: Span, hour: int, calls: int) -> tuple[Span, int]:
    begins = hour * _HOUR_MS - _FIRST_MS
    start_ms = begins if span.start_ms is None else max(begins, span.start_ms)
    end_ms = begins + _HOUR_MS if span.end_ms is None else min(begins + _HOUR_MS, span.end_ms)
    piece = replace(span, start_ms=start_ms, end_ms=end_ms)
    return piece, calls if end_ms - start_ms == _HOUR_MS else _counted(connection, piece)


def _counted(connection: sqlite3.Connection, span: Span) -> int:
    where = " AND ".join(text for text, _ in span.conditions())
    values = [value for _, some in span.conditions() for value in some]
    (calls,) = connection.execute(f"SELECT count(*) FROM completion WHERE {where}", values).fetchone()  # noqa: S608 - ours
    return int(calls)


def _hour(moment_ms: int) -> int:
    return (moment_ms + _FIRST_MS) // _HOUR_MS
