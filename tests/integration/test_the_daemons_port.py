"""The daemon's one port as assistants and scrapers use it: MCP with a token, metrics, and tuning that lasts."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from daemon import paths
from daemon.composition import mcp_routes
from daemon.runtime import App, Running
from daemon.settings import Settings
from daemon.testing import ManualScheduler
from local_platform.server import Platform, running_platform


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path / "platform") as platform:
        async with aiohttp.ClientSession(headers={"x-api-key": platform.api_key}) as session:
            stamp = (datetime.now(UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
            call = {
                "provider": "OPENAI",
                "model": "gpt-4o",
                "costType": "AI",
                "inputTokenCount": 10,
                "outputTokenCount": 1,
            }
            rest = {
                "totalTokenCount": 11,
                "requestDuration": 5,
                "isStreamed": False,
                "stopReason": "END",
                "agent": "bot",
            }
            times = {"requestTime": stamp, "completionStartTime": stamp, "responseTime": stamp}
            async with session.post(
                f"{platform.url}/meter/v2/ai/completions", json={**call, **rest, **times}
            ) as response:
                assert response.status == 201
        yield platform


@asynccontextmanager
async def daemon(platform: Platform, data: Path) -> AsyncIterator[Running]:
    settings = Settings(
        revenium_api_key=platform.api_key,
        revenium_base_url=platform.url,
        data_dir=data,
        http_port=0,
        backfill_days=1,
    )
    app = App(settings, extension=mcp_routes, scheduler=ManualScheduler(), console=io.StringIO())
    async with app.started() as running:
        await running.engine.poll()
        yield running


@asynccontextmanager
async def assistant(running: Running, data: Path) -> AsyncIterator[Client]:
    token = paths.token_path(data).read_text().strip()
    url = f"http://127.0.0.1:{running.http_port}/mcp"
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


async def structured(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


async def test_what_an_assistant_tunes_takes_effect_at_once_and_survives_a_restart(
    platform: Platform, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    async with daemon(platform, data) as running, assistant(running, data) as client:
        before = await structured(client, "list_series", pattern="cost/agent/bot")
        assert before["series"][0]["sensitivity"] == "normal"
        await structured(client, "tune_detectors", pattern="cost/agent/*", sensitivity="conservative", min_impact=20)
        tuned = await structured(client, "list_series", pattern="cost/agent/bot")
        assert (tuned["series"][0]["sensitivity"], tuned["series"][0]["min_impact"]) == ("conservative", 20)
    async with daemon(platform, data) as running, assistant(running, data) as client:
        again = await structured(client, "list_series", pattern="cost/agent/bot")
        assert (again["series"][0]["sensitivity"], again["series"][0]["min_impact"]) == ("conservative", 20)


async def test_metrics_are_served_to_those_who_hold_the_token(platform: Platform, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with daemon(platform, data) as running, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{running.http_port}/metrics"
        async with session.get(url) as refused:
            assert refused.status == 401
        token = paths.token_path(data).read_text().strip()
        async with session.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 200
            lines = (await response.text()).splitlines()
    assert "revenium_monitor_up 1.0" in lines
    assert "revenium_monitor_transactions_total 1.0" in lines
    assert "revenium_monitor_open_alerts 0.0" in lines
    assert 'revenium_monitor_messages{channel="console",state="pending"} 0.0' in lines
    assert 'revenium_monitor_channel_paused{channel="inbox"} 0.0' in lines
