"""The vendor's SDK meters what is no completion: tools, pictures, sound, film, events and API calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Run = Callable[..., Awaitable[Any]]
Kept = Callable[..., Awaitable[list[dict[str, Any]]]]

TOOLS = """
import asyncio, json
from revenium_middleware import flush_metering, meter_tool

@meter_tool("firecrawl", operation="scrape", agent="reader", organization_name="Acme")
def scrape(url):
    return {"url": url}

@meter_tool("painter", operation="draw")
async def draw():
    await asyncio.sleep(0)
    return "a picture"

@meter_tool("broken")
def fail():
    raise ValueError("no paper")

said = [scrape("https://a.example")["url"], asyncio.run(draw())]
try:
    fail()
except ValueError as error:
    said.append(str(error))
print(json.dumps({"said": said, "left": flush_metering(20)}))
"""


async def test_decorated_tools_are_metered_whether_they_wait_or_fail(run: Run, kept: Kept) -> None:
    answer = await run(TOOLS)
    assert answer == {"said": ["https://a.example", "a picture", "no paper"], "left": 0}
    events = {event["toolId"]: event for event in await kept("sources/metrics/tool/events")}
    assert {tool: event["success"] for tool, event in events.items()} == {
        **{"firecrawl": True, "painter": True},
        "broken": False,
    }
    assert (events["firecrawl"]["operation"], events["firecrawl"]["agent"]) == ("scrape", "reader")
    assert all(event["durationMs"] >= 0 and event["transactionId"] for event in events.values())


DIRECT = """
import json, sys
from revenium_middleware import client
resource, method, call = json.load(sys.stdin)
answer = getattr(getattr(client, resource), method)(**call)
print(json.dumps({"id": answer.id, "type": answer.resource_type}))
"""
TIMES = {
    "request_time": "2026-11-20T10:48:46Z",
    "response_time": "2026-11-20T10:48:48Z",
    "request_duration": 2000,
}
MEDIA: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "create_image": (
        "images",
        {"model": "dall-e-3", "provider": "OPENAI", "requested_image_count": 2, "actual_image_count": 2}
        | {"billing_unit": "PER_IMAGE"},
        {"actualImageCount": 2},
    ),
    "create_audio": (
        "audio",
        {"model": "whisper-1", "provider": "OPENAI", "duration_seconds": 90.5, "billing_unit": "PER_MINUTE"},
        {"durationSeconds": 90.5},
    ),
    "create_video": (
        "video",
        {"model": "gen-3", "provider": "RUNWAY", "duration_seconds": 5, "billing_unit": "PER_SECOND"},
        {"durationSeconds": 5},
    ),
}


@pytest.mark.parametrize("method", MEDIA)
async def test_media_are_kept_with_what_they_are_billed_by(run: Run, kept: Kept, method: str) -> None:
    name, call, shown = MEDIA[method]
    answer = await run(DIRECT, ["ai", method, {"transaction_id": "media-1", **call, **TIMES}])
    assert answer["id"]
    (row,) = await kept(f"sources/metrics/ai/{name}", startDate="2026-11-20T00:00:00Z", endDate="2026-11-21T00:00:00Z")
    assert {key: row[key] for key in shown} == shown
    assert (row["transactionId"], row["model"], row["provider"]) == ("media-1", call["model"], call["provider"])


async def test_an_event_makes_its_elements_known(run: Run, kept: Kept) -> None:
    event = {"transaction_id": "event-1", "source_type": "SDK_PYTHON", "payload": {"pagesPrinted": 12, "paper": "A4"}}
    assert (await run(DIRECT, ["events", "create", event]))["id"]
    elements = {each["name"]: each["type"] for each in await kept("metering-element-definitions")}
    assert (elements.get("pagesPrinted"), elements.get("paper")) == ("NUMBER", "STRING")


async def test_an_api_call_is_metered_in_two_halves(run: Run, kept: Kept) -> None:
    request = {"transaction_id": "api-1", "method": "GET", "resource": "/v1/stock", "source_type": "SDK_PYTHON"}
    assert (await run(DIRECT, ["apis", "meter_request", request]))["id"]
    response = {"transaction_id": "api-1", "response_code": 200, "total_duration": 35}
    assert (await run(DIRECT, ["apis", "meter_response", response]))["id"]
    (row,) = await kept("sources/metrics/apis")
    assert (row["transactionId"], row["resource"], row["responseCode"]) == ("api-1", "/v1/stock", 200)
