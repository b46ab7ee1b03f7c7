"""T2: a stale holder keeps nothing, and what is kept comes back exactly."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert
from daemon.domain import PARTITIONS, TOTAL, Dimension, Entity, Metric, SeriesKey
from daemon.errors import FencedError
from daemon.storage import outbox, partitions
from daemon.storage.sqlite import SqliteStore
from daemon.store import Outgoing, PartitionCommit, StoredSeries
from daemon.testing import NOON
from notifiers.base import Kind, Notification, Severity

Memory = Callable[[], AbstractContextManager[sqlite3.Connection]]

KEY = SeriesKey(Metric.COST, Entity(Dimension.AGENT, "bot"))

ALERT = Alert(
    id="a1",
    series=KEY,
    incident="a1",
    opened_at=NOON,
    updated_at=NOON,
    window_start=NOON - timedelta(hours=1),
    window_end=NOON,
    observed=9.0,
    expected=1.0,
    low=0.5,
    high=2.0,
    score=0.9,
    reason="outside the band",
    detector="spend",
)

MESSAGE = Outgoing("slack", Notification("d1", "a1", 1, Kind.FIRING, Severity.WARNING, "title", "summary", NOON, NOON))


@pytest.fixture
async def epoch(store: SqliteStore) -> int:
    return (await store.acquire())[5][0]


@pytest.fixture
def full(epoch: int) -> PartitionCommit:
    """A commit of partition 5 that carries something of everything."""
    series = StoredSeries(KEY, 10, 5, b"snapshot")
    return PartitionCommit(5, epoch, 0, 3, [series], [ALERT])


async def kept(store: SqliteStore) -> tuple[list[StoredSeries], list[Alert], dict[str, dict[str, int]]]:
    return await store.series(), await store.alerts(), await store.outbox_counts()


async def test_a_commit_keeps_series_alerts_and_messages_together(store: SqliteStore, full: PartitionCommit) -> None:
    await store.commit([full], [MESSAGE])
    assert await kept(store) == (list(full.series), [ALERT], {"slack": {"pending": 1}})


async def test_taking_over_raises_every_epoch_and_keeps_every_position(
    store: SqliteStore, full: PartitionCommit
) -> None:
    await store.commit([full], [])
    again = await store.acquire()
    assert again == {number: (full.epoch + 1, 3 if number == 5 else 0) for number in range(PARTITIONS)}


@pytest.mark.parametrize("stale", [{"epoch": 0}, {"epoch": 2}, {"from_position": 1}, {"partition": PARTITIONS}])
async def test_a_stale_commit_is_refused_and_nothing_of_it_is_kept(
    store: SqliteStore, full: PartitionCommit, stale: dict[str, Any]
) -> None:
    fresh = PartitionCommit(4, full.epoch, 0, 3)
    with pytest.raises(FencedError, match="another process took it over"):
        await store.commit([fresh, replace(full, **stale)], [MESSAGE])
    assert await kept(store) == ([], [], {})
    await store.commit([fresh], [])  # its position did not move either


async def test_the_same_commit_is_refused_the_second_time(store: SqliteStore, full: PartitionCommit) -> None:
    await store.commit([full], [MESSAGE])
    with pytest.raises(FencedError):
        await store.commit([full], [])


async def test_who_was_taken_over_from_can_commit_no_more(store: SqliteStore, full: PartitionCommit) -> None:
    await store.acquire()
    with pytest.raises(FencedError, match="partition 5 is no longer at position 0 of epoch 1"):
        await store.commit([full], [MESSAGE])
    assert await kept(store) == ([], [], {})


async def test_a_series_without_a_new_snapshot_keeps_the_one_it_has(store: SqliteStore, full: PartitionCommit) -> None:
    await store.commit([full], [])
    await store.commit([PartitionCommit(5, full.epoch, 3, 4, [StoredSeries(KEY, 20, 15, None)])], [])
    assert await store.series() == [StoredSeries(KEY, 20, 15, b"snapshot")]


async def test_an_alert_is_replaced_by_its_newer_form(store: SqliteStore, full: PartitionCommit) -> None:
    await store.commit([full], [])
    resolved = replace(ALERT, resolved_at=NOON + timedelta(hours=1), updated_at=NOON + timedelta(hours=1))
    await store.commit([PartitionCommit(5, full.epoch, 3, 4, [], [resolved])], [])
    assert await store.alerts() == [resolved]
    assert await store.alert("a1") == resolved
    assert await store.alerts(only_open=True) == []
    assert await store.alert("a2") is None


async def test_alerts_come_newest_first_and_no_more_than_asked_for(store: SqliteStore, epoch: int) -> None:
    alerts = [replace(ALERT, id=f"a{day}", opened_at=NOON + timedelta(days=day)) for day in (2, 1, 3)]
    await store.commit([PartitionCommit(5, epoch, 0, 1, [], alerts)], [])
    assert [alert.id for alert in await store.alerts(limit=2)] == ["a3", "a2"]


# -- properties

names = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.floats(allow_nan=False)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
entities = st.just(TOTAL) | st.builds(Entity, st.sampled_from(list(Dimension)[1:]), names)
keys = st.builds(SeriesKey, st.sampled_from(Metric), entities)
alerts = st.builds(
    Alert,
    id=names,
    series=keys,
    incident=names,
    opened_at=moments,
    updated_at=moments,
    window_start=moments,
    window_end=moments,
    observed=numbers,
    expected=numbers,
    low=numbers,
    high=numbers,
    score=numbers,
    reason=names,
    detector=names,
    told_excess=numbers,
    sequence=st.integers(0, 10**6),
    quiet_since=st.none() | moments,
    resolved_at=st.none() | moments,
    summary=names,
    causes=st.lists(names, max_size=3).map(tuple),
)


@given(alert=alerts)
@settings(max_examples=60, deadline=None)
def test_any_alert_comes_back_exactly_as_it_was_kept(memory_database: Memory, alert: Alert) -> None:
    with memory_database() as connection:
        epoch = partitions.acquire(connection)[0][0]
        partitions.commit(connection, [PartitionCommit(0, epoch, 0, 1, [], [alert])], [])
        assert partitions.alerts(connection) == [alert]
        assert partitions.alert(connection, alert.id) == alert
        assert partitions.alerts(connection, only_open=True) == ([alert] if alert.is_open else [])


stored = st.builds(
    StoredSeries,
    keys,
    st.integers(0, 2**53),
    st.integers(0, 2**53),
    st.none() | st.binary(max_size=200),
)


@given(series=st.lists(stored, unique_by=lambda one: str(one.key), max_size=5))
@settings(max_examples=40, deadline=None)
def test_any_series_comes_back_exactly_as_it_was_kept(memory_database: Memory, series: list[StoredSeries]) -> None:
    with memory_database() as connection:
        epoch = partitions.acquire(connection)[0][0]
        partitions.commit(connection, [PartitionCommit(0, epoch, 0, 1, series)], [])
        assert partitions.series(connection) == sorted(series, key=lambda one: str(one.key).encode())


@pytest.mark.parametrize("kind", Kind)
def test_a_message_comes_back_exactly_as_it_was_kept(connection: sqlite3.Connection, kind: Kind) -> None:
    note = replace(
        MESSAGE.notification,
        kind=kind,
        facts=(("Now", "$1"),),
        causes=("a", "b"),
        reply_to={"ts": "1.2"},
        url="https://x/",
    )
    epoch = partitions.acquire(connection)[0][0]
    partitions.commit(connection, [PartitionCommit(0, epoch, 0, 1)], [Outgoing("slack", note)])
    claim = outbox.claim(connection, "slack", 2**53)
    assert claim is not None
    assert claim.notification == note
