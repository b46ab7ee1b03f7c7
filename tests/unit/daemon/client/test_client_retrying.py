"""What is sent again and what never is, over a real socket; sleeping takes no time and is written down."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from daemon.client.payloads.metering import ApiResponse
from daemon.client.revenium import Revenium
from daemon.client.transport import Host, Transport
from daemon.errors import (
    ConflictError,
    ContractError,
    PlatformError,
    RateLimitedError,
    TransientError,
    ValidationFailedError,
)


async def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_read_is_repeated_once_after_a_short_pause(
    stub: Any, link: Transport, sleeps: Any, status: int
) -> None:
    stub.will({"message": "down"}, status)
    with pytest.raises(TransientError):
        await link.get("/products")
    assert (len(stub.asked), sleeps.seconds) == (2, [0.25])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 302])
async def test_a_refused_read_is_not_repeated(stub: Any, link: Transport, sleeps: Any, status: int) -> None:
    stub.will({"message": "no"}, status)
    with pytest.raises(PlatformError):
        await link.get("/products")
    assert (len(stub.asked), sleeps.seconds) == (1, [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("failing", [500, 503, 408, 429, "hang up"])
async def test_a_write_without_a_key_is_sent_once(
    stub: Any, link: Transport, sleeps: Any, method: str, failing: Any
) -> None:
    if failing == "hang up":
        stub.do(_hang_up)
    else:
        stub.will({}, failing, Retry_After="1")
    with pytest.raises(TransientError):
        await link.request(method, "/x", body={"a": 1})
    assert (len(stub.asked), sleeps.seconds) == (1, [])


async def test_a_write_with_a_key_is_repeated_three_times_with_the_same_key(
    stub: Any, link: Transport, sleeps: Any
) -> None:
    stub.will({}, 503)
    with pytest.raises(TransientError):
        await link.request("POST", "/x", body={"a": 1}, idempotency_key="once")
    assert [asked.headers["idempotency-key"] for asked in stub.asked] == ["once"] * 4
    assert [asked.body for asked in stub.asked] == [{"a": 1}] * 4
    assert sleeps.seconds == [1.0, 2.0, 4.0]


async def test_a_write_with_a_key_survives_a_lost_connection(stub: Any, link: Transport) -> None:
    stub.do(_hang_up).will({"id": "m1"}, 201)
    assert await link.request("POST", "/x", body={}, idempotency_key="once") == {"id": "m1"}


async def test_a_write_whose_first_attempt_is_still_being_worked_on_is_repeated(stub: Any, link: Transport) -> None:
    stub.will({"code": "idempotency_key_in_progress", "message": "wait"}, 409).will({"id": "m1"}, 201)
    assert await link.request("POST", "/x", body={}, idempotency_key="once") == {"id": "m1"}


@pytest.mark.parametrize(("status", "kind"), [(409, ConflictError), (400, ValidationFailedError)])
async def test_a_refused_write_with_a_key_is_not_repeated(
    stub: Any, link: Transport, status: int, kind: type[PlatformError]
) -> None:
    stub.will({"message": "no"}, status)
    with pytest.raises(kind):
        await link.request("POST", "/x", body={}, idempotency_key="once")
    assert len(stub.asked) == 1


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "é", "x" * 256])
async def test_a_key_that_does_not_fit_a_header_is_refused(stub: Any, link: Transport, key: str) -> None:
    with pytest.raises(ContractError, match="visible ASCII"):
        await link.request("POST", "/x", body={}, idempotency_key=key)
    assert stub.asked == []


async def test_a_short_wait_that_the_platform_asks_for_is_slept_through(
    stub: Any, link: Transport, sleeps: Any
) -> None:
    stub.will({}, 429, Retry_After="2").will({"id": "x"})
    assert await link.get("/products/x") == {"id": "x"}
    assert sleeps.seconds == [pytest.approx(2, abs=0.5)]


async def test_a_long_wait_is_told_at_once_and_holds_every_caller_of_that_destination(
    stub: Any, link: Transport, sleeps: Any
) -> None:
    stub.will({}, 429, Retry_After="120")
    with pytest.raises(RateLimitedError, match="asks to wait 120 s"):
        await link.get("/products")
    for call in (link.get("/users/me"), link.request("POST", "/x", body={})):
        with pytest.raises(RateLimitedError, match="held back for another"):
            await call
    assert (len(stub.asked), sleeps.seconds) == (1, [])


async def test_the_pause_of_one_destination_does_not_hold_the_other(stub: Any, link: Transport) -> None:
    stub.will({}, 429, Retry_After="120").will({"ok": True})
    with pytest.raises(RateLimitedError):
        await link.get("/products")
    assert await link.request("GET", "/api/v2/status/connection", host=Host.APP) == {"ok": True}


async def test_each_metered_call_has_a_key_of_its_own_and_the_caller_may_name_it(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "m1", "resourceType": "metering"}, 201)
    response = ApiResponse(transaction_id="t1", response_code=200)
    await revenium.metering.api_response(response)
    await revenium.metering.api_response(response)
    await revenium.metering.api_response(response, idempotency_key="mine")
    first, second, third = (asked.headers["idempotency-key"] for asked in stub.asked)
    assert first != second
    assert third == "mine"


async def test_the_second_address_is_given_the_key_as_a_bearer_and_the_first_is_not(
    stub: Any, serving: Any, sleeps: Any, key: str
) -> None:
    async with serving() as app:
        stub.will({})
        app.will({})
        transport = Transport(stub.url, key, timeout=5, app_url=app.url, sleep=sleeps)
        await transport.get("/users/me")
        await transport.request("GET", "/api/v2/status/connection", host=Host.APP)
        await transport.aclose()
    assert stub.last.headers["x-api-key"] == key
    assert "authorization" not in stub.last.headers
    assert app.last.headers["authorization"] == f"Bearer {key}"
    assert "x-api-key" not in app.last.headers
