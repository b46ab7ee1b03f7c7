"""The vendor's hook into the `openai` package meters a program's calls to the local platform by itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from genai_prices import Usage, calc_price

pytestmark = pytest.mark.acceptance

Run = Callable[..., Awaitable[Any]]
Kept = Callable[..., Awaitable[list[dict[str, Any]]]]

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 40,
    "total_tokens": 140,
    "prompt_tokens_details": {"cached_tokens": 20},
    "completion_tokens_details": {"reasoning_tokens": 8},
}
ANSWER = {"id": "chatcmpl-7", "created": 1_790_000_000, "model": "gpt-4o"}

ASK = """
import asyncio, json, sys
import revenium_middleware.openai
from openai import AsyncOpenAI, OpenAI
from revenium_middleware import flush_metering

def said(answer, stream):
    if not stream:
        return answer.choices[0].message.content
    return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)

async def said_async(answer, stream):
    if not stream:
        return answer.choices[0].message.content
    return "".join([chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices])

async def ask_async(where, call):
    async with AsyncOpenAI(api_key="sk-test", base_url=where) as client:
        return await said_async(await client.chat.completions.create(**call), call.get("stream"))

where, call, asynchronous = json.load(sys.stdin)
if asynchronous:
    words = asyncio.run(ask_async(where, call))
else:
    words = said(OpenAI(api_key="sk-test", base_url=where).chat.completions.create(**call), call.get("stream"))
print(json.dumps({"words": words, "left": flush_metering(20)}))
"""


@pytest.fixture
async def openai() -> AsyncIterator[str]:
    """A service that answers chat completions the way OpenAI does."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", _complete)
    async with TestServer(app) as server:
        yield str(server.make_url("/v1"))


async def _complete(request: web.Request) -> web.StreamResponse:
    if not (await request.json()).get("stream"):
        message = {"role": "assistant", "content": "Hello there"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response(ANSWER | {"object": "chat.completion", "choices": [choice], "usage": USAGE})
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for part in _parts():
        chunk = ANSWER | {"object": "chat.completion.chunk", **part}
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response


def _parts() -> list[dict[str, Any]]:
    words = [{"choices": [{"index": 0, "delta": {"content": word}}]} for word in ("Hello", " there")]
    return [*words, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": USAGE}]


CALL = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Say hello"}],
    "usage_metadata": {
        "organization_name": "Acme",
        "product_name": "Gold",
        "agent": "greeter",
        "task_type": "chat",
        "trace_id": "tr-7",
        "subscriber": {"id": "u1", "email": "u1@acme.example", "credential": {"name": "k1", "value": "v1"}},
    },
}
STREAM = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["synchronous", "asynchronous"])
@pytest.mark.parametrize("extra", [{}, STREAM], ids=["whole", "streamed"])
async def test_a_chat_call_is_metered_behind_the_programs_back(
    run: Run, kept: Kept, openai: str, vendor_python: Path, extra: dict[str, Any], asynchronous: bool
) -> None:
    answer = await run(ASK, [openai, CALL | extra, asynchronous], python=vendor_python)
    assert answer == {"words": "Hello there", "left": 0}
    (row,) = await kept()
    assert {name: row[name] for name in METERED} == METERED
    assert row["isStreamed"] is bool(extra)
    assert [row[name]["label"] for name in ("organization", "product", "subscriberCredential")] == [
        "Acme",
        "Gold",
        "k1",
    ]
    usage = Usage(input_tokens=100, cache_read_tokens=20, output_tokens=40)
    price = calc_price(usage, model_ref="gpt-4o", provider_id="openai").total_price
    assert row["totalCost"] == pytest.approx(float(price))


METERED = {
    "transactionId": "chatcmpl-7",
    "model": "gpt-4o",
    "provider": "OPENAI",
    "operationType": "CHAT",
    "stopReason": "END",
    "inputTokenCount": 100,
    "outputTokenCount": 40,
    "totalTokenCount": 140,
    "cacheReadTokenCount": 20,
    "reasoningTokenCount": 8,
    "agent": "greeter",
    "taskType": "chat",
    "traceId": "tr-7",
    "subscriberEmail": "u1@acme.example",
}


async def test_a_call_that_the_service_refuses_still_fails_for_the_program(
    run: Run, kept: Kept, openai: str, vendor_python: Path
) -> None:
    nowhere = openai.replace("/v1", "/v9")
    assert await run(REFUSED, [nowhere, CALL], python=vendor_python) == {"error": "NotFoundError"}
    assert all(row["transactionId"] != "chatcmpl-7" for row in await kept())


REFUSED = """
import json, sys
import revenium_middleware.openai
import openai
where, call = json.load(sys.stdin)
try:
    openai.OpenAI(api_key="sk-test", base_url=where).chat.completions.create(**call)
except openai.APIStatusError as error:
    print(json.dumps({"error": type(error).__name__}))
"""
