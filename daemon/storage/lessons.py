"""What people said about alerts: added and taken back, each with its line in the audit log, never deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from daemon.clock import from_ms, to_ms
from daemon.domain import SeriesKey
from daemon.spoken import ALONG, Spoken
from daemon.storage.overrides import note
from detectors.feedback import Kind, Lesson, Side

_COLUMNS = (
    "id, pattern, series, alert_id, kind, side, start_at, end_at, evidence, given_at, given_by, until, note, "
    "undone_at, undone_by"
)


def add(connection: sqlite3.Connection, spoken: Sequence[Spoken]) -> None:
    """Keep what somebody said."""
    for one in spoken:
        values = _values(one)
        connection.execute(f"INSERT INTO lessons ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - our own column names
        lesson = one.lesson
        what = f"{lesson.id} {lesson.kind} {lesson.side} {one.pattern} {one.alert_id or '-'}"
        note(connection, to_ms(lesson.given_at), lesson.given_by, "feedback", what)


def everything(connection: sqlite3.Connection, *, undone: bool) -> list[Spoken]:
    """Return what people said, oldest first; what was taken back only if asked for."""
    where = "" if undone else "WHERE undone_at IS NULL"
    rows = connection.execute(f"SELECT {_COLUMNS} FROM lessons {where} ORDER BY given_at, rowid")  # noqa: S608 - our own words
    return [_spoken(row) for row in rows]


def end(connection: sqlite3.Connection, identity: str, at: int) -> None:
    """Note when the episode ended that was going on when it was spoken of."""
    connection.execute("UPDATE lessons SET end_at = ? WHERE id = ? AND end_at IS NULL", (at, identity))


def undo(connection: sqlite3.Connection, identity: str, at: int, actor: str) -> bool:
    """Take back what somebody said, with what was meant along; tells whether there was such a word that still counted."""
    query = "UPDATE lessons SET undone_at = ?, undone_by = ? WHERE id = ? AND undone_at IS NULL"
    gone = connection.execute(query, (at, actor, identity)).rowcount > 0
    if gone:
        connection.execute(query.replace("id = ?", "id GLOB ?"), (at, actor, f"{identity}{ALONG}*"))
        note(connection, at, actor, "undo feedback", identity)
    return gone


def _values(spoken: Spoken) -> tuple[object, ...]:
    lesson = spoken.lesson
    return (
        lesson.id,
        spoken.pattern,
        str(spoken.series) if spoken.series else None,
        spoken.alert_id,
        lesson.kind,
        lesson.side,
        to_ms(lesson.start),
        _ms(lesson.end),
        lesson.evidence,
        to_ms(lesson.given_at),
        lesson.given_by,
        _ms(lesson.until),
        lesson.note,
        _ms(spoken.undone_at),
        spoken.undone_by,
    )


def _spoken(row: tuple[Any, ...]) -> Spoken:
    identity, pattern, series, alert_id, kind, side, start, end_at, evidence, given_at, given_by, until, text = row[:13]
    undone_at, undone_by = row[13:]
    lesson = Lesson(
        identity,
        Kind(kind),
        Side(side),
        from_ms(start),
        _moment(end_at),
        evidence,
        from_ms(given_at),
        given_by,
        _moment(until),
        text,
    )
    key = SeriesKey.parse(series) if series else None
    return Spoken(lesson, pattern, key, alert_id, _moment(undone_at), undone_by)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)
