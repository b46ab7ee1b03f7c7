"""Carries messages between an assistant's pipes and the daemon, for both generations of the protocol.

Stateless messages (since 2026) stand for themselves: each is a request of its own, and leaving it is how it is
cancelled. Older clients shake hands first; their messages name a session, which survives a change of daemons
because the handshake can be repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from mcp_surface.front.companion import UnreachableError
from mcp_surface.front.handshake import Handshake, Session
from mcp_surface.front.link import Link, complaint, messages
from mcp_surface.front.messages import (
    Message,
    MessageError,
    failure,
    is_request,
    modern_version,
    parameters,
    parse,
    routing_headers,
)

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10.0
LISTEN = "subscriptions/listen"
REFUSED = 400
UNKNOWN_SESSION = 404


@dataclass(slots=True)
class _Call:
    """One request that is not answered yet."""

    message: Message
    task: asyncio.Task[None] | None = None
    accepted: bool = False
    cancelled: bool = False

    @property
    def modern(self) -> bool:
        return modern_version(self.message) is not None


class Pump:
    """One assistant's conversation. Every request is answered, whatever becomes of the daemon."""

    def __init__(self, link: Link, emit: Callable[[Message], None]) -> None:
        self._link = link
        self._emit = emit
        self._handshake = Handshake(link)
        self._calls: dict[str | int, _Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: Session | None = None

    async def run(self, lines: AsyncIterator[bytes]) -> None:
        """Carry messages until the input ends, then give running calls some time."""
        async for line in lines:
            if line.strip():
                await self._take(line)
        finite = [call.task for call in self._calls.values() if call.task and call.message["method"] != LISTEN]
        if finite:
            await asyncio.wait(finite, timeout=DRAIN_SECONDS)

    async def aclose(self) -> None:
        """Leave every request and end the session."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(UnreachableError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._handshake.close()

    async def _take(self, line: bytes) -> None:
        try:
            message = parse(line)
        except MessageError as error:
            self._emit(failure(None, str(error), error.code))
            return
        match message.get("method"):
            case "initialize" if is_request(message):
                # The next message may count on the session, so the handshake holds the line up.
                await self._initialize(message)
            case "notifications/initialized":
                await self._confirm(message)
            case "notifications/cancelled":
                self._cancel(message)
            case _ if is_request(message):
                call = _Call(message)
                self._calls[message["id"]] = call
                call.task = self._task(self._call(call))
            case _:
                self._spawn(self._notify(message))

    async def _initialize(self, message: Message) -> None:
        try:
            self._emit(await self._handshake.open(message))
        except UnreachableError as error:
            self._emit(failure(message["id"], str(error)))

    async def _confirm(self, message: Message) -> None:
        with suppress(UnreachableError):
            await self._handshake.confirm(message)
            self._listen()

    def _cancel(self, message: Message) -> None:
        identity = parameters(message).get("requestId")
        call = self._calls.get(identity) if isinstance(identity, (str, int)) else None
        if call is None:
            return
        call.cancelled = True
        if call.task is not None and (call.modern or not call.accepted):
            call.task.cancel()
        else:
            self._spawn(self._notify(message))

    async def _call(self, call: _Call) -> None:
        """Make one request and see to it that it is answered once."""
        identity = call.message["id"]
        try:
            answer = await self._answer(call)
        except UnreachableError as error:
            answer = failure(identity, str(error))
        except Exception as error:
            log.exception("%s failed", call.message["method"])
            answer = failure(identity, f"the stdio front failed ({type(error).__name__}); its standard error says more")
        finally:
            if self._calls.get(identity) is call:
                del self._calls[identity]
        if not call.cancelled or "result" in answer:
            self._emit(answer)

    async def _answer(self, call: _Call) -> Message:
        """Return the answer to a request, passing on whatever comes before it."""
        async with self._posted(call.message) as response:
            call.accepted = True
            async for message in messages(response):
                if _answers(message, call.message["id"], response.status):
                    return {**message, "id": call.message["id"]}
                self._emit(message)
            if response.status >= REFUSED:
                raise UnreachableError(await complaint(response))
        raise UnreachableError("the monitor stopped before it answered; ask again")

    async def _notify(self, message: Message) -> None:
        """Send a message that has no answer; if nobody is there, it is lost, as notifications may be."""
        with suppress(UnreachableError):
            async with self._posted(message):
                return

    @asynccontextmanager
    async def _posted(self, message: Message) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a message, opening a new session first if the daemon has changed in the meantime.

        Raises:
            UnreachableError: There is no daemon, or it went away in the middle.
        """
        version = modern_version(message)
        if version is not None:
            async with self._link.send("POST", routing_headers(message, version), message) as response:
                yield response
            return
        session = self._handshake.session
        async with self._link.send("POST", session.headers if session else {}, message) as response:
            if session is None or response.status != UNKNOWN_SESSION:
                yield response
                return
        renewed = await self._handshake.renew(session)
        self._listen()
        async with self._link.send("POST", renewed.headers, message) as response:
            yield response

    def _listen(self) -> None:
        """Open the stream on which a session's daemon speaks unasked."""
        session = self._handshake.session
        if session is not None and session is not self._listening:
            self._listening = session
            self._spawn(self._relay_unasked(session))

    async def _relay_unasked(self, session: Session) -> None:
        with suppress(UnreachableError):
            async with self._link.send("GET", session.headers) as response:
                if response.status < REFUSED:
                    async for message in messages(response):
                        self._emit(message)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._task(work).set_name("aside")

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _answers(message: Message, identity: str | int, status: int) -> bool:
    """Whether a message is the answer; a refusal may have lost the id, for which the client would wait for ever."""
    return "method" not in message and (message.get("id") == identity or status >= REFUSED)
