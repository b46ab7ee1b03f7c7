"""What people said, as it is kept: unchanged but for its end and its undoing, each act with a line in the audit log."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

from daemon.clock import to_ms
from daemon.domain import SeriesKey
from daemon.spoken import Spoken, lessons_for
from daemon.storage import lessons
from daemon.testing import NOON
from detectors.feedback import Kind, Lesson, Side

HOUR = timedelta(hours=1)
ROBOT, HELPER = SeriesKey.parse("cost/agent/robot"), SeriesKey.parse("cost/agent/helper")
SAID = Spoken(
    Lesson("l1", Kind.EXPECTED, Side.BELOW, NOON, None, 7.5, NOON + HOUR, "ann", NOON + 9 * HOUR, "launch"),
    "cost/agent/*",
    ROBOT,
    "a1",
)


def _other(identity: str, kind: Kind, pattern: str, hours: int = 1) -> Spoken:
    return replace(
        SAID, pattern=pattern, lesson=replace(SAID.lesson, id=identity, kind=kind, given_at=NOON + hours * HOUR)
    )


def test_what_was_said_comes_back_as_it_was(connection: sqlite3.Connection) -> None:
    bare = Spoken(replace(SAID.lesson, id="l2", end=NOON + HOUR, until=None, note=""), "x")
    lessons.add(connection, [SAID, bare])
    assert lessons.everything(connection, undone=False) == [SAID, bare]


def test_words_are_read_in_the_order_they_were_given(connection: sqlite3.Connection) -> None:
    for identity, hours in (("b", 2), ("z", 1), ("a", 1)):
        lessons.add(connection, [_other(identity, Kind.REAL, "x", hours)])
    assert [one.lesson.id for one in lessons.everything(connection, undone=False)] == ["z", "a", "b"]


def test_what_is_taken_back_stays_with_the_name_of_who_did_it_and_goes_only_once(
    connection: sqlite3.Connection,
) -> None:
    lessons.add(connection, [SAID])
    assert lessons.undo(connection, "l1", to_ms(NOON + 2 * HOUR), "bob")
    assert not lessons.undo(connection, "l1", to_ms(NOON + 3 * HOUR), "eve")
    assert not lessons.undo(connection, "l9", to_ms(NOON + 3 * HOUR), "eve")
    assert lessons.everything(connection, undone=False) == []
    gone = replace(SAID, undone_at=NOON + 2 * HOUR, undone_by="bob")
    assert lessons.everything(connection, undone=True) == [gone]


def test_what_was_said_along_is_taken_back_along(connection: sqlite3.Connection) -> None:
    lessons.add(connection, [_other(identity, Kind.REAL, "x") for identity in ("l1", "l1.1", "l1.2", "l11", "l2.1")])
    assert lessons.undo(connection, "l1", to_ms(NOON + 2 * HOUR), "bob")
    assert [one.lesson.id for one in lessons.everything(connection, undone=False)] == ["l11", "l2.1"]


def test_an_end_is_noted_once(connection: sqlite3.Connection) -> None:
    lessons.add(connection, [SAID])
    for hours in (2, 3):
        lessons.end(connection, "l1", to_ms(NOON + hours * HOUR))
    (kept,) = lessons.everything(connection, undone=False)
    assert kept.lesson.end == NOON + 2 * HOUR


def test_every_word_and_its_undoing_is_audited_and_an_end_is_nobodys_act(connection: sqlite3.Connection) -> None:
    lessons.add(connection, [SAID])
    lessons.end(connection, "l1", 5)
    lessons.undo(connection, "l1", 7, "bob")
    assert connection.execute("SELECT at, actor, action, detail FROM audit ORDER BY id").fetchall() == [
        (to_ms(NOON + HOUR), "ann", "feedback", "l1 expected below cost/agent/* a1"),
        (7, "bob", "undo feedback", "l1"),
    ]


# -- whom a word concerns


def test_a_word_concerns_the_series_that_its_pattern_means() -> None:
    assert [lessons_for(key, [SAID], NOON).given == (SAID.lesson,) for key in (ROBOT, HELPER)] == [True, True]
    assert lessons_for(SeriesKey.parse("calls/agent/robot"), [SAID], NOON).given == ()


def test_a_name_with_brackets_means_itself() -> None:
    odd = SeriesKey.parse("cost/agent/[x]")
    assert Spoken(SAID.lesson, str(odd)).concerns(odd)


def test_a_word_that_names_a_series_outranks_a_newer_one_with_wildcards() -> None:
    exact, loose = _other("exact", Kind.REAL, str(ROBOT), 1), _other("loose", Kind.NOISE, "cost/*", 2)
    for spoken in ([exact, loose], [loose, exact]):
        assert [one.id for one in lessons_for(ROBOT, spoken, NOON).given] == ["exact"]
        assert [one.id for one in lessons_for(HELPER, spoken, NOON).given] == ["loose"]


def test_what_was_taken_back_counts_for_nobody() -> None:
    assert lessons_for(ROBOT, [replace(SAID, undone_at=NOON)], NOON).given == ()
