from __future__ import annotations

from typing import Any

import pytest

EVENTS = "sources/metrics/tool/events"


async def test_a_call_of_an_unknown_tool_registers_the_tool_and_is_in_the_log(meter: Any) -> None:
    answer = await meter.meter("tool/events", toolId="web-search", durationMs=120, success=True)
    assert answer.status == 201
    assert answer.body["resourceType"] == "metering"
    [tool] = await meter.items("tools")
    assert tool["toolId"] == "web-search"
    [event] = await meter.items(EVENTS)
    assert event["id"] == answer.body["id"]
    assert event["tool"]["id"] == tool["id"]
    assert (event["operation"], event["charge"], event["callCount"]) == ("execute", 0, 1)
    assert event["timestamp"] == "2026-03-10T12:00:00.000Z"
    assert event["transactionId"] == answer.body["label"]


async def test_the_same_key_again_gets_the_same_answer_and_makes_no_second_event(meter: Any) -> None:
    first = await meter.meter("tool/events", key="k", toolId="t", durationMs=1, success=True)
    meter.clock.forward(minutes=1)
    again = await meter.meter("tool/events", key="k", toolId="t", durationMs=1, success=True)
    assert again.body == first.body
    assert len(await meter.items(EVENTS)) == 1


async def test_a_tool_is_found_by_its_id_in_whatever_case(meter: Any) -> None:
    for tool_id in ("Search", "search"):
        await meter.meter("tool/events", toolId=tool_id, durationMs=1, success=True)
    assert [tool["toolId"] for tool in await meter.items("tools")] == ["Search"]
    assert [event["toolId"] for event in await meter.items(EVENTS)] == ["Search", "Search"]


async def test_a_cost_that_the_client_states_wins_over_the_tools_prices(meter: Any) -> None:
    await _priced(meter, {"name": "calls", "aggregationType": "COUNT", "unitPrice": "0.5"})
    await meter.meter("tool/events", toolId="t", durationMs=1, success=True)
    await meter.meter("tool/events", toolId="t", durationMs=1, success=True, costUsd=0.02)
    assert [event["charge"] for event in await meter.items(EVENTS, sort="id,asc")] == [0.5, 0.02]


async def test_tiers_count_the_calls_of_the_month(meter: Any) -> None:
    tiers = [{"upTo": 2, "unitPrice": "1"}, {"unitPrice": "0.25"}]
    await _priced(meter, {"name": "calls", "aggregationType": "COUNT", "tiers": tiers})
    for _ in range(4):
        await meter.meter("tool/events", toolId="t", durationMs=1, success=True)
        meter.clock.forward(minutes=1)
    meter.clock.forward(days=30)
    await meter.meter("tool/events", toolId="t", durationMs=1, success=True)
    assert [event["charge"] for event in await meter.items(EVENTS, sort="timestamp,asc")] == [1, 1, 0.25, 0.25, 1]


async def test_a_measure_is_priced_by_what_the_call_says_of_it(meter: Any) -> None:
    await _priced(meter, {"name": "pages", "aggregationType": "SUM", "unitPrice": "0.1"})
    await meter.meter("tool/events", toolId="t", durationMs=1, success=True, usageMetadata={"pages": 7})
    [event] = await meter.items(EVENTS)
    assert event["charge"] == 0.7
    assert event["usageMetadata"] == {"pages": 7}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"toolId": "b"}, {"b"}),
        ({"toolName": "a"}, {"a"}),
        ({"toolType": "CUSTOM"}, {"a", "b"}),
        ({"toolType": "HUMAN"}, set()),
        ({"operation": "read"}, {"b"}),
        ({"transactionId": "tx-a"}, {"a"}),
        ({"chargeMin": "0.2"}, {"b"}),
        ({"chargeMax": "0.1"}, {"a"}),
        ({"query": "TX-B"}, {"b"}),
        ({"startDate": "2026-03-10T11:30:00Z"}, {"b"}),
        ({"endDate": "2026-03-10T11:30:00Z"}, {"a"}),
    ],
)
async def test_filters_pick_events(meter: Any, query: dict[str, str], expected: set[str]) -> None:
    common = {"durationMs": 1, "success": True}
    at = "2026-03-10T11:00:00Z"
    await meter.meter("tool/events", toolId="a", transactionId="tx-a", costUsd=0.1, timestamp=at, **common)
    await meter.meter("tool/events", toolId="b", transactionId="tx-b", costUsd=0.3, operation="read", **common)
    assert {event["toolId"] for event in await meter.items(EVENTS, **query)} == expected


async def test_a_product_is_named_and_filtered_by(meter: Any) -> None:
    await meter.meter("tool/events", toolId="t", durationMs=1, success=False, productName="Gold")
    await meter.meter("tool/events", toolId="t", durationMs=1, success=True)
    [product] = await meter.items("products")
    [event] = await meter.items(EVENTS, productId=product["id"])
    assert event["product"]["label"] == "Gold"
    assert event["success"] is False


async def test_calls_of_a_tool_that_was_deleted_stay_in_the_log(meter: Any) -> None:
    await meter.meter("tool/events", toolId="t", durationMs=1, success=True)
    [tool] = await meter.items("tools")
    await meter.send("DELETE", f"tools/{tool['id']}")
    [event] = await meter.items(EVENTS)
    assert (event["toolId"], event["tool"]) == ("t", None)


async def test_what_is_missing_or_wrong_is_named(meter: Any) -> None:
    answer = await meter.meter("tool/events", durationMs=-1, success="yes")
    assert answer.status == 400
    assert set(answer.body["details"]) == {"toolId", "durationMs", "success"}


@pytest.mark.parametrize("query", [{"sort": "colour,asc"}, {"sort": "charge,up"}, {"chargeMin": "much"}])
async def test_a_question_that_cannot_be_read_is_refused(meter: Any, query: dict[str, str]) -> None:
    assert (await meter.send("GET", EVENTS, **query)).status == 400


async def _priced(meter: Any, element: dict[str, Any]) -> None:
    pricing = {"currency": "USD", "elements": [element]}
    await meter.made("tools", name="t", toolId="t", toolType="CUSTOM", pricing=pricing)
