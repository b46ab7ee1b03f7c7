"""From stored windows to batches: which series have something new, and what is seen of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from daemon.alerts import Alert
from daemon.clock import from_ms, to_ms
from daemon.domain import HOUR_MS, Dimension, Entity, Metric, SeriesKey, Transaction
from daemon.pipeline.inputs import FEWEST_CALLS, Gatherer, Work
from daemon.pipeline.restore import MOST_HISTORY
from daemon.pipeline.step import SeriesInput, SeriesState
from daemon.rules import NOT_WATCHED, Rules
from daemon.settings import Watch
from daemon.storage.sqlite import SqliteStore
from daemon.store import Poll
from daemon.testing import NOON
from detectors.base import Sensitivity

Call = Callable[..., Transaction]
MakeAlert = Callable[..., Alert]

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ROBOT = SeriesKey.parse("cost/agent/robot")
ERRORS = SeriesKey.parse("error_rate/agent/robot")
RULES = Rules(
    (
        Watch(metric=Metric.COST, dimensions=(Dimension.AGENT,)),
        Watch(metric=Metric.ERROR_RATE, dimensions=(Dimension.AGENT,), detector="level"),
    ),
    Sensitivity.NORMAL,
    {},
)


@dataclass
class Table:
    """A database and the gatherer that reads it."""

    store: SqliteStore
    states: dict[SeriesKey, SeriesState] = field(default_factory=dict)
    rules: Rules = RULES
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    async def read(self, until: datetime, *calls: Transaction) -> Poll:
        return await self.store.ingest("log", calls, at=to_ms(until), watermark=to_ms(until))

    async def find(self, poll: Poll, *, after: int | None = None, live: bool = True) -> dict[SeriesKey, Work]:
        gatherer = Gatherer(self.store, self.zone)
        after = poll.seq - 1 if after is None else after
        works = await gatherer.find(self.rules, self.states, after, poll, live=live)
        assert len({work.key for work in works}) == len(works)
        return {work.key: work for work in works}

    async def observe(self, poll: Poll, works: Sequence[Work]) -> dict[SeriesKey, SeriesInput]:
        inputs = await Gatherer(self.store, self.zone).observe(works, poll)
        return {one.key: one for group in inputs.values() for one in group}

    def knows(self, key: SeriesKey, until: datetime, alert: Alert | None = None) -> None:
        """Say how far a series is learnt."""
        rules = self.rules.for_key(key) or NOT_WATCHED
        self.states[key] = SeriesState(rules.build(), until, until, alert)


@pytest.fixture
def table(store: SqliteStore) -> Table:
    return Table(store)


async def test_an_hour_is_closed_two_minutes_after_its_end(table: Table, call: Call) -> None:
    table.knows(ROBOT, NOON - HOUR)
    first = call("a", to_ms(NOON - 30 * MINUTE), agent="robot")
    for until, closed in ((NOON + MINUTE, NOON - HOUR), (NOON + 2 * MINUTE, NOON)):
        poll = await table.read(until, first)
        work = (await table.find(poll, after=0))[ROBOT]
        assert (work.closed_from, work.closed_until) == (to_ms(NOON - HOUR), to_ms(closed))


def _busy(call: Call, hours_ago: int, calls: int = FEWEST_CALLS) -> list[Transaction]:
    at = to_ms(NOON - hours_ago * HOUR)
    return [call(f"{hours_ago}-{number}", at, agent="robot", errors=1) for number in range(calls)]


async def test_empty_hours_are_zeros_for_a_counter_and_gaps_for_a_ratio(table: Table, call: Call) -> None:
    poll = await table.read(NOON + 2 * MINUTE, *_busy(call, 5), *_busy(call, 2))
    found = await table.observe(poll, list((await table.find(poll)).values()))
    assert [(one.at, one.value) for one in found[ROBOT].closed] == [
        (NOON - 5 * HOUR, FEWEST_CALLS),
        (NOON - 4 * HOUR, 0.0),
        (NOON - 3 * HOUR, 0.0),
        (NOON - 2 * HOUR, FEWEST_CALLS),
        (NOON - HOUR, 0.0),
    ]
    assert [(one.at, one.value) for one in found[ERRORS].closed] == [(NOON - 5 * HOUR, 1.0), (NOON - 2 * HOUR, 1.0)]
    assert [one.value for one in (found[ROBOT].current,) if one] == [0.0]
    assert found[ERRORS].current is None


async def test_a_ratio_of_too_few_calls_is_a_gap_too(table: Table, call: Call) -> None:
    poll = await table.read(NOON + 2 * MINUTE, *_busy(call, 2, FEWEST_CALLS - 1))
    found = await table.observe(poll, list((await table.find(poll)).values()))
    assert found[ERRORS].closed == ()
    assert found[ROBOT].closed[0].value == FEWEST_CALLS - 1


async def test_windows_are_seen_on_the_owners_clock(table: Table, call: Call) -> None:
    table.zone = ZoneInfo("Asia/Kolkata")
    poll = await table.read(NOON + 2 * MINUTE, call("a", to_ms(NOON - 30 * MINUTE), agent="robot"))
    found = await table.observe(poll, list((await table.find(poll)).values()))
    assert found[ROBOT].closed[0].at.isoformat() == "2026-03-04T16:30:00+05:30"


async def test_the_trailing_hour_ends_where_the_log_was_read_to(table: Table, call: Call) -> None:
    table.knows(ROBOT, NOON)
    now = NOON + 20 * MINUTE + timedelta(seconds=30)
    calls = [
        call("too old", to_ms(NOON - 40 * MINUTE), agent="robot"),
        call("first", to_ms(NOON - 39 * MINUTE), agent="robot", nanos=2 * 10**9),
        call("last", to_ms(now), agent="robot", nanos=4 * 10**9),
    ]
    poll = await table.read(now, *calls)
    current = (await table.observe(poll, list((await table.find(poll)).values())))[ROBOT].current
    assert current is not None
    assert (current.at, current.value, current.span) == (now - HOUR, 6.0, HOUR)


async def test_a_series_without_news_is_left_alone(table: Table, call: Call) -> None:
    table.knows(ROBOT, NOON)
    table.knows(ERRORS, NOON)
    await table.read(NOON + 2 * MINUTE, call("a", to_ms(NOON - HOUR), agent="robot"))
    poll = await table.read(NOON + 3 * MINUTE)
    assert await table.find(poll) == {}


async def test_an_open_alert_is_looked_at_every_time(table: Table, call: Call, alert: MakeAlert) -> None:
    await table.read(NOON, call("a", to_ms(NOON - HOUR), agent="robot"))
    table.knows(ROBOT, NOON, alert())
    table.knows(ERRORS, NOON)
    poll = await table.read(NOON + 3 * MINUTE)
    found = await table.find(poll)
    assert list(found) == [ROBOT]
    assert found[ROBOT].current


async def test_a_late_call_brings_back_the_hour_that_it_changed(table: Table, call: Call) -> None:
    table.knows(ROBOT, NOON)
    await table.read(NOON, call("a", to_ms(NOON - 5 * HOUR), agent="robot"))
    poll = await table.read(NOON + 3 * MINUTE, call("late", to_ms(NOON - 3 * HOUR), agent="robot", nanos=7 * 10**9))
    work = (await table.find(poll))[ROBOT]
    assert work.late == (to_ms(NOON - 3 * HOUR),)
    assert work.closed_from == work.closed_until
    late = (await table.observe(poll, [work]))[ROBOT].late
    assert [(one.at, one.value) for one in late] == [(NOON - 3 * HOUR, 7.0)]


async def test_while_history_is_read_there_is_neither_late_nor_current(table: Table, call: Call) -> None:
    table.knows(ROBOT, NOON - HOUR)
    poll = await table.read(
        NOON + 2 * MINUTE,
        call("old", to_ms(NOON - 9 * HOUR), agent="robot"),
        call("new", to_ms(NOON - MINUTE), agent="robot"),
    )
    work = (await table.find(poll, live=False))[ROBOT]
    assert (work.late, work.current) == ((), False)
    assert work.closed_until == to_ms(NOON)


@pytest.mark.parametrize("days", [1, 400])
async def test_a_new_series_learns_its_past_and_is_judged_from_now_on(table: Table, call: Call, days: int) -> None:
    born = NOON - timedelta(days=days)
    poll = await table.read(NOON + 2 * MINUTE, call("a", to_ms(born + 10 * MINUTE), agent="robot"))
    await table.read(NOON + 2 * MINUTE, call("b", to_ms(NOON), agent="robot"))
    work = (await table.find(replace(poll, seq=2), after=0))[ROBOT]
    assert from_ms(work.closed_from) == max(born, NOON - MOST_HISTORY)
    assert (work.state.judged_until, from_ms(work.closed_until)) == (NOON, NOON)


async def test_an_entity_silent_for_two_weeks_sleeps_and_catches_up_when_it_wakes(table: Table, call: Call) -> None:
    asleep = NOON - timedelta(days=15)
    table.knows(ROBOT, asleep)
    await table.read(asleep, call("a", to_ms(asleep - HOUR), agent="robot"))
    poll = await table.read(NOON + 2 * MINUTE)
    assert await table.find(poll) == {}
    poll = await table.read(NOON + 3 * MINUTE, call("b", to_ms(NOON + 2 * MINUTE), agent="robot"))
    work = (await table.find(poll))[ROBOT]
    assert work.closed_until - work.closed_from == 15 * 24 * HOUR_MS


async def test_a_sleeping_entity_with_an_open_alert_is_kept_awake(table: Table, call: Call, alert: MakeAlert) -> None:
    asleep = NOON - timedelta(days=15)
    await table.read(asleep, call("a", to_ms(asleep - HOUR), agent="robot"))
    table.knows(ROBOT, asleep, alert())
    assert ROBOT in await table.find(await table.read(NOON + 2 * MINUTE))


@pytest.mark.parametrize(("opened", "live", "found"), [(True, True, True), (True, False, False), (False, True, False)])
async def test_a_series_nobody_watches_is_taken_up_only_to_end_its_alert(
    table: Table, call: Call, alert: MakeAlert, opened: bool, live: bool, found: bool
) -> None:
    latency = SeriesKey.parse("latency/agent/robot")
    poll = await table.read(NOON, call("a", to_ms(NOON - MINUTE), agent="robot"))
    table.knows(latency, NOON - 9 * HOUR, alert() if opened else None)
    works = await table.find(poll, live=live)
    assert (latency in works) is found
    if found:
        one = (await table.observe(poll, [works[latency]]))[latency]
        assert (one.closed, one.late, one.current, one.rules.enabled) == ((), (), None, False)


async def test_two_watches_on_one_metric_give_one_piece_of_work_by_the_first(table: Table, call: Call) -> None:
    dear = Watch(metric=Metric.COST, dimensions=(Dimension.AGENT,), min_impact=99.0)
    table.rules = replace(RULES, watches=(dear, *RULES.watches))
    poll = await table.read(NOON + 2 * MINUTE, call("a", to_ms(NOON - HOUR), agent="robot"))
    assert (await table.find(poll))[ROBOT].rules.min_impact == 99.0


async def test_inputs_come_by_the_partition_that_owns_their_entity(table: Table, call: Call) -> None:
    await table.store.claim_for("team-1")
    calls = [call(f"{name}", to_ms(NOON - HOUR), agent=name) for name in ("robot", "helper", "writer")]
    poll = await table.read(NOON + 2 * MINUTE, *calls)
    inputs = await Gatherer(table.store, table.zone).observe(list((await table.find(poll)).values()), poll)
    for partition, group in inputs.items():
        assert {one.key.entity.partition("team-1") for one in group} == {partition}
    names = {one.key.entity for group in inputs.values() for one in group}
    assert names == {Entity(Dimension.AGENT, name) for name in ("robot", "helper", "writer")}
