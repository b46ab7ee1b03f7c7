"""The turns of one destination, on a clock that is moved by sleeping."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.client.pacing import UNLIMITED, Limit, Pace
from daemon.errors import RateLimitedError
from daemon.testing import ManualClock


class World:
    """A clock, and a sleep that moves it."""

    def __init__(self, limit: Limit) -> None:
        self.clock = ManualClock()
        self.slept: list[float] = []
        self.pace = Pace("the platform", limit, self.clock, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


async def test_a_burst_leaves_at_once_and_what_follows_is_spaced() -> None:
    world = World(Limit(per_minute=60, burst=3))
    for _ in range(5):
        await world.pace.turn()
    assert world.slept == [pytest.approx(1.0), pytest.approx(1.0)]


async def test_a_rest_fills_the_bucket_again_but_never_beyond_the_burst() -> None:
    world = World(Limit(per_minute=60, burst=3))
    for _ in range(3):
        await world.pace.turn()
    world.pass_time(3600)
    for _ in range(3):
        await world.pace.turn()
    assert world.slept == []
    await world.pace.turn()
    assert world.slept == [pytest.approx(1.0)]


async def test_without_a_limit_nobody_waits() -> None:
    world = World(UNLIMITED)
    for _ in range(10_000):
        await world.pace.turn()
    assert world.slept == []


async def test_a_wait_beyond_patience_is_refused_at_once_and_named() -> None:
    world = World(Limit(per_minute=60, burst=1, patience=5))
    world.pace.pause(42)
    with pytest.raises(RateLimitedError, match=r"the platform are held back for another 42 s") as caught:
        await world.pace.turn()
    assert caught.value.retry_after == 42
    assert world.slept == []


async def test_a_refused_turn_costs_no_credit() -> None:
    world = World(Limit(per_minute=60, burst=1, patience=5))
    world.pace.pause(42)
    for _ in range(20):
        with pytest.raises(RateLimitedError):
            await world.pace.turn()
    world.pass_time(42)
    await world.pace.turn()
    assert world.slept == []


async def test_a_short_pause_is_slept_through_by_everybody() -> None:
    world = World(Limit(burst=100))
    world.pace.pause(2)
    await world.pace.turn()
    await world.pace.turn()
    assert world.slept == [2.0]


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    world = World(Limit())
    world.pace.pause(60)
    world.pace.pause(1)
    with pytest.raises(RateLimitedError, match="60 s"):
        await world.pace.turn()


async def test_who_is_told_to_wait_again_while_waiting_gives_up() -> None:
    clock, asleep, awake = ManualClock(), asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await awake.wait()

    pace = Pace("the platform", Limit(), clock, sleep)
    pace.pause(1)
    waiting = asyncio.create_task(pace.turn())
    await asyncio.wait_for(asleep.wait(), 5)
    pace.pause(300)
    awake.set()
    with pytest.raises(RateLimitedError, match="300 s"):
        await asyncio.wait_for(waiting, 5)


@settings(max_examples=50, deadline=None)
@given(
    rests=st.lists(st.floats(min_value=0, max_value=10), max_size=60),
    per_minute=st.sampled_from([30.0, 60.0, 600.0]),
    burst=st.integers(min_value=1, max_value=10),
)
async def test_no_minute_ever_sees_more_than_its_share_and_one_burst(
    rests: list[float], per_minute: float, burst: int
) -> None:
    world = World(Limit(per_minute=per_minute, burst=burst, patience=1000))
    left: list[float] = []
    for rest in rests:
        world.pass_time(rest)
        await world.pace.turn()
        left.append(world.clock.monotonic())
    for first, begin in enumerate(left):
        within = [moment for moment in left[first:] if moment < begin + 60 - 1e-6]
        assert len(within) <= per_minute + burst


async def test_the_usual_limit_is_a_thousand_a_minute_in_bursts_of_a_hundred() -> None:
    world = World(Limit())
    for _ in range(101):
        await world.pace.turn()
    assert world.slept == [pytest.approx(0.06)]
