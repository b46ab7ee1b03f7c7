"""A daemon's operations over a real store, with two series and one alert; and a way to serve them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.types import ASGIApp

from daemon.alerts import Alert
from daemon.client.transport import Transport
from daemon.delivery import Dispatcher
from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.operations import Operations
from daemon.pipeline.pump import Pump
from daemon.pipeline.step import SeriesState
from daemon.settings import Settings
from daemon.storage.sqlite import SqliteStore
from daemon.store import PartitionCommit
from daemon.testing import NOON, ManualClock
from detectors.base import Observation, Verdict
from detectors.registry import create
from mcp_surface.http import Endpoint
from mcp_surface.server import build_server
from notifiers.base import Notification, Receipt

HOUR = timedelta(hours=1)
ROBOT = SeriesKey.parse("cost/agent/robot")
TOTAL = SeriesKey.parse("cost/total")

ALERT = Alert(
    id="a1b2c3",
    series=ROBOT,
    incident="a1b2c3",
    opened_at=NOON,
    updated_at=NOON,
    window_start=NOON - HOUR,
    window_end=NOON,
    observed=100.0,
    expected=10.0,
    low=5.0,
    high=20.0,
    score=0.9,
    reason="far above",
    detector="spend",
    summary="Agent robot spent $100.00 where $10.00 was expected.",
    causes=("model big-one: $90.00",),
)


class Quiet:
    """A channel that accepts everything."""

    name = "inbox"

    async def send(self, notification: Notification) -> Receipt:
        return Receipt()

    async def aclose(self) -> None:
        return


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    clock = ManualClock()
    store = SqliteStore(tmp_path / "monitor.sqlite3")
    await store.open()
    await store.claim_for("team-1")
    transport = Transport("http://127.0.0.1:9", "key", timeout=1)
    settings = Settings(data_dir=tmp_path)  # type: ignore[call-arg]  # the rest has defaults the plugin cannot see
    engine = Engine(settings, clock, store, transport, Dispatcher([Quiet()], store, clock), on_fatal=pytest.fail)
    await watch(engine, ROBOT, TOTAL, alert=ALERT)
    yield engine
    await engine.aclose()
    await store.close()


async def watch(engine: Engine, *keys: SeriesKey, alert: Alert | None = None) -> None:
    """Let the engine watch these series; the first one has the alert."""
    states = {key: SeriesState(create("spend"), NOON, NOON) for key in keys}
    if alert is not None:
        states[keys[0]] = replace(states[keys[0]], alert=alert)
        partition = keys[0].entity.partition("team-1")
        epoch, position = (await engine.store.acquire())[partition]
        await engine.store.commit([PartitionCommit(partition, epoch, position, position + 1, alerts=[alert])], [])
    verdict = Verdict(0.9, True, 10.0, 5.0, 20.0, "far above", False)
    verdicts = {key: (Observation(NOON - HOUR, 100.0, HOUR), verdict) for key in keys}
    engine._pump = cast(Pump, SimpleNamespace(states=states, verdicts=verdicts))


@pytest.fixture
def watch_series() -> Callable[..., Awaitable[None]]:
    return watch


@pytest.fixture
def alert() -> Alert:
    return ALERT


@pytest.fixture
def operations(engine: Engine) -> Operations:
    return Operations(engine)


@pytest.fixture
def server(operations: Operations) -> MCPServer:
    return build_server(operations)


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both generations of the protocol."""
    return cast(str, request.param)


Serve = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def serve() -> Serve:
    """Serve an MCP server over HTTP, on a port or on a unix socket, as the daemon does."""

    @asynccontextmanager
    async def start(server: MCPServer, path: Path | None = None) -> AsyncIterator[str]:
        endpoint = Endpoint(server)
        with _listener(path) as listener:
            async with _uvicorn(endpoint.app, [listener]), endpoint.running():
                yield "http://localhost/mcp" if path else f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        _forget(path)

    return start


def _forget(path: Path | None) -> None:
    if path is not None:
        path.unlink()


def _listener(path: Path | None) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listener.bind(str(path) if path else ("127.0.0.1", 0))
    return listener


@asynccontextmanager
async def _uvicorn(app: ASGIApp, listeners: Sequence[socket.socket]) -> AsyncIterator[None]:
    config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    listening = asyncio.create_task(server._serve([*listeners]))  # `serve` would take over the signals
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        await listening
