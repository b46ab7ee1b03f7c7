"""Admits requests to an ASGI application while it is open, and empties it in good order."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAIN_SECONDS = 1.0


class Door:
    """An ASGI application around another: closed at first, until `open` is set."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls = 0
        self._left = asyncio.Event()
        self._ended = asyncio.Event()
        self.open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not self.open:
            await _refusal(scope, receive, send)
            return
        # Only what a client asks for in a POST ends by itself; a GET is an older client's standing stream.
        call = scope["method"] == "POST"
        exchange = _Exchange(receive, send, self._ended)
        self._calls += call
        try:
            await self._app(scope, exchange.receive, exchange.send)
            await exchange.complete(scope)
        finally:
            self._calls -= call
            self._left.set()

    async def close(self) -> None:
        """Admit nobody any more, give running calls a moment, and then end what is left."""
        self.open = False
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._calls:
                    self._left.clear()
                    await self._left.wait()
        self._ended.set()


class _Exchange:
    """One request and its response; once `ended` is set, the client seems to have gone."""

    def __init__(self, receive: Receive, send: Send, ended: asyncio.Event) -> None:
        self._receive = receive
        self._send = send
        self._ended = ended
        self._started = False
        self._finished = False

    async def receive(self) -> Message:
        """Return the next part of the request, or word that the client is gone."""
        message = asyncio.ensure_future(self._receive())
        end = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((message, end), return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect"}
        finally:
            message.cancel()
            end.cancel()

    async def send(self, message: Message) -> None:
        """Pass on a part of the response."""
        self._started = True
        self._finished = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def complete(self, scope: Scope) -> None:
        """Finish a response that was broken off, which the HTTP server would log as a fault."""
        if not self._started:
            await _refusal(scope, self._receive, self._send)
        elif not self._finished:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refusal(scope: Scope, receive: Receive, send: Send) -> None:
    response = JSONResponse({"error": "starting or stopping; try again"}, 503, {"Retry-After": "1"})
    await response(scope, receive, send)
