"""Periodic jobs. APScheduler does the work behind a small interface that tests drive by hand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from daemon.clock import Clock

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]

GUARD_SECONDS = 5.0
STEP_SECONDS = 2.0

STOP_SECONDS = 5.0
"""How long a stop waits for running jobs. What they have committed stays; a cancelled read is read again."""


class Scheduler(Protocol):
    """Runs jobs again and again, never two runs of one job at a time."""

    def every(self, name: str, seconds: float, job: Job) -> None:
        """Run `job` now and then every `seconds`."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    async def stop(self) -> None:
        """Start nothing more and wait for what runs."""
        ...


class PeriodicScheduler:
    """`Scheduler` on APScheduler 3, with the guards that its wall-clock timing needs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # No misfire grace: a run that is late is still wanted, and several missed ones fold into one.
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
        self._scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        self._running: set[asyncio.Task[None]] = set()
        self._guard: asyncio.Task[None] | None = None

    def every(self, name: str, seconds: float, job: Job) -> None:
        """Run `job` as soon as the scheduler starts and then every `seconds`."""

        async def run() -> None:
            # APScheduler cancels its own futures when it stops; the job itself must finish its transaction.
            task = asyncio.ensure_future(job())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.shield(task)

        trigger = IntervalTrigger(seconds=seconds, timezone="UTC")
        self._scheduler.add_job(
            run, trigger, id=name, name=name, next_run_time=self._clock.now(), replace_existing=True
        )

    def start(self) -> None:
        """Begin running jobs and watching the clock."""
        self._scheduler.start()
        self._guard = asyncio.create_task(self._watch_clock(), name="clock-guard")

    async def stop(self) -> None:
        """Start nothing more and wait for what runs; a job that does not end within bounds is cancelled."""
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # it only takes effect in the loop's next turn, and may start a job before
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _watch_clock(self) -> None:
        """Notice steps of the wall clock, which would silence the scheduler for the size of the step."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        while True:
            await asyncio.sleep(GUARD_SECONDS)
            now, tick = self._clock.now(), self._clock.monotonic()
            stepped = (now - wall) - timedelta(seconds=tick - steady)
            wall, steady = now, tick
            if abs(stepped.total_seconds()) > STEP_SECONDS:
                log.warning("the wall clock stepped by %.1f s; rescheduling", stepped.total_seconds())
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=now)
                self._scheduler.wakeup()


def _report(event: JobExecutionEvent) -> None:
    """Put into the log what APScheduler would otherwise keep to itself."""
    if event.code == EVENT_JOB_ERROR:
        if not isinstance(event.exception, asyncio.CancelledError):  # that is how APScheduler itself stops
            log.error("job %s failed: %s", event.job_id, event.exception, exc_info=event.exception)
    elif event.code == EVENT_JOB_MISSED:
        log.warning("job %s was missed", event.job_id)
    else:
        log.debug("job %s still runs; this turn is left out", event.job_id)
