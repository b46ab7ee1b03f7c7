"""The daemon's port and socket: who gets in, and that it comes up and goes down cleanly."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from daemon import web
from daemon.errors import AddressInUseError, DataDirectoryError
from daemon.operations import Operations, Status
from daemon.testing import NOON

Soon = Callable[[Awaitable[Any]], Awaitable[Any]]

TOKEN = "open-sesame"
BEARER = {"authorization": f"Bearer {TOKEN}"}


# -- who gets in


async def _ask(gate: web.Gate, path: str, headers: dict[str, str], *, unix: bool = False) -> int:
    """Return the status that a caller sees, 200 if the gate lets it through."""
    seen: list[Message] = []

    async def send(message: Message) -> None:
        seen.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "server": ("/run/daemon.sock", None) if unix else ("127.0.0.1", 8787),
    }
    await gate(scope, receive, send)
    return int(seen[0]["status"])


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("in")(scope, receive, send)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8787", 200),
        ("localhost:1", 200),
        ("LocalHost", 200),
        ("[::1]:8787", 200),
        ("monitor.internal:8787", 200),
        ("127.0.0.1.evil.example", 421),
        ("evil.example:8787", 421),
        ("localhost.evil.example", 421),
        ("[::1].evil.example", 421),
        ("", 421),
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/healthz"])
async def test_only_names_of_this_machine_are_served(host: str, status: int, path: str) -> None:
    gate = web.Gate(_inside, TOKEN, "monitor.internal")
    assert await _ask(gate, path, {"host": host, **BEARER}) == status


async def test_a_request_without_a_host_is_refused() -> None:
    assert await _ask(web.Gate(_inside, TOKEN, "127.0.0.1"), "/mcp", BEARER) == 421


@pytest.mark.parametrize("wildcard", sorted(web.WILDCARDS))
async def test_on_a_wildcard_address_any_name_passes_with_the_token(wildcard: str) -> None:
    gate = web.Gate(_inside, TOKEN, wildcard)
    assert await _ask(gate, "/mcp", {"host": "monitor.example:8787", **BEARER}) == 200
    assert await _ask(gate, "/mcp", {"host": "monitor.example:8787"}) == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8787", 200),
        ("http://localhost", 200),
        ("http://[::1]:8787", 200),
        ("https://evil.example", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_pages_of_other_origins_are_refused_even_with_the_token(origin: str, status: int) -> None:
    gate = web.Gate(_inside, TOKEN, "127.0.0.1")
    assert await _ask(gate, "/mcp", {"host": "127.0.0.1", "origin": origin, **BEARER}) == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer \xff\xfe", 401),
    ],
)
async def test_everything_but_health_asks_for_the_token(authorization: str | None, status: int) -> None:
    gate = web.Gate(_inside, TOKEN, "127.0.0.1")
    headers = {"host": "127.0.0.1"} | ({"authorization": authorization} if authorization is not None else {})
    assert await _ask(gate, "/mcp", headers) == status
    assert await _ask(gate, "/healthz/", headers) == status
    assert await _ask(gate, "/healthz", headers) == 200
    assert await _ask(gate, "/readyz", headers) == 200


async def test_the_unix_socket_asks_for_no_token_but_still_for_a_name_of_ours() -> None:
    gate = web.Gate(_inside, TOKEN, "127.0.0.1")
    assert await _ask(gate, "/mcp", {"host": "localhost"}, unix=True) == 200
    assert await _ask(gate, "/mcp", {"host": "evil.example"}, unix=True) == 421


# -- sockets


def test_a_taken_port_is_told_with_the_setting_that_names_it() -> None:
    with web.listen_tcp("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressInUseError, match=f"MONITOR_HTTP_PORT = {port}.*choose another port"):
            web.listen_tcp("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(AddressInUseError, match=r"cannot listen on 192\.0\.2\.1:0"):
        web.listen_tcp("192.0.2.1", 0)


def test_the_socket_belongs_to_its_owner_alone_and_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    with web.unix_socket(path):
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
    assert not path.exists()


def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    path.touch()
    with web.unix_socket(path):
        assert stat.S_ISSOCK(path.stat().st_mode)


def test_a_path_too_long_for_a_socket_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 25) / "daemon.sock"
    path.parent.mkdir()
    with pytest.raises(DataDirectoryError, match="shorter path"), web.unix_socket(path):
        pass


# -- serving


class FakeOperations:
    """Answers with a status."""

    def __init__(self) -> None:
        self.now = Status(
            state="ok",
            platform="http://127.0.0.1:1",
            embedded=False,
            team_id="team-1",
            started_at=NOON,
            last_poll_at=NOON,
            polls=1,
            transactions=2,
            rejected=0,
            series=3,
            open_alerts=0,
            channels=[],
        )

    async def status(self) -> Status:
        return self.now


@asynccontextmanager
async def _serving(
    soon: Soon, operations: FakeOperations | None = None, routes: Sequence[BaseRoute] = (), unix: Path | None = None
) -> AsyncIterator[tuple[web.Server, str]]:
    facade = cast("Operations", operations or FakeOperations())
    app = web.build_app(facade, TOKEN, "127.0.0.1", routes)
    listener = web.listen_tcp("127.0.0.1", 0)
    sockets = [listener]
    if unix is not None:
        sockets.append(socket.socket(socket.AF_UNIX))
        sockets[1].bind(str(unix))
    server = web.Server(app, sockets)
    running = asyncio.create_task(server.run())
    await soon(server.started())
    try:
        yield server, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        await soon(running)


async def test_ready_means_that_polling_works(soon: Soon) -> None:
    operations = FakeOperations()
    async with _serving(soon, operations) as (_, url), aiohttp.ClientSession() as session:
        async with session.get(f"{url}/readyz") as response:
            assert (response.status, await response.json()) == (200, {"state": "ok", "problem": None})
        operations.now = operations.now.model_copy(update={"state": "failing", "problem": "no answer"})
        async with session.get(f"{url}/readyz") as response:
            assert (response.status, await response.json()) == (503, {"state": "failing", "problem": "no answer"})
        async with session.get(f"{url}/healthz") as response:
            assert (response.status, await response.text()) == (200, "ok\n")


async def test_the_status_comes_with_the_token_and_without_it_a_word_on_where_it_lies(soon: Soon) -> None:
    operations = FakeOperations()
    async with _serving(soon, operations) as (_, url), aiohttp.ClientSession() as session:
        async with session.get(f"{url}/status", headers=BEARER) as response:
            assert Status.model_validate_json(await response.read()) == operations.now
        async with session.get(f"{url}/status") as response:
            assert response.status == 401
            assert "http_token" in (await response.json())["error"]


async def test_the_unix_socket_serves_without_a_token(soon: Soon, tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    connector = aiohttp.UnixConnector(path=str(path))
    async with (
        _serving(soon, unix=path),
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://localhost/status") as response,
    ):
        assert response.status == 200


async def test_health_answers_while_a_slow_request_is_open(soon: Soon) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        reached.set()
        await gate.wait()
        return PlainTextResponse("done")

    async with _serving(soon, routes=[Route("/slow", slow)]) as (_, url), aiohttp.ClientSession() as session:
        waiting = asyncio.create_task(session.get(f"{url}/slow", headers=BEARER))
        await soon(reached.wait())
        async with session.get(f"{url}/healthz") as response:
            assert response.status == 200
        gate.set()
        async with await soon(waiting) as response:
            assert await response.text() == "done"


async def test_stopping_does_not_wait_for_ever_for_an_open_request(soon: Soon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "GRACE_SECONDS", 0.05)
    reached = asyncio.Event()

    async def endless(_: Request) -> Response:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    async with aiohttp.ClientSession() as session:
        async with _serving(soon, routes=[Route("/endless", endless)]) as (_, url):
            waiting = asyncio.create_task(session.get(f"{url}/endless", headers=BEARER))
            await soon(reached.wait())
        async with await soon(waiting) as response:
            assert response.status == 500


async def test_a_port_is_free_again_after_the_stop(soon: Soon) -> None:
    async with _serving(soon) as (_, url):
        port = int(url.rpartition(":")[2])
    web.listen_tcp("127.0.0.1", port).close()
