"""A platform of a few lines on a real socket: it answers what it is told and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from daemon.client.identity import Told
from daemon.client.revenium import Revenium
from daemon.client.transport import Transport

KEY = "rev_sk_tnB2yR_0123456789abcdefghij"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """One request, as it came over the socket."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Stub:
    """The answers to come, the last one for ever, and the requests so far."""

    url: str = ""
    answers: list[Handler] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def will(self, body: Any = None, status: int = 200, **headers: str) -> Stub:
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.BaseRequest) -> web.StreamResponse:
            return web.json_response(body, status=status, headers=named)

        self.answers.append(answer)
        return self

    def do(self, handler: Handler) -> Stub:
        self.answers.append(handler)
        return self

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        content = await request.read()
        path, _, query = request.raw_path.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        pairs = parse_qsl(query, keep_blank_values=True)
        self.asked.append(Asked(request.method, path, pairs, headers, json.loads(content) if content else None))
        return await (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)


@asynccontextmanager
async def _serving() -> AsyncIterator[Stub]:
    stub = Stub()
    runner = web.ServerRunner(web.Server(stub), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stub
    await runner.cleanup()


@dataclass
class Sleeps:
    """Takes no time and remembers how long it should have taken."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture(scope="session")
def serving() -> Callable[[], Any]:
    """Open a stub of one's own; for properties, and where two are needed."""
    return _serving


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with _serving() as stub:
        yield stub


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
async def link(stub: Stub, sleeps: Sleeps) -> AsyncIterator[Transport]:
    """The transport to the stub; it sleeps in no time."""
    transport = Transport(stub.url, KEY, timeout=5, sleep=sleeps)
    yield transport
    await transport.aclose()


@pytest.fixture
def revenium(link: Transport) -> Revenium:
    """An account whose ids were told, so that no test begins with asking for them."""
    return Revenium(link, Told("tmA1xQ", "tnB2yR", "usC3zS"))


@pytest.fixture(scope="session")
def key() -> str:
    return KEY
