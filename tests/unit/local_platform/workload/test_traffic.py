"""Live traffic: alive at any hour, nothing lost on the way, and an agent that goes wild once."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.workload import traffic
from local_platform.workload.calls import stamp
from local_platform.workload.company import HALDEN, PULSE
from local_platform.workload.metering import RefusedError, fetch, open_session
from local_platform.workload.traffic import FLOOR, live_paces, run_traffic

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def start(platform: Any, fast: Any, **options: Any) -> asyncio.Task[None]:
    arguments = {"seed": 7, "factor": 1.0, "clock": fast.clock, "sleep": fast.sleep} | options
    return asyncio.create_task(run_traffic(platform.url, platform.api_key, **arguments))


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def first_calls(platform: Any, fast: Any, **options: Any) -> list[str]:
    task = start(platform, fast, **options)
    await platform.until(lambda: len(platform.taken) >= 20)
    await stop(task)
    return sorted(platform.taken)


@pytest.mark.parametrize("stores_before_failing", [False, True])
async def test_nothing_is_lost_or_counted_twice_while_the_platform_stumbles(
    unreliable: Any, fast: Any, *, stores_before_failing: bool
) -> None:
    unreliable.script = [
        unreliable.answer(500),
        unreliable.answer(429, **{"Retry-After": "2"}),
        None,
        unreliable.answer(503),
    ]
    unreliable.stores_before_failing = stores_before_failing
    task = start(unreliable, fast)
    await unreliable.until(lambda: len(unreliable.taken) >= 150)
    await stop(task)
    assert set(unreliable.taken) == set(unreliable.attempts)
    assert set(unreliable.attempts.values()) == {5}
    assert all(key == body["transactionId"] for key, body in unreliable.taken.items())


async def test_a_platform_that_hangs_slows_the_traffic_down_instead_of_piling_up(unreliable: Any, fast: Any) -> None:
    unreliable.gate.clear()
    task = start(unreliable, fast)
    await unreliable.until(lambda: len(unreliable.attempts) == 64)
    unreliable.gate.set()
    await unreliable.until(lambda: len(unreliable.attempts) > 100)
    await stop(task)
    assert set(unreliable.taken) == set(unreliable.attempts)


async def test_stopping_waits_for_the_calls_on_their_way(unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(500)]
    unreliable.gate.clear()
    task = start(unreliable, fast)
    await unreliable.until(lambda: len(unreliable.attempts) >= 10)
    task.cancel()
    unreliable.gate.set()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert set(unreliable.taken) == set(unreliable.attempts)


async def test_stopping_gives_up_on_a_dead_platform_and_says_how_much_is_lost(
    unreliable: Any, fast: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(traffic, "_GRACE", 0.02)
    unreliable.gate.clear()
    task = start(unreliable, fast)
    await unreliable.until(lambda: len(unreliable.attempts) == 64)
    await stop(task)
    unreliable.gate.set()
    assert "64 calls were not taken" in caplog.text


async def test_a_refused_key_ends_the_traffic_with_the_reason(unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(403)]
    async with asyncio.timeout(20):
        with pytest.raises(RefusedError, match="Check the API key"):
            await start(unreliable, fast)


async def test_an_agent_goes_wild_after_the_given_time_and_stops_by_itself(unreliable: Any, fast: Any) -> None:
    begin = fast.now
    task = start(unreliable, fast, incident_after=30)
    await unreliable.until(lambda: len(unreliable.labels) == 2)
    seen = len(unreliable.taken)
    await unreliable.until(lambda: len(unreliable.taken) > seen + 20)
    await stop(task)
    first, last = unreliable.labels
    assert first["id"] == last["id"]
    assert first["start"] == last["start"]
    assert first["kind"] == "agent-gone-wild"
    assert (first["dimension"], first["entity"]) == ("agent", "research-agent")
    assert datetime.fromisoformat(first["start"]) >= begin + timedelta(seconds=30)
    traces = Counter(body["traceId"] for body in unreliable.taken.values())
    (trace, count), (_, other) = traces.most_common(2)
    assert 700 < count < 1100
    assert other < 5
    loop = [body for body in unreliable.taken.values() if body["traceId"] == trace]
    assert all(first["start"] <= body["requestTime"] < first["end"] for body in loop)


async def test_a_wild_agent_that_is_stopped_early_is_labelled_with_its_real_end(unreliable: Any, fast: Any) -> None:
    unreliable.gate.clear()
    task = start(unreliable, fast, incident_after=1)
    await unreliable.until(lambda: len(unreliable.attempts) == 64)
    stopped_at = stamp(fast.now)
    task.cancel()
    unreliable.gate.set()
    await stop(task)
    first, last = unreliable.labels
    assert last == first | {"end": stopped_at}
    assert len(unreliable.taken) < 100


async def test_a_second_run_repeats_no_id_of_the_first(unreliable: Any, fast: Any) -> None:
    first = set(await first_calls(unreliable, fast))
    unreliable.taken.clear()
    assert not first & set(await first_calls(unreliable, fast))


async def test_live_calls_reach_the_platform_priced_and_marked_as_made_up(platform: Any, fast: Any) -> None:
    task = start(platform, fast)
    path = "/profitstream/v2/api/sources/metrics/ai/completions"
    async with asyncio.timeout(20), open_session(platform.url, platform.api_key) as session:
        while (await fetch(session, "/local/v1/status"))["transactions"] < 40:
            assert not task.done()
        await stop(task)
        page = await fetch(session, path, teamId=platform.team_id, size="100", environment="demo")
        status = await fetch(session, "/local/v1/status")
    assert page["page"]["totalElements"] == status["transactions"]
    assert status["unpriced"] == 0
    assert all(row["totalCost"] > 0 for row in page["_embedded"]["aICompletionMetricResourceList"])


@settings(max_examples=40)
@given(st.integers(0, 14 * 24 * 60), st.floats(0.0, 50.0))
def test_at_any_hour_there_are_at_least_four_calls_a_minute(minutes: int, factor: float) -> None:
    paces = live_paces(factor, MONDAY + timedelta(minutes=minutes))
    assert sum(paces.values()) >= FLOOR * 0.999999
    assert paces[PULSE] == pytest.approx(max(0.0, FLOOR - sum(paces.values()) + paces[PULSE]))


def test_the_floor_leaves_every_agent_of_the_company_at_its_usual_pace() -> None:
    night = MONDAY + timedelta(hours=22)
    paces = live_paces(1.0, night)
    assert all(paces[agent] == HALDEN.pace(agent, night) for agent in HALDEN.agents)


def test_a_busy_company_needs_no_pulse() -> None:
    assert live_paces(20.0, MONDAY + timedelta(hours=11))[PULSE] == 0
