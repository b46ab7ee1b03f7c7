"""Doubles of the ports: a clock that is set by hand and a scheduler that runs jobs when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from daemon.scheduling import Job

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""


class ManualClock:
    """Stands still until moved. Wall and monotonic time can be moved apart, as a stepped clock does."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that only `advance` moves."""
        return self._monotonic

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
        self._monotonic += by.total_seconds()

    def step_wall(self, by: timedelta) -> None:
        """Change the wall clock alone, as an administrator or a resumed machine does."""
        self._now += by


class ManualScheduler:
    """Runs a job when `fire` is called and at no other time."""

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[float, Job]] = {}
        self.running = False

    def every(self, name: str, seconds: float, job: Job) -> None:
        """Remember a job."""
        self.jobs[name] = seconds, job

    def start(self) -> None:
        """Note that it was started."""
        self.running = True

    async def stop(self) -> None:
        """Note that it was stopped."""
        self.running = False

    async def fire(self, name: str) -> None:
        """Run one job to its end."""
        await self.jobs[name][1]()
