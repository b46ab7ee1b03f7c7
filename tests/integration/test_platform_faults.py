"""A platform that misbehaves over a real socket: each fault has a clear word, and nothing is lost."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from daemon.clock import to_ms
from daemon.engine import Engine
from daemon.errors import AuthError
from daemon.runtime import App, Running
from daemon.settings import Settings
from daemon.testing import ManualScheduler
from local_platform.http.faults import Fault
from local_platform.server import Platform, running_platform

Meter = Callable[..., Awaitable[None]]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path / "platform") as platform:
        yield platform


@pytest.fixture
async def running(platform: Platform, tmp_path: Path) -> AsyncIterator[Running]:
    settings = Settings(
        revenium_api_key=platform.api_key,
        revenium_base_url=platform.url,
        data_dir=tmp_path / "data",
        http_port=0,
        request_timeout=2.0,
        backfill_days=2,
    )
    async with App(settings, scheduler=ManualScheduler(), console=io.StringIO()).started() as running:
        yield running


@pytest.fixture
async def meter(platform: Platform) -> AsyncIterator[Meter]:
    """Meter so many calls made some time ago."""
    number = 0
    async with aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session:

        async def send(calls: int, ago: timedelta = timedelta(seconds=5), **fields: Any) -> None:
            nonlocal number
            lines = []
            for _ in range(calls):
                number += 1
                lines.append(json.dumps(_call(number, datetime.now(UTC) - ago) | fields))
            async with session.post(f"{platform.url}/local/v1/import", data="\n".join(lines)) as response:
                assert (await response.json())["accepted"] == calls

        yield send


def _call(number: int, at: datetime) -> dict[str, Any]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "transactionId": f"tx-{number}", "model": "gpt-4o", "provider": "OPENAI", "costType": "AI",
        "inputTokenCount": 100, "outputTokenCount": 10, "totalTokenCount": 110, "requestDuration": 500,
        "requestTime": stamp, "completionStartTime": stamp, "responseTime": stamp, "isStreamed": False,
        "stopReason": "END", "totalCost": 0.25,
    }  # fmt: skip


async def recorded(engine: Engine) -> tuple[int, float]:
    now = to_ms(datetime.now(UTC))
    count, nanos = await engine.store.totals(now - 3 * 86_400_000, now + 86_400_000)
    return count, nanos / 1e9


FAULTS = [
    pytest.param(Fault(html=True, status=200), "instead of JSON", id="html"),
    pytest.param(Fault(truncate=True), "broke off half-way", id="truncated"),
    pytest.param(Fault(drop=True), "cannot be reached", id="dropped"),
    pytest.param(Fault(status=500), "the platform failed (500", id="internal-error"),
    pytest.param(Fault(status=503), "the platform failed (503", id="unavailable"),
    pytest.param(Fault(latency_ms=2500), "no answer within 2 s", id="slow"),
    pytest.param(Fault(status=403), "check REVENIUM_API_KEY", id="key-refused-later"),
    pytest.param(Fault(status=429, retry_after="0"), "asks to wait", id="rate-limited"),
]


@pytest.mark.parametrize(("fault", "words"), FAULTS)
async def test_a_fault_is_named_and_the_calls_metered_meanwhile_are_not_lost(
    fault: Fault, words: str, platform: Platform, running: Running, meter: Meter
) -> None:
    engine = running.engine
    await meter(150)
    await engine.poll()
    assert engine.health.state == "ok"
    await meter(250)
    platform.faults.set(fault)
    await engine.poll()
    assert engine.health.state == "failing"
    assert words in (engine.health.problem or "")
    assert platform.api_key not in (engine.health.problem or "")
    platform.faults.set(None)
    await engine.poll()
    assert engine.health.state == "ok"
    assert await recorded(engine) == (400, 100.0)


async def test_a_rate_limit_is_obeyed_and_nothing_is_asked_before_its_time(
    platform: Platform, running: Running, meter: Meter
) -> None:
    engine = running.engine
    await meter(10)
    platform.faults.set(Fault(status=429, retry_after="120"), times=1)
    await engine.poll()
    await engine.poll()
    assert engine.health.state == "failing"
    assert await recorded(engine) == (0, 0.0), "the second poll should not have asked"


async def test_a_call_that_arrives_hours_late_is_found(running: Running, meter: Meter) -> None:
    engine = running.engine
    await meter(20)
    await engine.poll()
    await meter(3, timedelta(hours=5))
    await engine.poll()
    assert (await recorded(engine))[0] == 20, "it lies behind the overlap of ordinary polls"
    await engine.reconcile()
    assert await recorded(engine) == (23, 5.75)


async def test_a_wrong_key_at_the_first_contact_stops_the_daemon_with_a_clear_word(
    platform: Platform, tmp_path: Path
) -> None:
    settings = Settings(
        revenium_api_key="hak_wrong_key", revenium_base_url=platform.url, data_dir=tmp_path / "data", http_port=0
    )
    app = App(settings, scheduler=ManualScheduler(), console=io.StringIO())
    async with app.started() as running:
        await running.engine.poll()
        await app.stopped(within=5)
    assert isinstance(app.error, AuthError)
    assert "check REVENIUM_API_KEY" in str(app.error)
    assert "hak_wrong_key" not in str(app.error)


async def test_a_platform_that_is_away_at_the_start_is_watched_as_soon_as_it_comes(tmp_path: Path) -> None:
    async with running_platform(tmp_path / "platform") as first:
        port = int(first.url.rpartition(":")[2])
    settings = Settings(
        revenium_api_key=first.api_key, revenium_base_url=first.url, data_dir=tmp_path / "data", http_port=0
    )
    async with App(settings, scheduler=ManualScheduler(), console=io.StringIO()).started() as running:
        await running.engine.poll()
        assert running.engine.health.state == "failing"
        assert "cannot be reached" in (running.engine.health.problem or "")
        async with running_platform(tmp_path / "platform", port=port):
            await running.engine.poll()
            assert running.engine.health.state == "ok"
        await asyncio.sleep(0)
