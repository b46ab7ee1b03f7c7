"""Puts the layers together; besides the command line the only place that knows everybody."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TextIO

from starlette.routing import BaseRoute, Mount

from daemon.embedded import Demo
from daemon.operations import Operations
from daemon.runtime import App
from daemon.settings import Settings
from mcp_surface.http import Endpoint
from mcp_surface.server import build_server


@asynccontextmanager
async def mcp_routes(operations: Operations) -> AsyncIterator[Sequence[BaseRoute]]:
    """Serve the MCP tools on the daemon's port for as long as the context lasts."""
    endpoint = Endpoint(build_server(operations))
    async with endpoint.running():
        yield [Mount("/", app=endpoint.app)]


def app(settings: Settings, *, demo: Demo | None = None, console: TextIO = sys.stdout) -> App:
    """Return the daemon with everything in it."""
    return App(settings, extension=mcp_routes, demo=demo, console=console)
