"""The daemon's one HTTP port and its unix socket: MCP, health, metrics. Everything but health asks for the token."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from daemon import feedback_http, metrics
from daemon.errors import AddressInUseError, DataDirectoryError
from daemon.operations import Operations
from daemon.settings import LOOPBACK

WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
GRACE_SECONDS = 2
BACKLOG = 100


class Gate:
    """Lets through callers with an allowed Host, no foreign Origin, and the token.

    The unix socket needs no token: its file belongs to the owner alone. On a wildcard address callers
    use names that nobody here knows, so that any Host passes; the token guards alone.
    """

    def __init__(self, app: ASGIApp, token: str, host: str) -> None:
        self._app = app
        self._token = hashlib.sha256(token.encode()).digest()
        self._hosts = LOOPBACK | {host}
        self._any_host = host in WILDCARDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refuse(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not self._any_host and _host(headers.get("host", "")) not in self._hosts:
            return _problem(421, "this name is not served here; use 127.0.0.1 or localhost")
        origin = headers.get("origin")
        if origin is not None and _host(origin.partition("://")[2]) not in self._hosts:
            return _problem(403, "pages of other origins may not call this server")
        if scope["path"] in OPEN_PATHS or scope.get("server", ("", None))[1] is None:
            return None
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(hashlib.sha256(shown.encode()).digest(), self._token):
            return None
        return _problem(
            401, "send 'Authorization: Bearer TOKEN'; the token is in the file http_token of the data directory"
        )


def _host(value: str) -> str:
    """Return the host of a Host header or an origin's authority, without its port."""
    if value.startswith("["):
        inside, _, rest = value[1:].partition("]")
        return inside if not rest or rest.startswith(":") else ""
    return value.partition(":")[0].lower()


def _problem(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)


def build_app(operations: Operations, token: str, host: str, routes: Sequence[BaseRoute]) -> ASGIApp:
    """Return the application; `routes` are what other layers add."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        status = await operations.status()
        return JSONResponse({"state": status.state, "problem": status.problem}, 200 if status.state == "ok" else 503)

    async def status(_: Request) -> Response:
        return Response((await operations.status()).model_dump_json(), media_type="application/json")

    async def prometheus(_: Request) -> Response:
        return Response(metrics.render(await operations.status()), media_type=metrics.CONTENT_TYPE)

    own = {"/healthz": healthz, "/readyz": readyz, "/status": status, "/metrics": prometheus}
    plain = (Route(path, endpoint) for path, endpoint in own.items())
    app = Starlette(routes=[*plain, *feedback_http.routes(operations), *routes])
    return Gate(app, token, host)


class Server:
    """uvicorn on sockets of ours, without its signal handling."""

    def __init__(self, app: ASGIApp, sockets: Sequence[socket.socket]) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE_SECONDS, ws="none",
            server_header=False, proxy_headers=False,
        )  # fmt: skip
        self._server = _QuietServer(config)
        self._sockets = list(sockets)

    async def run(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=self._sockets)

    async def started(self) -> None:
        """Wait until requests are answered."""
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Finish open requests, within a bound, and end `run`."""
        self._server.should_exit = True


class _QuietServer(uvicorn.Server):
    """Leaves signals to the daemon."""

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield


def listen_tcp(host: str, port: int) -> socket.socket:
    """Take the port at once, so that a taken one stops the start with a clear word; callers wait until it is served.

    Raises:
        AddressInUseError: The port is taken or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # two may bind, only one may listen
    except OSError as error:
        listener.close()
        raise AddressInUseError(
            f"MONITOR_HTTP_PORT = {port}: cannot listen on {host}:{port} ({error.strerror}); choose another port or stop the other program"
        ) from error
    return listener


@contextlib.contextmanager
def unix_socket(path: Path) -> Iterator[socket.socket]:
    """Listen on a socket that only the owner can reach; a stale one is replaced, since we hold the lock.

    Raises:
        DataDirectoryError: The path is too long for a socket, or cannot be written.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _bind_privately(listener, path)
        yield listener
    finally:
        listener.close()
        path.unlink(missing_ok=True)


def _bind_privately(listener: socket.socket, path: Path) -> None:
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        raise DataDirectoryError(
            f"MONITOR_DATA_DIR = {path.parent}: no socket can be made in it ({error.strerror or error}); "
            "choose a directory with a shorter path on a local disk"
        ) from error
    finally:
        os.umask(before)
