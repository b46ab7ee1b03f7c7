"""T1: every call counts once, in the windows it belongs to, however it reaches us."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.clock import to_ms
from daemon.domain import HOUR_MS, MEASURES, MINUTE_MS, TOTAL, Dimension, Entity, Measures, Transaction, dollars
from daemon.errors import StorageError
from daemon.storage import ledger
from daemon.storage.database import Database
from daemon.storage.sqlite import SqliteStore
from daemon.store import Poll
from daemon.testing import NOON

NOW = to_ms(NOON)
DOLLAR = 1_000_000_000
BOT = Entity(Dimension.AGENT, "bot")

Make = Callable[..., Transaction]
Memory = Callable[[], AbstractContextManager[sqlite3.Connection]]
Windows = dict[tuple[Entity, int, int], Measures]


def ingest(
    connection: sqlite3.Connection, calls: Sequence[Transaction], *, at: int = NOW, watermark: int | None = None
) -> Poll:
    return ledger.ingest(connection, "team", "log", calls, at, watermark)


def windows(connection: sqlite3.Connection) -> Windows:
    """Read all windows that hold anything."""
    query = (
        f"SELECT dimension, name, grain, start, {', '.join(MEASURES)} FROM windows "  # noqa: S608 - our own column names
        "JOIN entities ON entities.id = entity_id"
    )
    rows = {
        (Entity(Dimension(row[0]), row[1]), row[2], row[3]): Measures(*row[4:]) for row in connection.execute(query)
    }
    return {key: sums for key, sums in rows.items() if sums != Measures()}


def marks(connection: sqlite3.Connection) -> set[int]:
    return {row[0] for row in connection.execute("SELECT DISTINCT seq FROM windows")}


def test_a_call_is_added_to_its_minute_and_its_hour_of_every_entity_it_names(
    connection: sqlite3.Connection, call: Make
) -> None:
    at = NOW + 5 * MINUTE_MS + 17_000
    made = call("a", at, agent="bot", input_tokens=3, total_tokens=3, latency_ms=40)
    assert ingest(connection, [made], at=at) == Poll(1, 0, 1, 1, 0)
    minute, hour = NOW + 5 * MINUTE_MS, NOW
    assert windows(connection) == {
        (entity, grain, start): made.measures
        for entity in (TOTAL, BOT)
        for grain, start in ((60, minute), (3600, hour))
    }


def test_a_call_read_twice_counts_once(connection: sqlite3.Connection, call: Make) -> None:
    made = [call("a"), call("b")]
    ingest(connection, made)
    before = windows(connection)
    assert ingest(connection, made) == Poll(2, 0, 2, 0, 0)
    assert windows(connection) == before


def test_a_call_that_repeats_within_one_read_counts_once(connection: sqlite3.Connection, call: Make) -> None:
    assert ingest(connection, [call("a"), call("a")]).added == 1
    assert windows(connection)[TOTAL, 3600, NOW].calls == 1


def test_two_calls_with_the_callers_same_id_are_two_calls(connection: sqlite3.Connection, call: Make) -> None:
    ingest(connection, [call("a", transaction_id="same"), call("b", transaction_id="same")])
    assert windows(connection)[TOTAL, 3600, NOW].calls == 2


def test_a_revised_cost_corrects_both_windows_and_marks_them_with_the_new_poll(
    connection: sqlite3.Connection, call: Make
) -> None:
    ingest(connection, [call("a", agent="bot", nanos=DOLLAR), call("b", nanos=DOLLAR)])
    poll = ingest(connection, [call("a", agent="bot", nanos=5 * DOLLAR)])
    assert (poll.added, poll.revised) == (0, 1)
    found = windows(connection)
    for grain in (60, 3600):
        assert found[TOTAL, grain, NOW] == Measures(calls=2, cost_nanos=6 * DOLLAR)
        assert found[BOT, grain, NOW] == Measures(calls=1, cost_nanos=5 * DOLLAR)
    assert marks(connection) == {poll.seq}


def test_a_call_read_again_unchanged_does_not_mark_its_windows(connection: sqlite3.Connection, call: Make) -> None:
    ingest(connection, [call("a")])
    ingest(connection, [call("a")])
    assert marks(connection) == {1}


def test_a_call_that_moved_to_another_hour_and_agent_leaves_nothing_behind(
    connection: sqlite3.Connection, call: Make
) -> None:
    ingest(connection, [call("a", agent="bot")])
    poll = ingest(connection, [call("a", NOW - HOUR_MS, agent="other")])
    other = Entity(Dimension.AGENT, "other")
    assert set(windows(connection)) == {
        (entity, grain, NOW - HOUR_MS) for entity in (TOTAL, other) for grain in (60, 3600)
    }
    assert marks(connection) == {poll.seq}, "the emptied windows must be judged again too"


def test_calls_older_than_two_days_write_hours_but_no_minutes(connection: sqlite3.Connection, call: Make) -> None:
    edge = NOW - ledger.MINUTES_KEPT_MS
    ingest(connection, [call("old", edge - 1), call("new", edge)])
    assert {(grain, start) for _, grain, start in windows(connection)} == {
        (3600, edge - HOUR_MS),
        (3600, edge),
        (60, edge),
    }


def test_the_watermark_never_goes_back(connection: sqlite3.Connection) -> None:
    reached = [ingest(connection, [], watermark=mark).watermark for mark in (100, 50, None, 120)]
    assert reached == [100, 100, 100, 120]
    assert ledger.cursor(connection, "log") == 120
    assert ledger.latest(connection) == Poll(4, 120)


def test_each_source_has_a_cursor_of_its_own(connection: sqlite3.Connection) -> None:
    ingest(connection, [], watermark=100)
    ledger.ingest(connection, "team", "reports", [], NOW, 70)
    assert ledger.cursor(connection, "log") == 100
    assert ledger.cursor(connection, "reports") == 70
    assert ledger.cursor(connection, "never read") == 0


def test_before_the_first_read_there_is_no_poll(connection: sqlite3.Connection) -> None:
    assert ledger.latest(connection) is None


def test_an_entity_remembers_when_it_was_first_and_last_seen(connection: sqlite3.Connection, call: Make) -> None:
    for hours in (-5, -2, -9):
        ingest(connection, [call(f"a{hours}", NOW + hours * HOUR_MS, agent="bot")])
    row = connection.execute("SELECT first_seen, last_seen, partition FROM entities WHERE name = 'bot'").fetchone()
    assert row == (NOW - 9 * HOUR_MS, NOW - 2 * HOUR_MS, BOT.partition("team"))


def test_totals_count_the_start_of_the_span_and_not_its_end(connection: sqlite3.Connection, call: Make) -> None:
    ingest(connection, [call("a", NOW), call("b", NOW + 999), call("c", NOW + 1000)])
    assert ledger.totals(connection, NOW, NOW + 1000) == (2, 2 * DOLLAR)
    assert ledger.totals(connection, 0, NOW) == (0, 0)


def test_more_calls_than_sqlite_takes_in_one_question_are_told_apart(
    connection: sqlite3.Connection, call: Make
) -> None:
    made = [call(f"row-{number}") for number in range(1234)]
    ingest(connection, made)
    assert ingest(connection, [*made, call("new")]).added == 1


def test_what_was_set_aside_keeps_its_first_reason(connection: sqlite3.Connection) -> None:
    ledger.quarantine(connection, [("a", "bad cost", "{}"), ("b", "no time", "{}")], NOW)
    ledger.quarantine(connection, [("a", "bad tokens", "{}")], NOW + 1)
    rows = connection.execute("SELECT row_id, at, reason FROM quarantine ORDER BY row_id").fetchall()
    assert rows == [("a", NOW, "bad cost"), ("b", NOW, "no time")]


async def test_a_commit_that_fails_keeps_neither_calls_nor_windows_nor_cursor(tmp_path: Path, call: Make) -> None:
    database = Database(tmp_path / "ledger.sqlite3")
    await database.open()

    def breaks(connection: sqlite3.Connection) -> None:
        ingest(connection, [call("b")], watermark=200)
        raise RuntimeError("power cut")

    await database.write(lambda connection: ingest(connection, [call("a")], watermark=100))
    before = await database.read(windows)
    with pytest.raises(RuntimeError, match="power cut"):
        await database.write(breaks)
    assert await database.read(windows) == before
    assert await database.read(lambda connection: ledger.cursor(connection, "log")) == 100
    assert (await database.write(lambda connection: ingest(connection, [call("b")], watermark=200))).added == 1
    await database.close()


async def test_a_call_that_sqlite_refuses_keeps_its_whole_chunk_out(store: SqliteStore, call: Make) -> None:
    broken = replace(call("b"), transaction_id=None)  # type: ignore[arg-type] # what a mapping error would cause
    with pytest.raises(StorageError, match="NOT NULL"):
        await store.ingest("log", [call("a"), broken], at=NOW, watermark=100)
    assert await store.totals(0, NOW + 1) == (0, 0)
    assert await store.cursor("log") == 0


# -- properties

AGENTS = st.sampled_from(["bot", "Bot", "böt/é", None])
TIMES = st.integers(NOW - 3 * HOUR_MS, NOW)


@st.composite
def logs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw calls as the platform finally shows them, each with its own id."""
    calls = []
    for number in range(draw(st.integers(1, 12))):
        agent = draw(AGENTS)
        named = {"agent": agent} if agent else {}
        nanos = draw(st.integers(0, 10**15))
        calls.append({"row_id": f"row-{number}", "at": draw(TIMES), "nanos": nanos, **named})
    return calls


@given(data=st.data(), final=logs())
@settings(max_examples=40, deadline=None)
def test_order_chunks_and_repeats_of_what_is_read_do_not_change_the_windows(
    memory_database: Memory, call: Make, data: st.DataObject, final: list[dict[str, Any]]
) -> None:
    made = [call(**fields) for fields in final]
    repeats = data.draw(st.lists(st.sampled_from(made), max_size=8))
    reads = data.draw(st.permutations([*made, *repeats]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(reads)), max_size=4)))
    with memory_database() as once, memory_database() as bit_by_bit:
        ingest(once, made)
        for start, end in zip([0, *cuts], [*cuts, len(reads)], strict=True):
            ingest(bit_by_bit, reads[start:end])
        assert windows(bit_by_bit) == windows(once)


@given(data=st.data(), final=logs())
@settings(max_examples=40, deadline=None)
def test_calls_revised_any_number_of_times_end_as_if_read_once_in_their_final_form(
    memory_database: Memory, call: Make, data: st.DataObject, final: list[dict[str, Any]]
) -> None:
    with memory_database() as once, memory_database() as revised:
        ingest(once, [call(**fields) for fields in final])
        for _ in range(data.draw(st.integers(1, 3))):
            ingest(revised, [call(**fields | {"at": data.draw(TIMES), "agent": "draft"}) for fields in final])
        ingest(revised, [call(**fields) for fields in final])
        assert windows(revised) == windows(once)


@given(nanos=st.lists(st.integers(0, 10**15), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_sums_of_money_are_exact_to_the_nano_dollar(memory_database: Memory, call: Make, nanos: list[int]) -> None:
    with memory_database() as connection:
        ingest(connection, [call(f"row-{number}", nanos=value) for number, value in enumerate(nanos)])
        found = windows(connection).get((TOTAL, 3600, NOW), Measures())
        assert found.cost_nanos == ledger.totals(connection, 0, NOW + 1)[1] == sum(nanos)
        assert dollars(found.cost_nanos) * DOLLAR == Decimal(sum(nanos))
