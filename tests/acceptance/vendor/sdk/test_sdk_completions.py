"""The vendor's own Python SDK, unchanged, meters to the local platform by its environment alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from genai_prices import Usage, calc_price

pytestmark = pytest.mark.acceptance

Run = Callable[..., Awaitable[Any]]
Kept = Callable[..., Awaitable[list[dict[str, Any]]]]

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


async def test_a_completion_is_in_the_log_with_its_fields_intact_and_priced(run: Run, kept: Kept) -> None:
    answer = await run(PROCESS_CLIENT, CALL)
    (row,) = await kept()
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


async def test_completions_of_the_asynchronous_client_arrive_each_once(run: Run, kept: Kept) -> None:
    ids = await run(ASYNC_CLIENT, CALL)
    assert len(set(ids)) == 20
    assert {row["transactionId"] for row in await kept()} == {f"tx-{n}" for n in range(20)}


async def test_an_unknown_model_is_taken_and_costs_nothing_until_it_is_priced(run: Run, kept: Kept) -> None:
    await run(PROCESS_CLIENT, CALL | {"model": "a-model-nobody-sells"})
    (row,) = await kept()
    assert (row["model"], row["totalCost"]) == ("a-model-nobody-sells", 0)


async def test_a_wrong_key_is_the_sdks_permission_error(run: Run, kept: Kept) -> None:
    answer = await run(REFUSED, CALL, REVENIUM_METERING_API_KEY="rev_sk_t_wrong")
    assert (answer["error"], answer["status"]) == ("PermissionDeniedError", 403)
    assert await kept() == []


async def test_a_malformed_record_is_the_sdks_bad_request_and_is_not_kept(run: Run, kept: Kept) -> None:
    answer = await run(REFUSED, CALL | {"input_token_count": -1})
    assert (answer["error"], answer["status"]) == ("BadRequestError", 400)
    assert "inputTokenCount" in answer["body"]["details"]
    assert await kept() == []
