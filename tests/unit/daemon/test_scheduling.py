"""Periodic jobs: at once and again, never twice at a time, and never cut off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daemon import scheduling
from daemon.clock import SystemClock
from daemon.scheduling import PeriodicScheduler
from daemon.testing import ManualClock, ManualScheduler

Until = Callable[[Callable[[], bool]], Awaitable[None]]
Soon = Callable[[Awaitable[Any]], Awaitable[Any]]

OFTEN = 0.02
NEVER = 3600.0
FAR = datetime(2999, 1, 1, tzinfo=UTC)
"""A present in which nothing that the real clock knows is due."""


class Job:
    """Counts its runs, waits at a gate while that is closed, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.began = self.ended = self.at_once = self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._failures = failures

    async def __call__(self) -> None:
        self.began += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if self.began <= self._failures:
                raise LookupError("not this time")
        finally:
            self.at_once -= 1
        self.ended += 1


@pytest.fixture
async def scheduler() -> AsyncIterator[PeriodicScheduler]:
    scheduler = PeriodicScheduler(SystemClock())
    yield scheduler
    await scheduler.stop()


async def test_a_job_runs_at_once(scheduler: PeriodicScheduler, until: Until) -> None:
    job = Job()
    scheduler.every("poll", NEVER, job)
    scheduler.start()
    await until(lambda: job.ended == 1)


async def test_a_job_runs_again_and_again(scheduler: PeriodicScheduler, until: Until) -> None:
    job = Job()
    scheduler.every("poll", OFTEN, job)
    scheduler.start()
    await until(lambda: job.ended >= 3)


async def test_two_runs_of_a_job_never_overlap(scheduler: PeriodicScheduler, until: Until) -> None:
    slow, quick = Job(), Job()
    slow.gate.clear()
    scheduler.every("slow", OFTEN, slow)
    scheduler.every("quick", OFTEN, quick)
    scheduler.start()
    await until(lambda: quick.ended >= 5)
    assert slow.began == 1
    slow.gate.set()
    await until(lambda: slow.ended >= 2)
    assert slow.most_at_once == 1


async def test_a_failing_job_is_logged_and_goes_on(
    scheduler: PeriodicScheduler, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job(failures=2)
    scheduler.every("poll", OFTEN, job)
    scheduler.start()
    await until(lambda: job.ended >= 1)
    errors = [record for record in caplog.records if record.name == "daemon.scheduling"]
    assert [record.getMessage() for record in errors] == ["job poll failed: not this time"] * 2
    assert all(record.exc_info for record in errors)


async def test_stopping_waits_for_the_running_job_and_does_not_cancel_it(until: Until, soon: Soon) -> None:
    scheduler = PeriodicScheduler(SystemClock())
    job = Job()
    job.gate.clear()
    scheduler.every("poll", OFTEN, job)
    scheduler.start()
    await until(lambda: job.began == 1)
    stopping = asyncio.create_task(scheduler.stop())
    await until(lambda: not scheduler._scheduler.running)
    assert not stopping.done()
    job.gate.set()
    await soon(stopping)
    assert (job.began, job.ended) == (1, 1)


async def test_a_job_that_does_not_end_is_cancelled_after_a_bound_and_not_reported_as_failed(
    until: Until, soon: Soon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scheduling, "STOP_SECONDS", 0.05)
    scheduler = PeriodicScheduler(SystemClock())
    job = Job()
    job.gate.clear()
    scheduler.every("poll", NEVER, job)
    scheduler.start()
    await until(lambda: job.began == 1)
    await soon(scheduler.stop())
    assert (job.at_once, job.ended) == (0, 0)
    assert [record for record in caplog.records if record.name == scheduling.__name__] == []


async def test_nothing_starts_after_the_stop(until: Until) -> None:
    scheduler = PeriodicScheduler(SystemClock())
    stopped, other = Job(), Job()
    scheduler.every("poll", OFTEN, stopped)
    scheduler.start()
    await until(lambda: stopped.ended >= 1)
    await scheduler.stop()
    runs = stopped.began
    rival = PeriodicScheduler(SystemClock())
    rival.every("poll", OFTEN, other)
    rival.start()
    await until(lambda: other.ended >= 3)
    await rival.stop()
    assert stopped.began == runs


async def test_a_scheduler_that_never_started_can_be_stopped() -> None:
    scheduler = PeriodicScheduler(SystemClock())
    scheduler.every("poll", NEVER, Job())
    await scheduler.stop()


@pytest.mark.parametrize("step", [timedelta(hours=-3), timedelta(hours=3)], ids=["back", "ahead"])
async def test_a_step_of_the_wall_clock_is_noticed_and_every_job_is_due(
    until: Until, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, step: timedelta
) -> None:
    monkeypatch.setattr(scheduling, "GUARD_SECONDS", 0.005)
    clock = ManualClock(FAR)
    scheduler = PeriodicScheduler(clock)
    scheduler.every("poll", NEVER, Job())
    scheduler.start()
    await asyncio.sleep(0)  # the guard reads the clock for the first time
    assert scheduler._scheduler.get_job("poll").next_run_time == FAR
    clock.step_wall(step)
    await until(lambda: "stepped" in caplog.text)
    assert scheduler._scheduler.get_job("poll").next_run_time == FAR + step
    assert f"the wall clock stepped by {step.total_seconds():.1f} s; rescheduling" in caplog.text
    await scheduler.stop()


async def test_time_that_merely_passes_is_no_step(
    clock: ManualClock, until: Until, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "GUARD_SECONDS", 0.001)
    asked = 0
    real = clock.monotonic

    def counted() -> float:
        nonlocal asked
        asked += 1
        return real()

    monkeypatch.setattr(clock, "monotonic", counted)
    scheduler = PeriodicScheduler(clock)
    scheduler.start()
    for _ in range(5):
        clock.advance(timedelta(hours=2))
        turns = asked
        await until(lambda turns=turns: asked > turns + 1)  # type: ignore[misc] # binds the loop's value
    await scheduler.stop()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_the_manual_scheduler_runs_a_job_when_told() -> None:
    scheduler, job = ManualScheduler(), Job()
    scheduler.every("poll", NEVER, job)
    scheduler.start()
    assert (scheduler.running, job.began) == (True, 0)
    await scheduler.fire("poll")
    await scheduler.stop()
    assert (scheduler.running, job.ended) == (False, 1)
