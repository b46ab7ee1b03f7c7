"""The session of a client that shakes hands: remembered, so that it can be taken up with another daemon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mcp_surface.front.companion import UnreachableError
from mcp_surface.front.link import SESSION_HEADER, Link, messages
from mcp_surface.front.messages import Message


@dataclass(frozen=True, slots=True)
class Session:
    """What the daemon and the client agreed upon."""

    identity: str | None
    version: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every message that belongs to the session."""
        named = {SESSION_HEADER: self.identity} if self.identity else {}
        return {"MCP-Protocol-Version": self.version, **named}


class Handshake:
    """Repeats the client's opening words to a daemon that does not know them."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._hello: Message | None = None
        self._lock = asyncio.Lock()
        self.session: Session | None = None

    async def open(self, hello: Message) -> Message:
        """Send `initialize` and return the answer.

        Raises:
            UnreachableError: There is no answer.
        """
        self._hello = hello
        async with self._link.send("POST", {}, hello) as response:
            async for answer in messages(response):
                if answer.get("id") != hello["id"]:
                    continue
                self.session = _agreed(answer, response.headers.get(SESSION_HEADER))
                return answer
            raise UnreachableError(f"the monitor refused the session with HTTP {response.status}")

    async def renew(self, lost: Session) -> Session:
        """Return a session in place of one that the daemon does not know (any more).

        Raises:
            UnreachableError: The daemon does not take part.
        """
        async with self._lock:
            if self.session is lost and self._hello is not None:
                await self.open(self._hello)
                await self.confirm({"jsonrpc": "2.0", "method": "notifications/initialized"})
            if self.session is None:
                raise UnreachableError("the monitor was restarted and refuses the session; start the assistant anew")
            return self.session

    async def confirm(self, initialized: Message) -> None:
        """Send the word that ends the handshake."""
        headers = self.session.headers if self.session else {}
        async with self._link.send("POST", headers, initialized):
            return

    async def close(self) -> None:
        """Tell the daemon that the session is over."""
        if self.session is not None and self.session.identity is not None:
            async with self._link.send("DELETE", self.session.headers):
                return


def _agreed(answer: Message, identity: str | None) -> Session | None:
    result = answer.get("result")
    return Session(identity, str(result.get("protocolVersion"))) if isinstance(result, dict) else None
