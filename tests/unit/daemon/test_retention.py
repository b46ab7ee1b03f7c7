"""What is thrown away with age, and what must outlast it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from daemon.clock import to_ms
from daemon.domain import HOUR_MS, TOTAL, Transaction
from daemon.storage import ledger, outbox, partitions, retention, windows
from daemon.storage.retention import DAY_MS
from daemon.store import Outgoing, PartitionCommit
from daemon.testing import NOON
from notifiers.base import Kind, Notification, Severity

NOW = to_ms(NOON)

Make = Callable[..., Transaction]


def ingest(connection: sqlite3.Connection, *calls: Transaction, at: int, watermark: int | None = None) -> None:
    ledger.ingest(connection, "team", "log", calls, at, watermark)


def starts(connection: sqlite3.Connection, grain: int) -> list[int]:
    return [row[0] for row in connection.execute("SELECT start FROM windows WHERE grain = ? ORDER BY 1", (grain,))]


def test_minutes_go_after_two_days_and_their_hours_stay(connection: sqlite3.Connection, call: Make) -> None:
    ingest(connection, call("a", NOW), call("b", NOW + HOUR_MS), at=NOW + HOUR_MS, watermark=NOW + HOUR_MS)
    retention.prune(connection, NOW + 2 * DAY_MS + 1)
    assert starts(connection, 60) == [NOW + HOUR_MS]
    assert starts(connection, 3600) == [NOW, NOW + HOUR_MS]


def test_calls_go_after_ninety_days_and_their_hours_stay(connection: sqlite3.Connection, call: Make) -> None:
    later = NOW + 90 * DAY_MS
    ingest(connection, call("a", NOW - 1), call("b", NOW), at=NOW, watermark=later)
    retention.prune(connection, later)
    assert ledger.totals(connection, 0, later) == (1, 1_000_000_000)
    assert len(starts(connection, 3600)) == 2


def test_hours_go_after_four_hundred_days(connection: sqlite3.Connection, call: Make) -> None:
    ingest(connection, call("a", NOW), call("b", NOW + HOUR_MS), at=NOW)
    retention.prune(connection, NOW + 400 * DAY_MS + 1)
    assert starts(connection, 3600) == [NOW + HOUR_MS]


def test_calls_that_the_next_read_sees_again_count_once_even_after_a_long_absence(
    connection: sqlite3.Connection, call: Make
) -> None:
    ingest(connection, call("a", NOW), at=NOW, watermark=NOW)
    back = NOW + 200 * DAY_MS
    retention.prune(connection, back)
    ingest(connection, call("a", NOW), at=back)
    total = next(stored.id for stored in windows.entities(connection) if stored.entity == TOTAL)
    assert windows.hours(connection, [total], NOW, NOW + 1)[total][NOW].calls == 1


def test_the_cursor_and_the_numbering_of_polls_survive_pruning(connection: sqlite3.Connection) -> None:
    for number in range(1005):
        ingest(connection, at=NOW, watermark=NOW + number if number < 3 else None)
    retention.prune(connection, NOW)
    assert connection.execute("SELECT count(*) FROM polls").fetchone() == (1000,)
    assert ledger.cursor(connection, "log") == NOW + 2
    ingest(connection, at=NOW)
    latest = ledger.latest(connection)
    assert latest is not None
    assert latest.seq == 1006


def test_what_was_set_aside_goes_after_ninety_days(connection: sqlite3.Connection) -> None:
    ledger.quarantine(connection, [("old", "bad", "{}")], NOW)
    ledger.quarantine(connection, [("new", "bad", "{}")], NOW + 1)
    retention.prune(connection, NOW + 90 * DAY_MS + 1)
    assert connection.execute("SELECT row_id FROM quarantine").fetchall() == [("new",)]


def test_messages_on_their_way_never_go(connection: sqlite3.Connection) -> None:
    epoch = partitions.acquire(connection)[0][0]
    note = Notification("d1", "a1", 1, Kind.FIRING, Severity.INFO, "title", "summary", NOON, NOON)
    partitions.commit(connection, [PartitionCommit(0, epoch, 0, 1)], [Outgoing("slack", note)])
    retention.prune(connection, NOW + 5000 * DAY_MS)
    assert outbox.counts(connection) == {"slack": {"pending": 1}}


def test_pruning_an_empty_database_does_nothing(connection: sqlite3.Connection) -> None:
    retention.prune(connection, NOW)
    assert ledger.latest(connection) is None
