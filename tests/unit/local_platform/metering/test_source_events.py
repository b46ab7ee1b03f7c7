from __future__ import annotations

from typing import Any

import pytest

ELEMENTS = "metering-element-definitions"


async def test_a_payload_registers_its_elements_with_the_right_types_on_its_source(meter: Any) -> None:
    answer = await meter.meter(
        "events", transactionId="e-1", sourceId="gateway", payload={"gigabytes": 1.5, "region": "eu", "cached": True}
    )
    assert answer.status == 201
    assert answer.body["label"] == "e-1"
    types = {element["name"]: element["type"] for element in await meter.items(ELEMENTS, size=100)}
    assert (types["gigabytes"], types["region"], types["cached"]) == ("NUMBER", "STRING", "STRING")
    [source] = await meter.items("sources")
    assert source["externalId"] == "gateway"
    attached = {element["label"] for element in source["meteringElementDefinitions"]}
    assert attached == {"gigabytes", "region", "cached"}


async def test_a_known_source_and_known_elements_are_used_again(meter: Any) -> None:
    for number in range(2):
        await meter.meter("events", transactionId=f"e-{number}", sourceId="gateway", payload={"gigabytes": number})
    assert len(await meter.items("sources")) == 1
    names = [element["name"] for element in await meter.items(ELEMENTS, size=100)]
    assert names.count("gigabytes") == 1


async def test_an_element_of_numbers_takes_a_number_as_text_and_nothing_else(meter: Any) -> None:
    await meter.made(ELEMENTS, name="seats", type="NUMBER")
    assert (await meter.meter("events", payload={"seats": "12"})).status == 201
    refused = await meter.meter("events", payload={"seats": "many"})
    assert (refused.status, list(refused.body["details"])) == (400, ["payload.seats"])


@pytest.mark.parametrize("payload", [None, {}, [], "x", {"a": {}}, {"a": [1]}, {"a" * 256: 1}, {"": 1}])
async def test_a_payload_that_holds_no_values_is_refused(meter: Any, payload: object) -> None:
    assert (await meter.meter("events", transactionId="e", payload=payload)).status == 400


async def test_the_same_key_again_adds_nothing_up_twice(meter: Any) -> None:
    first = await meter.meter("events", key="k", payload={"gigabytes": 1})
    again = await meter.meter("events", key="k", payload={"gigabytes": 1})
    assert first.body == again.body
    other = await meter.meter("events", payload={"gigabytes": 1})
    assert other.body["id"] != first.body["id"]


async def test_an_unknown_source_is_refused_where_the_team_discovers_none(meter: Any) -> None:
    team = (await meter.send("GET", f"teams/{meter.platform.team_id}")).body
    changed = {**team, "sourceAutoDiscoveryEnabled": False}
    assert (await meter.send("PUT", f"teams/{meter.platform.team_id}", changed)).status == 200
    answer = await meter.meter("events", sourceId="nobody", payload={"a": 1})
    assert (answer.status, list(answer.body["details"])) == (400, ["sourceId"])
    assert await meter.items("sources") == []


async def test_a_request_and_its_response_are_one_call_in_either_order(meter: Any) -> None:
    request = {"transactionId": "a-1", "method": "GET", "resource": "/orders", "sourceId": "api", "credential": "hush"}
    response = {"transactionId": "a-1", "responseCode": 200, "totalDuration": 35}
    await meter.meter("apis/responses", **response)
    await meter.meter("apis/requests", **request)
    [call] = await meter.items("sources/metrics/apis")
    assert (call["method"], call["responseCode"], call["source"]["label"]) == ("GET", 200, "api")
    assert "hush" not in str(call)


async def test_a_response_without_its_code_is_refused(meter: Any) -> None:
    answer = await meter.meter("apis/responses", transactionId="a-1")
    assert (answer.status, list(answer.body["details"])) == (400, ["responseCode"])
