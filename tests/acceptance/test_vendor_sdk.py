"""The vendor's own Python SDK, unchanged, meters to the local platform by its environment alone."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from local_platform.server import Platform, running_platform
from local_platform.workload.metering import fetch, open_session

pytestmark = pytest.mark.acceptance

CALL = {
    "transaction_id": "chatcmpl-acceptance-1",
    "model": "gpt-4o",
    "provider": "OPENAI",
    "cost_type": "AI",
    "input_token_count": 1500,
    "output_token_count": 800,
    "total_token_count": 2300,
    "cache_read_token_count": 512,
    "reasoning_token_count": 64,
    "is_streamed": True,
    "stop_reason": "END",
    "operation_type": "CHAT",
    "request_time": "2026-11-20T10:48:46.125Z",
    "completion_start_time": "2026-11-20T10:48:46.325Z",
    "response_time": "2026-11-20T10:48:47.625Z",
    "request_duration": 1500,
    "time_to_first_token": 200,
    "organization_name": "Acme",
    "product_name": "Gold",
    "agent": "bot-1",
    "task_type": "chat",
    "trace_id": "tr-acceptance",
    "environment": "staging",
    "subscriber": {"id": "u1", "email": "u1@example.com", "credential": {"name": "k1", "value": "kv1"}},
}

PROCESS_CLIENT = """
import json, sys
from revenium_middleware import client
answer = client.ai.create_completion(**json.load(sys.stdin))
print(json.dumps({"id": answer.id, "type": answer.resource_type}))
"""

ASYNC_CLIENT = """
import asyncio, json, sys
from revenium_middleware._metering import AsyncReveniumMetering

async def main():
    call = json.load(sys.stdin)
    async with AsyncReveniumMetering() as client:
        calls = [call | {"transaction_id": f"tx-{n}"} for n in range(20)]
        answers = await asyncio.gather(*(client.ai.create_completion(**one) for one in calls))
    print(json.dumps([answer.id for answer in answers]))

asyncio.run(main())
"""

REFUSED = """
import json, sys
from revenium_middleware._metering import APIStatusError, ReveniumMetering
try:
    ReveniumMetering().ai.create_completion(**json.load(sys.stdin))
except APIStatusError as error:
    print(json.dumps({"error": type(error).__name__, "status": error.status_code, "body": error.body}))
"""


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path / "platform") as running:
        yield running


async def run_sdk(program: str, platform: Platform, home: Path, *, api_key: str = "", **changes: Any) -> Any:
    """Run a program with the SDK in a process of its own; return the JSON it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "REVENIUM_METERING_API_KEY": api_key or platform.api_key,
        "REVENIUM_METERING_BASE_URL": platform.url,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate(json.dumps(CALL | changes).encode())
    assert process.returncode == 0, errors.decode()
    return json.loads(output)


async def log_of(platform: Platform) -> list[dict[str, Any]]:
    path = "/profitstream/v2/api/sources/metrics/ai/completions"
    async with open_session(platform.url, platform.api_key) as session:
        page = await fetch(session, path, teamId=platform.team_id, size="100")
    rows: list[dict[str, Any]] = page.get("_embedded", {}).get("aICompletionMetricResourceList", [])
    return rows


async def test_a_completion_is_in_the_log_with_its_fields_intact_and_priced(platform: Platform, tmp_path: Path) -> None:
    answer = await run_sdk(PROCESS_CLIENT, platform, tmp_path)
    (row,) = await log_of(platform)
    assert answer["id"]
    assert answer["type"] == "metering"
    assert {key: row[key] for key in KEPT} == KEPT
    labels = [row[name]["label"] for name in ("organization", "product", "subscriberCredential")]
    assert labels == ["Acme", "Gold", "k1"]
    usage = Usage(input_tokens=1500, cache_read_tokens=512, output_tokens=800)
    price = calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price
    assert row["totalCost"] == pytest.approx(float(price))


KEPT = {
    "transactionId": "chatcmpl-acceptance-1",
    "model": "gpt-4o",
    "provider": "OPENAI",
    "costType": "AI",
    "inputTokenCount": 1500,
    "outputTokenCount": 800,
    "totalTokenCount": 2300,
    "cacheReadTokenCount": 512,
    "reasoningTokenCount": 64,
    "isStreamed": True,
    "stopReason": "END",
    "operationType": "CHAT",
    "requestTime": "2026-11-20T10:48:46.125Z",
    "completionStartTime": "2026-11-20T10:48:46.325Z",
    "responseTime": "2026-11-20T10:48:47.625Z",
    "requestDuration": 1500,
    "timeToFirstToken": 200,
    "agent": "bot-1",
    "taskType": "chat",
    "traceId": "tr-acceptance",
    "environment": "staging",
    "subscriberEmail": "u1@example.com",
    "subscriberId": "u1",
}


async def test_completions_of_the_asynchronous_client_arrive_each_once(platform: Platform, tmp_path: Path) -> None:
    ids = await run_sdk(ASYNC_CLIENT, platform, tmp_path)
    assert len(set(ids)) == 20
    assert {row["transactionId"] for row in await log_of(platform)} == {f"tx-{n}" for n in range(20)}


async def test_an_unknown_model_is_taken_and_costs_nothing_until_it_is_priced(
    platform: Platform, tmp_path: Path
) -> None:
    await run_sdk(PROCESS_CLIENT, platform, tmp_path, model="a-model-nobody-sells")
    (row,) = await log_of(platform)
    assert (row["model"], row["totalCost"]) == ("a-model-nobody-sells", 0)


async def test_a_wrong_key_is_the_sdks_permission_error(platform: Platform, tmp_path: Path) -> None:
    answer = await run_sdk(REFUSED, platform, tmp_path, api_key="rev_sk_t_wrong")
    assert (answer["error"], answer["status"]) == ("PermissionDeniedError", 403)
    assert await log_of(platform) == []


async def test_a_malformed_record_is_the_sdks_bad_request_and_is_not_kept(platform: Platform, tmp_path: Path) -> None:
    answer = await run_sdk(REFUSED, platform, tmp_path, input_token_count=-1)
    assert (answer["error"], answer["status"]) == ("BadRequestError", 400)
    assert "inputTokenCount" in answer["body"]["details"]
    assert await log_of(platform) == []
