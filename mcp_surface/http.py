"""The MCP endpoint of the daemon's port and socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.mcpserver import MCPServer
from mcp.server.subscriptions import ListenHandler
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from mcp_surface.door import Door

MAX_SESSIONS = 100


class Endpoint:
    """Serves an MCP server at the path /mcp of `app`.

    It checks neither Host, Origin nor token: whoever mounts it does that for every path, and a second list
    of allowed names here could only disagree with the first.
    """

    def __init__(self, server: MCPServer) -> None:
        self._server = server
        self._door = Door(
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

        The end tells listening clients that their streams are over, refuses new requests, gives running calls a
        moment, and breaks off the rest. Leave it before the HTTP server stops, or that waits for streams that never end.
        """
        async with self._server.session_manager.run():
            self._door.open = True
            try:
                yield
            finally:
                _end_listening(self._server)
                await self._door.close()


def _end_listening(server: MCPServer) -> None:
    """Close `subscriptions/listen` streams in good order.

    The package keeps the handler to itself; without it the streams still end, only less politely.
    """
    lowlevel = getattr(server, "_lowlevel_server", None)
    entry = lowlevel.get_request_handler("subscriptions/listen") if lowlevel is not None else None
    handler = getattr(entry, "handler", None)
    if isinstance(handler, ListenHandler):
        handler.close()
