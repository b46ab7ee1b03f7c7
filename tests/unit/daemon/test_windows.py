"""What the windows say when asked: changed hours, hourly sums, the trailing hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from daemon.clock import to_ms
from daemon.domain import HOUR_MS, MINUTE_MS, TOTAL, Dimension, Entity, Measures, Transaction
from daemon.storage import ledger, windows
from daemon.testing import NOON

NOW = to_ms(NOON)
DOLLAR = 1_000_000_000

Make = Callable[..., Transaction]
Ingest = Callable[..., int]


@pytest.fixture
def ingest(connection: sqlite3.Connection) -> Ingest:
    def run(*calls: Transaction) -> int:
        return ledger.ingest(connection, "team", "log", calls, NOW, None).seq

    return run


@pytest.fixture
def ids(connection: sqlite3.Connection) -> Callable[[], dict[Entity, int]]:
    return lambda: {stored.entity: stored.id for stored in windows.entities(connection)}


def test_entities_come_with_their_partition_and_life_span(
    connection: sqlite3.Connection, ingest: Ingest, call: Make
) -> None:
    ingest(call("a", NOW - HOUR_MS, agent="bot"), call("b", NOW))
    total, bot = windows.entities(connection)
    assert (total.entity, total.first_seen, total.last_seen) == (TOTAL, NOW - HOUR_MS, NOW)
    assert (bot.entity, bot.partition) == (Entity(Dimension.AGENT, "bot"), bot.entity.partition("team"))


def test_changed_hours_are_those_of_the_polls_asked_for(
    connection: sqlite3.Connection, ingest: Ingest, call: Make, ids: Callable[[], dict[Entity, int]]
) -> None:
    first = ingest(call("a", NOW))
    second = ingest(call("b", NOW + HOUR_MS))
    third = ingest(call("c", NOW + 2 * HOUR_MS))
    total = ids()[TOTAL]
    assert windows.changed(connection, first, second) == {total: [NOW + HOUR_MS]}
    assert sorted(windows.changed(connection, first, third)[total]) == [NOW + HOUR_MS, NOW + 2 * HOUR_MS]
    assert windows.changed(connection, third, third) == {}


def test_a_late_call_marks_its_own_hour_as_changed(
    connection: sqlite3.Connection, ingest: Ingest, call: Make, ids: Callable[[], dict[Entity, int]]
) -> None:
    before = ingest(call("a", NOW))
    after = ingest(call("late", NOW - 5 * HOUR_MS))
    assert windows.changed(connection, before, after) == {ids()[TOTAL]: [NOW - 5 * HOUR_MS]}


def test_hours_hold_the_start_asked_for_and_not_the_end(
    connection: sqlite3.Connection, ingest: Ingest, call: Make, ids: Callable[[], dict[Entity, int]]
) -> None:
    ingest(call("a", NOW), call("b", NOW + 30 * MINUTE_MS), call("c", NOW + HOUR_MS))
    total = ids()[TOTAL]
    assert windows.hours(connection, [total], NOW, NOW + HOUR_MS) == {
        total: {NOW: Measures(calls=2, cost_nanos=2 * DOLLAR)}
    }
    assert windows.hours(connection, [total], NOW - HOUR_MS, NOW) == {total: {}}


def test_the_trailing_hour_is_the_sum_of_its_minutes(
    connection: sqlite3.Connection, ingest: Ingest, call: Make, ids: Callable[[], dict[Entity, int]]
) -> None:
    ingest(*(call(str(minute), NOW + minute * MINUTE_MS) for minute in range(90)))
    total = ids()[TOTAL]
    sums = windows.trailing(connection, [total], NOW + 17 * MINUTE_MS, NOW + 77 * MINUTE_MS)
    assert sums == {total: Measures(calls=60, cost_nanos=60 * DOLLAR)}


def test_an_entity_without_a_call_has_no_trailing_hour(
    connection: sqlite3.Connection, ingest: Ingest, call: Make, ids: Callable[[], dict[Entity, int]]
) -> None:
    ingest(call("a", NOW))
    assert windows.trailing(connection, [ids()[TOTAL]], NOW + HOUR_MS, NOW + 2 * HOUR_MS) == {}
