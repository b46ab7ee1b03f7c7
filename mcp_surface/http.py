"""The MCP endpoint of the daemon's port and socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from mcp.server.mcpserver import MCPServer
from mcp.server.subscriptions import ListenHandler
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_SESSIONS = 100
DRAIN_SECONDS = 1.0


class Endpoint:
    """Serves an MCP server at the path /mcp of `app`.

    It checks neither Host, Origin nor token: whoever mounts it does that for every path, and a second list
    of allowed names here could only disagree with the first.
    """

    def __init__(self, server: MCPServer) -> None:
        self._server = server
        self._door = _Door(
            server.streamable_http_app(
                max_sessions=MAX_SESSIONS,
                transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            )
        )

    @property
    def app(self) -> ASGIApp:
        """The application to mount."""
        return self._door

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve for as long as the context lasts, once.

        The end refuses new requests, tells listening clients that their streams are over, and gives running calls
        a moment. Leave it before the HTTP server stops, or that waits for streams that never end.
        """
        async with self._server.session_manager.run():
            self._door.open = True
            try:
                yield
            finally:
                self._door.open = False
                _end_listening(self._server)
                await self._door.emptied()


class _Door:
    """Lets requests in while it is open, and knows when the last call has left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls = 0
        self._left = asyncio.Event()
        self.open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not self.open:
            refusal = JSONResponse({"error": "starting or stopping; try again"}, 503, {"Retry-After": "1"})
            await refusal(scope, receive, send)
            return
        # Only what a client asks for in a POST ends by itself; a GET is an older client's standing stream.
        call = scope["method"] == "POST"
        self._calls += call
        try:
            await self._app(scope, receive, send)
        finally:
            self._calls -= call
            self._left.set()

    async def emptied(self) -> None:
        """Wait a moment for the calls that are still being answered."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._calls:
                    self._left.clear()
                    await self._left.wait()


def _end_listening(server: MCPServer) -> None:
    """Close `subscriptions/listen` streams in good order.

    The package keeps the handler to itself; without it the streams still end, only less politely.
    """
    lowlevel = getattr(server, "_lowlevel_server", None)
    entry = lowlevel.get_request_handler("subscriptions/listen") if lowlevel is not None else None
    handler = getattr(entry, "handler", None)
    if isinstance(handler, ListenHandler):
        handler.close()
