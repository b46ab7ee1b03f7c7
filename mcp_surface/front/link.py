"""HTTP to the daemon: one message out, a stream of messages back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from mcp_surface.front.companion import UnreachableError
from mcp_surface.front.messages import Message, repeatable

SESSION_HEADER = "Mcp-Session-Id"
BUSY_SECONDS = 0.2
TRIES = 25
"""How often a daemon that is starting or stopping is asked again, every `BUSY_SECONDS`."""

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5.0)
_BUSY = 503


@dataclass(frozen=True, slots=True)
class Target:
    """Where the daemon is.

    Attributes:
        url: Address of its MCP endpoint; behind a socket only the path counts.
        socket: Its unix socket, if that is how it is reached.
        token: What it asks for over TCP.
    """

    url: str
    socket: Path | None = None
    token: str | None = None


class Link:
    """Requests to one daemon; `ready` is awaited when nobody answers, and gives up with `UnreachableError`."""

    def __init__(self, target: Target, ready: Callable[[], Awaitable[None]]) -> None:
        self._url = target.url
        self._ready = ready
        # A connection for each message: one that was kept could belong to a daemon that is gone by now, and then
        # nobody knows whether the message arrived.
        connector = (
            aiohttp.UnixConnector(path=str(target.socket), force_close=True, limit=0)
            if target.socket
            else aiohttp.TCPConnector(force_close=True, limit=0)
        )
        headers = {"Accept": "application/json, text/event-stream"}
        if target.token is not None:
            headers["Authorization"] = f"Bearer {target.token}"
        self._http = aiohttp.ClientSession(connector=connector, headers=headers, timeout=_TIMEOUT)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.close()

    @asynccontextmanager
    async def send(
        self, method: str, headers: Mapping[str, str], message: Message | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Make one request, waiting for the daemon to come up if it is not there.

        Raises:
            UnreachableError: There is no daemon, or it went away in the middle.
        """
        try:
            async with await self._connected(method, headers, message) as response:
                yield response
        except aiohttp.ClientError as error:
            raise UnreachableError(
                f"the monitor went away before it answered ({type(error).__name__}); ask again"
            ) from error

    async def _connected(
        self, method: str, headers: Mapping[str, str], message: Message | None
    ) -> aiohttp.ClientResponse:
        """Return the first answer of a daemon that is up; what could have been carried out is not sent twice."""
        for _ in range(TRIES):
            try:
                response = await self._http.request(method, self._url, json=message, headers=headers)
            except aiohttp.ClientConnectorError:
                await self._ready()
                continue
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not repeatable(message):
                    raise
                await asyncio.sleep(BUSY_SECONDS)
                continue
            if response.status != _BUSY or "Retry-After" not in response.headers:
                return response
            response.release()
            await asyncio.sleep(BUSY_SECONDS)
        raise UnreachableError("the monitor is starting or stopping for too long; ask again in a minute")


async def messages(response: aiohttp.ClientResponse) -> AsyncIterator[Message]:
    """Yield the messages of a response, as a stream of events or as one JSON body."""
    if response.content_type != "text/event-stream":
        message = _decoded(await response.text(errors="replace"))
        if message is not None:
            yield message
        return
    data: list[str] = []
    async for line in _text_lines(response.content):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line:
            message = _decoded("\n".join(data))
            data.clear()
            if message is not None:
                yield message


async def complaint(response: aiohttp.ClientResponse) -> str:
    """Return what a refusal says, for a person."""
    body = await response.text(errors="replace")
    try:
        text = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        text = body
    return f"the monitor answered HTTP {response.status}: {' '.join(text.split())[:300]}"


async def _text_lines(content: aiohttp.StreamReader) -> AsyncIterator[str]:
    """Yield lines of any length; the reader's own lines are limited."""
    rest: list[bytes] = []
    async for chunk in content.iter_any():
        *whole, tail = chunk.split(b"\n")
        for part in whole:
            yield b"".join((*rest, part)).decode(errors="replace").rstrip("\r")
            rest = []
        rest.append(tail)


def _decoded(text: str) -> Message | None:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "jsonrpc" in value else None
