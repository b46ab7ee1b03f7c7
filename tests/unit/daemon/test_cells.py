"""What an alert is explained with: calls by all their names, when somebody was first seen, and earlier alerts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from daemon.alerts import Alert
from daemon.clock import to_ms
from daemon.domain import HOUR_MS, NAMED, TOTAL, Dimension, Entity, Measures, Transaction
from daemon.storage import cells, ledger, partitions
from daemon.store import PartitionCommit
from daemon.testing import NOON

NOW = to_ms(NOON)
HOUR = timedelta(hours=1)
ROBOT = Entity(Dimension.AGENT, "robot")

Make = Callable[..., Transaction]
Ingest = Callable[..., None]


@pytest.fixture
def ingest(connection: sqlite3.Connection) -> Ingest:
    def run(*calls: Transaction) -> None:
        ledger.ingest(connection, "team", "log", calls, NOW, None)

    return run


def labels(**names: str) -> tuple[str | None, ...]:
    return tuple(names.get(dimension) for dimension in NAMED)


def test_calls_of_the_same_names_are_one_cell(connection: sqlite3.Connection, ingest: Ingest, call: Make) -> None:
    ingest(call("a", agent="robot", nanos=1), call("b", agent="robot", nanos=2), call("c", model="m", nanos=4))
    assert cells.cells(connection, TOTAL, [(NOW, NOW + 1)]) == {
        labels(agent="robot"): Measures(calls=2, cost_nanos=3),
        labels(model="m"): Measures(calls=1, cost_nanos=4),
    }


def test_spans_are_added_up_and_do_not_hold_their_end(
    connection: sqlite3.Connection, ingest: Ingest, call: Make
) -> None:
    hours = (NOW - HOUR_MS, NOW - 1, NOW, NOW + HOUR_MS, NOW + 3 * HOUR_MS)
    ingest(*(call(str(at), at, agent="robot", nanos=1) for at in hours))
    spans = [(NOW - HOUR_MS, NOW), (NOW + HOUR_MS, NOW + 3 * HOUR_MS)]
    assert cells.cells(connection, TOTAL, spans) == {labels(agent="robot"): Measures(calls=3, cost_nanos=3)}


def test_an_entity_has_its_own_calls_alone(connection: sqlite3.Connection, ingest: Ingest, call: Make) -> None:
    hostile = "x' OR 1=1; DROP TABLE transactions; --"
    ingest(call("a", agent=hostile), call("b", agent="robot"), call("c"))
    assert set(cells.cells(connection, Entity(Dimension.AGENT, hostile), [(NOW, NOW + 1)])) == {labels(agent=hostile)}
    assert len(cells.cells(connection, TOTAL, [(NOW, NOW + 1)])) == 3


def test_those_never_seen_are_passed_over(connection: sqlite3.Connection, ingest: Ingest, call: Make) -> None:
    ingest(call("a", NOW - HOUR_MS), call("b", agent="robot"))
    nobody = Entity(Dimension.AGENT, "nobody")
    assert cells.seen_since(connection, [ROBOT, nobody, TOTAL]) == [NOW, NOW - HOUR_MS]


def test_alerts_of_the_series_count_where_they_overlap(
    connection: sqlite3.Connection, alert: Callable[..., Alert]
) -> None:
    def kept(opened: datetime, ended: datetime | None, series: str = "cost/agent/robot") -> Alert:
        return alert(series, opened, resolved_at=ended)

    past = [
        kept(NOON - 9 * HOUR, NOON - 8 * HOUR),
        kept(NOON - 5 * HOUR, NOON - 3 * HOUR),
        kept(NOON - 5 * HOUR, NOON - 3 * HOUR, "cost/total"),
        kept(NOON - 2 * HOUR, None),
        kept(NOON, None),
    ]
    partitions.acquire(connection)
    partitions.commit(connection, [PartitionCommit(0, 1, 0, 1, alerts=past)], [])
    found = cells.episodes(connection, "cost/agent/robot", NOW - 4 * HOUR_MS, NOW)
    assert found == [(NOW - 5 * HOUR_MS, NOW - 3 * HOUR_MS), (NOW - 2 * HOUR_MS, NOW)]
