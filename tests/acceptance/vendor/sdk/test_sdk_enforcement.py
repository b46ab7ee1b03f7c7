"""A guardrail of the local platform that is breached stops the next call before it reaches the provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from local_platform.server import Platform
from local_platform.workload.metering import meter, open_session, post

pytestmark = pytest.mark.acceptance

Run = Callable[..., Awaitable[Any]]
Kept = Callable[..., Awaitable[list[dict[str, Any]]]]

# The rules are read in the background, so a program asks until it is stopped, or until it may ask no longer.
ASK = """
import json, sys
import revenium_middleware.openai
from openai import OpenAI
from revenium_middleware import BudgetExceededError, shutdown_event
where, agent, patience = json.load(sys.stdin)
client = OpenAI(api_key="sk-test", base_url=where)
stopped = None
for _ in range(patience):
    try:
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}], usage_metadata={"agent": agent})
    except BudgetExceededError as error:
        stopped = {"rule": error.rule_name, "threshold": error.threshold, "spent": error.current_value,
                   "words": error.deny_message}
        break
    shutdown_event.wait(0.2)
print(json.dumps(stopped))
"""
GUARDRAIL = {
    "name": "Daily stop",
    "metricType": "TOTAL_COST",
    "windowType": "DAILY",
    "action": "BLOCK",
    "hardLimit": 10,
    "denyMessage": "Ask finance first",
}


@pytest.fixture
async def provider() -> AsyncIterator[tuple[str, list[str]]]:
    """A service that answers chat completions, and the list of what it was asked."""
    asked: list[str] = []

    async def complete(request: web.Request) -> web.Response:
        asked.append((await request.json())["model"])
        choice = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        answer = {"id": f"c-{len(asked)}", "object": "chat.completion", "created": 1, "model": "gpt-4o"}
        return web.json_response(answer | {"choices": [choice], "usage": usage})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    async with TestServer(app) as server:
        yield str(server.make_url("/v1")), asked


@pytest.fixture
def enforced(run: Run, kept: Kept, platform: Platform, vendor_python: Path) -> Run:
    """Run a program that obeys the platform's guardrails, and be sure that it read them."""

    async def enforced(*given: Any) -> Any:
        variables = {
            "REVENIUM_CIRCUIT_BREAKER_ENABLED": "true",
            "REVENIUM_TEAM_ID": platform.team_id,
            "REVENIUM_CB_POLL_INTERVAL_SECONDS": "1",
        }
        stopped = await run(ASK, list(given), python=vendor_python, **variables)
        requests = {entry["operation"] for entry in await kept("logs/system/external")}
        assert "GET /v2/api/ai/enforcement-rules/{teamId}" in requests
        return stopped

    return enforced


async def guard(platform: Platform, **changes: Any) -> None:
    async with open_session(platform.url, platform.api_key) as session:
        path = f"/profitstream/v2/api/ai/cost-controls?teamId={platform.team_id}"
        await post(session, path, GUARDRAIL | {"teamId": platform.team_id} | changes)


async def spend(platform: Platform, agent: str, dollars: float) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    call = {"transactionId": f"spent-by-{agent}", "model": "gpt-4o", "provider": "OPENAI", "costType": "AI"}
    tokens = {"inputTokenCount": 1, "outputTokenCount": 1, "totalTokenCount": 2, "isStreamed": False}
    times = {"requestTime": now, "completionStartTime": now, "responseTime": now, "requestDuration": 1}
    body = call | tokens | times | {"stopReason": "END", "agent": agent, "totalCost": dollars}
    async with open_session(platform.url, platform.api_key) as session:
        await meter(session, body, f"spent-by-{agent}", patience=5)


async def test_a_breached_guardrail_stops_the_program_and_says_why(
    enforced: Run, platform: Platform, provider: tuple[str, list[str]]
) -> None:
    where, asked = provider
    await guard(platform)
    await spend(platform, "spender", 12.5)
    stopped = await enforced(where, "anyone", 50)
    assert (stopped["rule"], stopped["threshold"], stopped["words"]) == ("Daily stop", 10, "Ask finance first")
    assert stopped["spent"] == pytest.approx(12.5, abs=0.01)
    assert len(asked) < 50


async def test_a_guardrail_that_is_not_breached_stops_nobody(
    enforced: Run, platform: Platform, provider: tuple[str, list[str]]
) -> None:
    where, asked = provider
    await guard(platform)
    await spend(platform, "saver", 2.5)
    assert await enforced(where, "anyone", 6) is None
    assert len(asked) == 6


async def test_a_guardrail_for_one_agent_leaves_the_others_alone(
    enforced: Run, platform: Platform, provider: tuple[str, list[str]]
) -> None:
    where, _ = provider
    await guard(platform, filters=[{"dimension": "AGENT", "operator": "IS", "value": "spender"}])
    await spend(platform, "spender", 12.5)
    assert await enforced(where, "saver", 6) is None
    assert (await enforced(where, "spender", 50))["rule"] == "Daily stop"


async def test_guardrails_that_only_watch_stop_nobody(
    enforced: Run, platform: Platform, provider: tuple[str, list[str]]
) -> None:
    where, _ = provider
    await guard(platform, name="Shadow", shadowMode=True)
    await guard(platform, name="Warning", action="WARN_ONLY")
    await guard(platform, name="Off", enabled=False)
    await spend(platform, "spender", 12.5)
    assert await enforced(where, "anyone", 6) is None
