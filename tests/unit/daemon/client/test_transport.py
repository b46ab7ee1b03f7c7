"""One request over a real socket: every failure has its kind, and the key is in none of them."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp
import pytest
from aiohttp import web

from daemon.client import transport as module
from daemon.client.failures import retry_after
from daemon.client.transport import Transport
from daemon.client.wire import segment
from daemon.errors import (
    AuthError,
    ContractError,
    NotFoundError,
    PlatformError,
    RateLimitedError,
    TransientError,
    ValidationFailedError,
)

KEY = "rev_sk_team_0123456789abcdef"
TIMEOUT = 0.25
ROOT = "/profitstream/v2/api"

Behaviour = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Server:
    """Answers every request with the next behaviour of its script, the last one for ever."""

    def __init__(self) -> None:
        self.script: list[Behaviour] = []
        self.requests: list[web.BaseRequest] = []
        self.closing = asyncio.Event()
        self.url = ""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        request["closing"] = self.closing
        return await behaviour(request)


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    runner = web.ServerRunner(web.Server(server), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    server.closing.set()
    await runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


async def at_once(_: float) -> None:
    return


@pytest.fixture
async def transport(server: Server) -> AsyncIterator[Transport]:
    transport = Transport(server.url + "/", KEY, timeout=TIMEOUT, sleep=at_once)
    yield transport
    await transport.aclose()


# -- behaviours


def answer(status: int, body: object = None, **headers: str) -> Behaviour:
    async def behave(_: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return behave


def text(content: str, content_type: str = "application/json", status: int = 200) -> Behaviour:
    async def behave(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=content, content_type=content_type, status=status)

    return behave


async def not_text(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b"\x80\x81\x82", content_type="application/json")


async def truncated(request: web.BaseRequest) -> web.StreamResponse:
    """Promise a thousand bytes and hang up after five."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"a":')
    assert request.transport
    request.transport.close()
    return response


async def hanging(request: web.BaseRequest) -> web.StreamResponse:
    await request["closing"].wait()
    return web.Response()


async def dripping(request: web.BaseRequest) -> web.StreamResponse:
    """Send a space now and then, so that the connection never looks idle."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while not request["closing"].is_set():
        try:
            await response.write(b" ")
        except aiohttp.ClientConnectionResetError:
            break
        try:
            async with asyncio.timeout(TIMEOUT / 10):
                await request["closing"].wait()
        except TimeoutError:
            continue
    return response


async def hanging_up(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return web.Response()


async def repeating_the_key(request: web.BaseRequest) -> web.StreamResponse:
    return web.json_response({"message": f"the key {request.headers['x-api-key']} is\nnot known"}, status=401)


FAILURES = [
    ("unauthorized", answer(401, {"message": "unknown key"}), AuthError, r"401: unknown key.*check REVENIUM_API_KEY"),
    ("key repeated", repeating_the_key, AuthError, r"the key \(withheld\) is not known"),
    ("forbidden", answer(403, {"error": "no access"}), AuthError, "403: no access"),
    ("not found", answer(404), NotFoundError, "check the id and the base URL"),
    ("rate limited", answer(429, Retry_After="7"), RateLimitedError, "wait 7 s"),
    ("bad request", answer(400, {"message": "bad teamId"}), ValidationFailedError, "refused the request.*bad teamId"),
    ("bad request in HTML", text("<p>no", "text/html", 400), ValidationFailedError, r"refused the request \(400\)"),
    ("timed out upstream", answer(408), TransientError, r"failed \(408\)"),
    ("server error", answer(500, {"message": "oops"}), TransientError, r"failed \(500: oops\)"),
    ("unavailable", text("<html>down", "text/html", 503), TransientError, r"failed \(503\)"),
    ("nested complaint", text("[" * 100_000, status=502), TransientError, r"failed \(502\)"),
    ("HTML", text("<html>sign in</html>", "text/html"), ContractError, "answered text/html instead of JSON"),
    ("broken JSON", text("{'a': 1}"), ContractError, r"broken JSON \(8 bytes\)"),
    ("nested JSON", text("[" * 100_000), ContractError, "broken JSON"),
    ("not text", not_text, ContractError, r"broken JSON \(3 bytes\)"),
    ("empty body", text(""), ContractError, "broken JSON"),
    ("redirect", answer(302, Location="http://127.0.0.1:1/"), ContractError, "final address"),
    ("truncated", truncated, TransientError, "broke off half-way"),
    ("hanging", hanging, TransientError, r"no answer within 0.25 s; is REQUEST_TIMEOUT too short"),
    ("dripping", dripping, TransientError, "no answer within"),
    ("hanging up", hanging_up, TransientError, "cannot be reached"),
]
NAMES = [case[0] for case in FAILURES]


@pytest.mark.parametrize(("behaviour", "kind", "words"), [case[1:] for case in FAILURES], ids=NAMES)
async def test_each_failure_has_its_kind_and_says_what_to_do_without_the_key(
    server: Server,
    transport: Transport,
    caplog: pytest.LogCaptureFixture,
    behaviour: Behaviour,
    kind: type[PlatformError],
    words: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = [behaviour]
    with pytest.raises(kind, match=words) as caught:
        await transport.get("/users/me", {"teamId": "t"})
    error = caught.value
    assert type(error) is kind
    assert f"GET {server.url}{ROOT}/users/me" in str(error)
    assert all(request.headers["x-api-key"] == KEY for request in server.requests), "the key was there to be leaked"
    shown = [*traceback.format_exception(error), repr(error), repr(error.__cause__), repr(transport), caplog.text]
    assert KEY not in "".join(shown)


@pytest.mark.parametrize(("behaviour", "kind"), [case[1:3] for case in FAILURES], ids=NAMES)
async def test_a_read_is_tried_once_more_only_where_that_may_help(
    server: Server, transport: Transport, behaviour: Behaviour, kind: type[PlatformError]
) -> None:
    server.script = [behaviour]
    with pytest.raises(kind):
        await transport.get("/users/me")
    assert len(server.requests) == (2 if kind is TransientError else 1)


async def test_a_read_that_succeeds_the_second_time_succeeds(server: Server, transport: Transport) -> None:
    server.script = [answer(503), answer(200, {"id": "me"})]
    assert await transport.get("/users/me") == {"id": "me"}


async def test_a_write_is_never_repeated(server: Server, transport: Transport) -> None:
    server.script = [answer(503)]
    with pytest.raises(TransientError):
        await transport.request("POST", "/x", body={"a": 1})
    assert len(server.requests) == 1


async def test_a_write_may_be_answered_with_nothing(server: Server, transport: Transport) -> None:
    server.script = [text("", status=HTTPStatus.NO_CONTENT)]
    assert await transport.request("DELETE", "/x") == {}


async def test_a_refused_connection_is_transient_and_names_the_base_url() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        transport = Transport(f"http://127.0.0.1:{port}", KEY, timeout=5, sleep=at_once)
        with pytest.raises(TransientError, match=r"cannot be reached \(ClientConnectorError\); check the base URL"):
            await transport.get("/users/me")
        await transport.aclose()


async def test_the_key_does_not_follow_a_redirect_to_another_host(server: Server, transport: Transport) -> None:
    async with serving() as elsewhere:
        elsewhere.script = [answer(200, {})]
        server.script = [answer(307, Location=elsewhere.url)]
        with pytest.raises(ContractError, match="REVENIUM_BASE_URL"):
            await transport.get("/users/me")
        assert elsewhere.requests == []


@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_larger_than_memory_should_hold_is_refused_while_it_is_read(
    server: Server, transport: Transport, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if packed:
            response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" " * 1000)
        return response

    monkeypatch.setattr(module, "MAX_BODY", 10_000)
    server.script = [endless]
    with pytest.raises(ContractError, match="more than 10000 bytes"):
        await transport.get("/users/me")


async def test_a_key_inside_an_ordinary_answer_is_left_alone(server: Server, transport: Transport) -> None:
    server.script = [answer(200, {"label": KEY})]
    assert await transport.get("/keys") == {"label": KEY}


async def test_the_pool_closes_twice_and_opens_again(server: Server, transport: Transport) -> None:
    server.script = [answer(200, [1])]
    assert await transport.get("/x") == [1]
    await transport.aclose()
    await transport.aclose()
    assert await transport.get("/x") == [1]


# -- ids in paths


@pytest.mark.parametrize("value", ["../users/x", "a/b", "a?b=c", "a#b", "a%2Fb", "..%2f..", "a b", "é", "a\\b", ".a"])
async def test_an_id_stays_one_segment_all_the_way_to_the_socket(
    server: Server, transport: Transport, value: str
) -> None:
    server.script = [answer(200, {})]
    await transport.get(f"/products/{segment(value)}")
    (request,) = server.requests
    assert request.raw_path.startswith(f"{ROOT}/products/")
    assert request.raw_path.count("/") == f"{ROOT}/products/".count("/")
    assert request.path == f"{ROOT}/products/{value}"
    assert request.query_string == ""


@pytest.mark.parametrize("value", ["", ".", "..", "..."])
def test_an_id_that_no_escaping_makes_safe_is_refused(value: str) -> None:
    with pytest.raises(ContractError, match="copy the id from a listing"):
        segment(value)


# -- how long to wait

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("17", None, 17.0),
        ("0", None, 0.0),
        ("1.5", None, 1.5),
        ("Wed, 04 Mar 2026 12:00:45 GMT", None, 45.0),
        ("Wed, 04 Mar 2026 12:00:45 -0000", None, 45.0),
        ("Wed, 04 Mar 2026 13:00:45 +0100", None, 45.0),
        ("Wed, 04 Mar 2026 11:00:00 GMT", None, 0.0),
        ("-5", None, 0.0),
        ("86400", None, 900.0),
        ("inf", None, 30.0),
        ("nan", None, 30.0),
        ("soon", None, 30.0),
        ("soon", {"retryAfterSeconds": 12}, 12.0),
        ("17", {"retryAfterSeconds": 12}, 17.0),
        (None, {"retryAfterSeconds": 12}, 12.0),
        (None, {"retryAfterSeconds": "12"}, 12.0),
        (None, {"retryAfterSeconds": None}, 30.0),
        (None, {"retryAfterSeconds": 10**400}, 30.0),
        (None, {"message": "slow down"}, 30.0),
        (None, ["slow down"], 30.0),
        (None, None, 30.0),
    ],
)
def test_the_wait_that_a_429_asks_for_is_understood_in_every_form(
    header: str | None, body: object, seconds: float
) -> None:
    assert retry_after(header, json.dumps(body).encode(), NOW) == seconds


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_a_429_without_a_readable_body_waits_the_usual_time(content: bytes) -> None:
    assert retry_after(None, content) == 30.0


async def test_the_wait_reaches_the_caller(server: Server, transport: Transport) -> None:
    server.script = [answer(429, {"retryAfterSeconds": 42})]
    with pytest.raises(RateLimitedError) as caught:
        await transport.get("/users/me")
    assert caught.value.retry_after == 42
