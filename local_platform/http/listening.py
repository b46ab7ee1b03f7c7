"""Listening: the plain address, and beside it an encrypted one."""

from __future__ import annotations

import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

_SHUTDOWN_SECONDS = 2.0

# Above what the platform takes, so that it can refuse a longer line in its own form.
_LONGEST_LINE = 1 << 16


class ListenError(Exception):
    """The address cannot be listened on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen; with a context, encrypted. `flag` is what chooses the port."""

    host: str
    port: int
    context: ssl.SSLContext | None = None
    flag: str = "--port"


@asynccontextmanager
async def listening(app: web.Application, *listeners: Listener) -> AsyncIterator[list[str]]:
    """Serve an application for as long as the block runs, which gets the origin of each listener.

    Raises:
        ListenError: An address cannot be listened on.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, max_line_size=_LONGEST_LINE)
    await runner.setup()
    try:
        yield [await _listen(runner, listener) for listener in listeners]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, listener: Listener) -> str:
    host, port = listener.host, listener.port
    before = len(runner.addresses)
    try:
        await web.TCPSite(runner, host, port, ssl_context=listener.context).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is in use; choose another with {listener.flag}, or 0 for any"
        else:
            reason = f"cannot listen on {host}, port {port}: {error.strerror or error}"
        raise ListenError(reason) from error
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if listener.context else "http"
    return f"{scheme}://{shown}:{runner.addresses[before][1]}"
