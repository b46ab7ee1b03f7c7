"""Reading the log into the ledger: no call lost, none counted twice, whatever the platform and the clock do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from daemon import collector as module
from daemon.client.records import CostBucket
from daemon.client.revenium import LogPage, Rejected
from daemon.clock import from_ms, to_ms
from daemon.collector import LEAD, OVERLAP, SOURCE, Collector
from daemon.domain import HOUR_MS, NANO, Transaction
from daemon.errors import PlatformError, StorageError, TransientError
from daemon.storage.sqlite import SqliteStore
from daemon.store import Poll
from daemon.testing import NOON, ManualClock

DOLLAR = 1_000_000_000
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Make = Callable[..., Transaction]


@dataclass
class Platform:
    """A platform that holds calls, says what it was asked, and misbehaves as told.

    Attributes:
        pages_before_failure: How many further pages it answers before it fails; None for ever.
        contradiction: Calls that it counts and never shows.
        reported: What it claims of an hour's cost instead of the truth, by start of the hour.
        newest_first: Whether it ignores the order that it is asked for.
    """

    page_size: int = 100
    calls: dict[str, Transaction] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    reads: list[tuple[datetime, datetime]] = field(default_factory=list)
    pages_before_failure: int | None = None
    contradiction: int = 0
    reported: dict[int, float] = field(default_factory=dict)
    newest_first: bool = False

    def meter(self, *calls: Transaction) -> None:
        self.calls.update((call.row_id, call) for call in calls)

    def _between(self, start: datetime, end: datetime) -> list[Transaction]:
        found = [call for call in self.calls.values() if to_ms(start) <= call.at < to_ms(end)]
        return sorted(found, key=lambda call: (call.at, call.row_id), reverse=self.newest_first)

    async def log_page(self, team_id: str, start: datetime, end: datetime, number: int, size: int = 100) -> LogPage:
        assert team_id == "team"
        if self.pages_before_failure is not None:
            if self.pages_before_failure == 0:
                raise TransientError("the platform failed")
            self.pages_before_failure -= 1
        calls = self._between(start, end)
        first = number * size
        return LogPage(tuple(calls[first : first + size]), self.rejected, len(calls) + self.contradiction)

    async def log_pages(self, team_id: str, start: datetime, end: datetime) -> AsyncIterator[LogPage]:
        self.reads.append((start, end))
        number = 0
        while True:
            page = await self.log_page(team_id, start, end, number, self.page_size)
            yield page
            number += 1
            if len(page.transactions) < self.page_size:
                return

    async def cost_by_hour(self, team_id: str) -> list[CostBucket]:
        assert team_id == "team"
        truth: dict[int, int] = {}
        for call in self.calls.values():
            start = call.at // HOUR_MS * HOUR_MS
            truth[start] = truth.get(start, 0) + call.measures.cost_nanos
        return [self._bucket(start, nanos / NANO) for start, nanos in truth.items()]

    def _bucket(self, start: int, dollars: float) -> CostBucket:
        metric = {"metricResult": self.reported.get(start, dollars)}
        return CostBucket.model_validate(
            {"startTimestamp": start, "endTimestamp": start + HOUR_MS, "groups": [{"metrics": [metric]}]}
        )


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def collector(platform: Platform, store: SqliteStore, clock: ManualClock) -> Collector:
    return Collector(platform, store, clock, "team", backfill=timedelta(days=3))


async def polled(collector: Collector) -> list[Poll]:
    return [poll async for poll in collector.poll()]


async def count(store: SqliteStore) -> int:
    """Count calls as the windows have them, which is where a double would show."""
    ids = [stored.id for stored in await store.entities() if stored.entity.dimension == "total"]
    hours = await store.hours(ids, 0, 2**53)
    return sum(sums.calls for windows in hours.values() for sums in windows.values())


# -- polling


async def test_the_first_poll_reads_the_backfill_in_slices_of_a_day(
    collector: Collector, platform: Platform, store: SqliteStore, call: Make
) -> None:
    platform.meter(*(call(f"day-{days}", to_ms(NOON - days * DAY)) for days in (1, 2, 3, 4)))
    polls = await polled(collector)
    assert platform.reads == [(NOON - 3 * DAY, NOON - 2 * DAY), (NOON - 2 * DAY, NOON - DAY), (NOON - DAY, NOON + LEAD)]
    assert [from_ms(poll.watermark) for poll in polls] == [NOON - 2 * DAY, NOON - DAY, NOON]
    assert [poll.added for poll in polls] == [1, 1, 1]
    assert await count(store) == 3


async def test_later_polls_overlap_the_one_before(
    collector: Collector, platform: Platform, store: SqliteStore, clock: ManualClock, call: Make
) -> None:
    await polled(collector)
    platform.meter(call("became visible late", to_ms(NOON - OVERLAP)), call("new", to_ms(NOON)))
    clock.advance(MINUTE)
    (poll,) = await polled(collector)
    assert platform.reads[-1] == (NOON - OVERLAP, NOON + MINUTE + LEAD)
    assert (poll.added, poll.watermark) == (2, to_ms(NOON + MINUTE))
    (again,) = await polled(collector)
    assert (again.fetched, again.added) == (1, 0), "what the reads have in common counts once"
    assert await count(store) == 2


async def test_a_call_stamped_by_a_clock_that_runs_before_ours_is_read(
    collector: Collector, platform: Platform, store: SqliteStore, call: Make
) -> None:
    platform.meter(call("ahead", to_ms(NOON + LEAD) - 1))
    assert (await polled(collector))[-1].added == 1


async def test_after_a_long_absence_the_gap_is_read_in_slices(
    collector: Collector, platform: Platform, clock: ManualClock
) -> None:
    await polled(collector)
    platform.reads.clear()
    clock.advance(2 * DAY)
    polls = await polled(collector)
    assert [start for start, _ in platform.reads] == [NOON - OVERLAP + days * DAY for days in range(3)]
    assert polls[-1].watermark == to_ms(NOON + 2 * DAY)


async def test_a_slice_is_kept_in_chunks_and_each_moves_the_cursor_to_its_last_call(
    collector: Collector, platform: Platform, call: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    platform.page_size = 5
    platform.meter(*(call(str(number), to_ms(NOON) - number - 1) for number in range(23)))
    polls = await polled(collector)
    assert [poll.added for poll in polls] == [0, 0, 10, 10, 3], "two empty days, then the calls"
    assert [poll.watermark for poll in polls[2:]] == [to_ms(NOON) - 14, to_ms(NOON) - 4, to_ms(NOON)]


async def test_a_chunk_that_is_not_in_order_says_nothing_of_how_far_the_reading_is(
    collector: Collector, platform: Platform, call: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    platform.page_size = 5
    platform.newest_first = True
    platform.meter(*(call(str(number), to_ms(NOON) - number - 1) for number in range(13)))
    polls = await polled(collector)
    assert [poll.added for poll in polls] == [0, 0, 10, 3]
    assert [poll.watermark for poll in polls[1:]] == [to_ms(NOON - DAY), to_ms(NOON - DAY), to_ms(NOON)]


@pytest.mark.parametrize("pages", range(9))
async def test_a_failure_midway_keeps_what_was_committed_and_the_next_poll_goes_on_from_there(
    collector: Collector,
    platform: Platform,
    store: SqliteStore,
    call: Make,
    monkeypatch: pytest.MonkeyPatch,
    pages: int,
) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    platform.page_size = 5
    platform.meter(*(call(str(number), to_ms(NOON - number * 2 * HOUR - MINUTE)) for number in range(36)))
    platform.pages_before_failure = pages
    with pytest.raises(TransientError):
        await polled(collector)
    kept, cursor = await count(store), await store.cursor(SOURCE)
    platform.pages_before_failure = None
    polls = await polled(collector)
    assert polls[-1].watermark == to_ms(NOON) >= cursor
    assert await count(store) == 36 >= kept
    assert collector.counters.added == 36
    assert collector.counters.revised == 0


async def test_what_the_ledger_refuses_is_read_again(
    collector: Collector, platform: Platform, store: SqliteStore, call: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.meter(call("a", to_ms(NOON - MINUTE)))
    keep = store.ingest

    async def full_disk(*_: object, **__: object) -> Poll:
        raise StorageError("database or disk is full")

    monkeypatch.setattr(store, "ingest", full_disk)
    with pytest.raises(StorageError):
        await polled(collector)
    assert await store.cursor(SOURCE) == 0
    monkeypatch.setattr(store, "ingest", keep)
    await polled(collector)
    assert await count(store) == 1


async def test_rows_that_make_no_sense_are_set_aside_and_counted(
    collector: Collector, platform: Platform, store: SqliteStore, call: Make, caplog: pytest.LogCaptureFixture
) -> None:
    platform.meter(call("good", to_ms(NOON - MINUTE)))
    platform.rejected = (Rejected("bad", "totalCost: not a number", '{"id": "bad"}'),)
    await polled(collector)
    assert await count(store) == 1
    assert collector.counters.rejected == 3, "the platform shows it in each of the three slices"
    assert "set aside 1 log rows; the first: totalCost: not a number" in caplog.text
    rows = await store._database.read(lambda c: c.execute("SELECT row_id, reason FROM quarantine").fetchall())
    assert rows == [("bad", "totalCost: not a number")]


async def test_the_counters_tell_what_was_read(
    collector: Collector, platform: Platform, clock: ManualClock, call: Make
) -> None:
    platform.meter(call("a", to_ms(NOON - MINUTE)), call("b", to_ms(NOON - MINUTE)))
    await polled(collector)
    platform.meter(call("a", to_ms(NOON - MINUTE), nanos=5), call("c", to_ms(NOON)))
    clock.advance(MINUTE)
    await polled(collector)
    counters = collector.counters
    assert (counters.polls, counters.fetched, counters.added, counters.revised) == (2, 5, 3, 1)


# -- clocks that are set


async def test_a_clock_stepped_back_counts_nothing_twice_moves_no_watermark_and_loses_nothing(
    collector: Collector, platform: Platform, store: SqliteStore, clock: ManualClock, call: Make
) -> None:
    platform.meter(call("before", to_ms(NOON - HOUR - MINUTE)))
    await polled(collector)
    clock.step_wall(-HOUR)
    platform.meter(call("during", to_ms(NOON + 30 * MINUTE)))
    for _ in range(3):
        (poll,) = await polled(collector)
        assert (poll.added, poll.watermark) == (0, to_ms(NOON))
    clock.advance(2 * HOUR)
    (poll,) = await polled(collector)
    assert (poll.added, poll.watermark) == (1, to_ms(NOON + HOUR))
    assert await count(store) == 2


async def test_a_clock_that_ran_ahead_and_was_set_right_does_not_stop_the_reading(
    collector: Collector, platform: Platform, store: SqliteStore, clock: ManualClock, call: Make
) -> None:
    clock.step_wall(DAY)
    await polled(collector)
    clock.step_wall(-DAY)
    platform.meter(call("after", to_ms(NOON)))
    clock.advance(MINUTE)
    (poll,) = await polled(collector)
    assert poll.added == 1
    assert await count(store) == 1


# -- checking afterwards


@pytest.fixture
async def ready(collector: Collector, platform: Platform, call: Make) -> Collector:
    """A collector that has read ten calls, one an hour."""
    platform.meter(*(call(f"hour-{hours}", to_ms(NOON - hours * HOUR - 10 * MINUTE)) for hours in range(10)))
    await polled(collector)
    platform.reads.clear()
    return collector


async def test_where_both_agree_nothing_is_read_again(ready: Collector, platform: Platform) -> None:
    assert await ready.reconcile() == 0
    assert platform.reads == []


async def test_a_call_later_than_the_overlap_is_found_and_only_its_hour_is_read(
    ready: Collector, platform: Platform, store: SqliteStore, clock: ManualClock, call: Make
) -> None:
    clock.advance(MINUTE)
    await polled(ready)
    platform.reads.clear()
    platform.meter(call("late", to_ms(NOON - 5 * HOUR - 30 * MINUTE)))
    assert (await polled(ready))[-1].added == 0
    platform.reads.clear()
    assert await ready.reconcile() == 1
    assert platform.reads == [(NOON - 6 * HOUR, NOON - 5 * HOUR)]
    assert await count(store) == 11
    assert await ready.reconcile() == 0


async def test_a_call_revised_long_after_is_found_by_its_cost(
    ready: Collector, platform: Platform, store: SqliteStore
) -> None:
    old = platform.calls["hour-4"]
    platform.meter(replace(old, measures=replace(old.measures, cost_nanos=7 * DOLLAR)))
    assert await ready.reconcile() == 1
    assert platform.reads == [(NOON - 5 * HOUR, NOON - 4 * HOUR)]
    assert await store.totals(0, to_ms(NOON)) == (10, 16 * DOLLAR)


async def test_reconciling_never_moves_the_cursor(ready: Collector, platform: Platform, store: SqliteStore) -> None:
    before = await store.cursor(SOURCE)
    platform.calls.clear()
    platform.contradiction = 1
    await ready.reconcile()
    assert await store.cursor(SOURCE) == before


async def test_an_hour_that_is_not_over_is_not_compared_by_cost(ready: Collector, platform: Platform) -> None:
    platform.reported[to_ms(NOON)] = 99.0
    platform.reported[to_ms(NOON - HOUR)] = 99.0  # over, but within the overlap
    assert await ready.reconcile() == 0
    assert platform.reads == []


async def test_costs_that_differ_by_a_rounding_are_equal(ready: Collector, platform: Platform) -> None:
    platform.reported[to_ms(NOON - 3 * HOUR)] = 1.00005
    assert await ready.reconcile() == 0
    assert platform.reads == []


async def test_a_platform_that_contradicts_itself_is_not_read_again_for_ever(
    ready: Collector, platform: Platform
) -> None:
    """Its count and its cost of the same hours are both wrong: rows that were set aside look like that."""
    platform.contradiction = 1
    platform.reported = {to_ms(NOON - hours * HOUR): 99.0 for hours in range(2, 8)}
    await ready.reconcile()
    assert len(platform.reads) == 25 + 6, "each hour of the day for its count, six for their cost"
    platform.reads.clear()
    for _ in range(3):
        assert await ready.reconcile() == 0
    assert platform.reads == []


async def test_a_cost_that_only_trembles_in_its_last_digits_is_one_claim(ready: Collector, platform: Platform) -> None:
    for tremble in (0.0, 1e-9, -1e-9):
        platform.reported[to_ms(NOON - 3 * HOUR)] = 99.0 + tremble
        await ready.reconcile()
    assert len(platform.reads) == 1


async def test_a_new_claim_about_a_settled_hour_is_looked_into(
    ready: Collector, platform: Platform, store: SqliteStore, call: Make
) -> None:
    platform.reported[to_ms(NOON - 3 * HOUR)] = 99.0
    await ready.reconcile()
    platform.meter(call("late", to_ms(NOON - 3 * HOUR)))
    platform.reported[to_ms(NOON - 3 * HOUR)] = 100.0
    assert await ready.reconcile() == 1
    assert await count(store) == 11


async def test_a_disagreement_that_could_not_be_read_is_read_the_next_time(
    ready: Collector, platform: Platform, store: SqliteStore, call: Make
) -> None:
    platform.meter(call("late", to_ms(NOON - 3 * HOUR), nanos=0))
    for pages in range(1, 40):
        platform.pages_before_failure = pages
        try:
            await ready.reconcile()
        except PlatformError:
            continue
        break
    assert platform.pages_before_failure is not None
    assert await count(store) == 11


async def test_what_was_found_is_logged_with_its_span(
    ready: Collector, platform: Platform, call: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    platform.meter(call("late", to_ms(NOON - 3 * HOUR)))
    await ready.reconcile()
    assert "found 1 late and 0 revised calls between 2026-03-04 09:00:00+00:00 and" in caplog.text
