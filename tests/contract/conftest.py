"""A platform that has read the exchanges and answers by them, for the client's side of the contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from daemon.client.identity import Told
from daemon.client.revenium import Revenium
from daemon.client.transport import Transport
from daemon.client.wire import decode

KEY = "rev_sk_i594saR_contract"
TOLD = Told("mGEI8s2", "i594saR", "ibQktb2")


class Stub:
    """Answers each path with the exchange that belongs to it, and remembers the last request."""

    def __init__(self, *exchanges: dict[str, Any]) -> None:
        self.exchanges = {(each["request"]["method"], each["request"]["path"]): each for each in exchanges}
        self.last: dict[str, Any] = {}
        self.headers: dict[str, str] = {}

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        content = await request.read()
        self.last = {"method": request.method, "path": path}
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        if pairs := parse_qsl(query, keep_blank_values=True):
            self.last["query"] = _grouped(pairs)
        if content:
            self.last["body"] = decode(content)
        exchange = self.exchanges[request.method, path]
        return web.json_response(text=json.dumps(exchange["body"], default=float), status=exchange["status"])


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    names = dict.fromkeys(name for name, _ in pairs)
    grouped = {name: [value for key, value in pairs if key == name] for name in names}
    return {name: values if len(values) > 1 else values[0] for name, values in grouped.items()}


async def _no_time(_: float) -> None:
    return


@asynccontextmanager
async def _account(*exchanges: dict[str, Any], told: Told = TOLD) -> AsyncIterator[tuple[Revenium, Stub]]:
    stub = Stub(*exchanges)
    runner = web.ServerRunner(web.Server(stub), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    transport = Transport(f"http://127.0.0.1:{runner.addresses[0][1]}", KEY, timeout=5, sleep=_no_time)
    try:
        yield Revenium(transport, told), stub
    finally:
        await transport.aclose()
        await runner.cleanup()


@pytest.fixture(scope="session")
def account() -> Callable[..., AbstractAsyncContextManager[tuple[Revenium, Stub]]]:
    """Open an account whose platform answers by some exchanges."""
    return _account
