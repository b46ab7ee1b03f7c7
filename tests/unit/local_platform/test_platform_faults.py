from __future__ import annotations

from typing import Any

import aiohttp
import pytest

ME = "/profitstream/v2/api/users/me"


async def _switch(client: Any, **fault: Any) -> Any:
    return await client.send("PUT", "/local/v1/faults", json=fault)


async def test_nothing_is_spoilt_by_itself(client: Any) -> None:
    assert (await client.send("GET", ME)).status == 200


async def test_an_error_status_comes_as_often_as_asked_for(client: Any) -> None:
    await _switch(client, status=503, times=2)
    assert [(await client.send("GET", ME)).status for _ in range(3)] == [503, 503, 200]


@pytest.mark.parametrize(("sent", "header"), [(7, "7"), ("Tue, 10 Mar 2026 12:01:00 GMT",) * 2])
async def test_too_many_requests_says_when_to_come_back(client: Any, sent: object, header: str) -> None:
    await _switch(client, status=429, retry_after=sent)
    answer = await client.send("GET", ME)
    assert (answer.status, answer.headers["Retry-After"]) == (429, header)
    assert answer.body["error"] == "Too Many Requests"


async def test_a_gateways_page_is_not_json(client: Any) -> None:
    await _switch(client, html=True)
    answer = await client.send("GET", ME)
    assert answer.status == 502
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_truncated_answer_breaks_in_the_middle(client: Any) -> None:
    await _switch(client, truncate=True)
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.send("GET", ME)


async def test_a_dropped_connection_has_no_answer(client: Any) -> None:
    await _switch(client, drop=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.send("GET", ME)


async def test_latency_delays_the_true_answer(client: Any) -> None:
    await _switch(client, latency_ms=1)
    assert (await client.send("GET", ME)).status == 200


async def test_metering_and_the_switch_itself_are_spared_unless_named(client: Any, completion: Any) -> None:
    await _switch(client, status=500)
    assert (await client.meter(completion())).status == 201
    await _switch(client, status=500, routes="metering")
    assert (await client.meter(completion())).status == 500
    assert (await client.send("GET", ME)).status == 200
    await _switch(client)
    assert (await client.meter(completion())).status == 201


async def test_a_test_in_the_same_process_can_switch_directly(client: Any) -> None:
    from local_platform.http.faults import Fault

    client.platform.faults.set(Fault(status=500), times=1)
    assert [(await client.send("GET", ME)).status for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    "fault",
    [{"status": 200}, {"status": 999}, {"latency_ms": -1}, {"html": 1}, {"routes": "x"}, {"routes": []}, {"tims": 2}],
)
async def test_a_switch_that_makes_no_sense_is_refused_by_field(client: Any, fault: dict[str, Any]) -> None:
    answer = await _switch(client, **fault)
    assert answer.status == 400
    assert list(answer.body["details"]) == list(fault)
