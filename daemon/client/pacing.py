"""When the next request to one destination may leave: a token bucket, and the pauses that the platform asks for."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from daemon.clock import Clock, SystemClock
from daemon.errors import RateLimitedError

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests one destination is sent, and how long a caller waits for its turn."""

    per_minute: float = 1000.0
    burst: int = 100
    patience: float = 5.0


USUAL = Limit()
UNLIMITED = Limit(per_minute=math.inf)


class Pace:
    """The turns of one destination, shared by everybody who calls it.

    The bucket is kept as one moment, `_full`: when it will be full again. Each turn moves it on by one
    interval; a turn is free as long as `_full` lies less than a burst ahead.
    """

    def __init__(self, name: str, limit: Limit, clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self._name = name
        self._interval = 60.0 / limit.per_minute
        self._credit = self._interval * (limit.burst - 1)
        self._patience = limit.patience
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._full = -math.inf
        self._paused_until = -math.inf

    async def turn(self) -> None:
        """Wait until one request may leave.

        Raises:
            RateLimitedError: That would take longer than anybody should wait.
        """
        now = self._clock.monotonic()
        wait = max(self._paused_until - now, self._full - self._credit - now, 0.0)
        if wait > self._patience:
            raise self._refusal(wait)
        self._full = max(self._full, now) + self._interval
        if wait:
            agreed = self._paused_until
            await self._sleep(wait)
            # Whoever went first may have been told to wait again; looping here could last for ever.
            if self._paused_until > agreed:
                raise self._refusal(max(self._paused_until - self._clock.monotonic(), 0.0))

    def pause(self, seconds: float) -> None:
        """Hold everybody back, as the platform asked; a shorter pause does not end a longer one."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    def tolerates(self, seconds: float) -> bool:
        """Tell whether a wait is short enough to be slept through."""
        return seconds <= self._patience

    def _refusal(self, wait: float) -> RateLimitedError:
        return RateLimitedError(
            f"requests to {self._name} are held back for another {wait:.3g} s; try again then", retry_after=wait
        )
