"""Two platforms to meter to: the real local one, and one that fails as it is told."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from local_platform.server import Platform, running_platform

Reply = Callable[[], web.StreamResponse]


@dataclass
class Unreliable:
    """Keeps calls by idempotency key, after failing each as often as its script says.

    Attributes:
        script: What to answer to the first attempts of every call; None drops the connection.
        stores_before_failing: Whether a failed attempt counts all the same, as when only the
            answer got lost.
        gate: Attempts wait here; open unless a test closes it.
        changed: Wakes whoever waits for the next attempt.
    """

    script: list[Reply | None] = field(default_factory=list)
    stores_before_failing: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    attempts: Counter[str] = field(default_factory=Counter)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    labels: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    api_key: str = "rev_sk_t_anything"

    @staticmethod
    def answer(status: int, **headers: str) -> Reply:
        """Return an entry for the script."""
        return lambda: web.json_response({"message": "as the test says"}, status=status, headers=headers)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        key = request.headers["Idempotency-Key"]
        body = await request.json()
        attempt = self.attempts[key]
        self.attempts[key] += 1
        fails = attempt < len(self.script)
        if not fails or self.stores_before_failing:
            self.taken.setdefault(key, body)
        await self._wake()
        await self.gate.wait()
        reply = self.script[attempt] if fails else web.Response
        if reply is not None:
            return reply()
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def label(self, request: web.Request) -> web.Response:
        self.labels.append(await request.json())
        await self._wake()
        return web.json_response({})

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(condition)

    async def _wake(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@dataclass
class FastTime:
    """A clock that moves on to the earliest waker as soon as anybody sleeps."""

    now: datetime = datetime(2026, 11, 18, 11, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        loop = asyncio.get_running_loop()
        me = (self.now + timedelta(seconds=seconds), len(self.slept), loop.create_future())
        heapq.heappush(self.sleepers, me)
        loop.call_soon(self._wake_one)
        try:
            await me[2]
        finally:
            if me in self.sleepers:
                self.sleepers.remove(me)
                heapq.heapify(self.sleepers)
            loop.call_soon(self._wake_one)

    def _wake_one(self) -> None:
        if self.sleepers:
            due, _, sleeper = heapq.heappop(self.sleepers)
            self.now = max(self.now, due)
            if not sleeper.done():
                sleeper.set_result(None)


@pytest.fixture
def fast() -> FastTime:
    return FastTime()


@pytest.fixture
async def unreliable() -> AsyncIterator[Unreliable]:
    platform = Unreliable()
    platform.gate.set()
    app = web.Application()
    app.router.add_post("/meter/v2/ai/completions", platform.complete)
    app.router.add_post("/local/v1/incidents", platform.label)
    async with TestServer(app) as server:
        platform.url = str(server.make_url("")).rstrip("/")
        yield platform


@pytest.fixture
async def platform(data_dir: Path) -> AsyncIterator[Platform]:
    async with running_platform(data_dir) as running:
        yield running
