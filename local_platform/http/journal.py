"""Which requests came: the last ones in memory, and those of the management paths in the platform's log.

Never bodies, keys or what a query holds: a path is shown as the route's template.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_platform import ids
from local_platform.accounts.keys import Key
from local_platform.http.known import KEY, TEAM, template_of
from local_platform.logs.store import Line, Side, Status, keep
from local_platform.storage.database import Database
from local_platform.wire import Clock, iso, to_ms

REMEMBERED = 1000
"""How many requests are remembered."""

_STORED_EVERY_SECONDS = 2.0
_MOST_WAITING = 10_000


class Entry(NamedTuple):
    """One answered request; `key` is None when the key was unknown."""

    at: datetime
    method: str
    template: str
    status: int
    milliseconds: float
    key: Key | None
    team: int

    def rendered(self) -> dict[str, object]:
        """Return the entry on the wire."""
        return {
            "at": iso(self.at),
            "method": self.method,
            "path": self.template or None,
            "status": self.status,
            "milliseconds": round(self.milliseconds, 3),
            "key": self.key and self.key.hint,
            "teamId": ids.encode("team", self.team) if self.key else None,
        }


class Journal:
    """The requests of one running platform."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: deque[Entry] = deque(maxlen=REMEMBERED)
        self._waiting: deque[Entry] = deque(maxlen=_MOST_WAITING)

    def middleware(self) -> Middleware:
        """Return the middleware that writes requests down; it belongs around all others."""

        @web.middleware
        async def write_down(request: web.Request, handler: Handler) -> web.StreamResponse:
            started = perf_counter()
            response = await handler(request)
            self._add(request, response.status, perf_counter() - started)
            return response

        return write_down

    def recent(self, seen: Callable[[Entry], bool]) -> list[Entry]:
        """Return the remembered requests that somebody may see, the newest first."""
        return [entry for entry in reversed(self._recent) if seen(entry)]

    async def store(self, database: Database) -> None:
        """Put what waits into the platform's log."""
        entries = list(self._waiting)
        self._waiting.clear()
        if lines := [_line(entry, entry.key) for entry in entries if entry.key is not None]:
            await database.write(lambda connection: keep(connection, Side.EXTERNAL, lines))

    def storing(self, database: Database) -> Callable[[web.Application], AsyncIterator[None]]:
        """Return what stores now and then while an application runs, and once more at its end."""

        async def run(_app: web.Application) -> AsyncIterator[None]:
            task = asyncio.create_task(self._store_for_ever(database))
            yield
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.store(database)

        return run

    async def _store_for_ever(self, database: Database) -> None:
        while True:
            await asyncio.sleep(_STORED_EVERY_SECONDS)
            await self.store(database)

    def _add(self, request: web.Request, status: int, seconds: float) -> None:
        key = request.get(KEY)
        team = request.get(TEAM) or (key.caller.team if key else 0)
        entry = Entry(self._clock(), request.method, template_of(request), status, seconds * 1000, key, team)
        self._recent.append(entry)
        # A metered call that was taken is in the transactions log; thousands a second would wash everything else away.
        if status != HTTPStatus.CREATED or not entry.template.startswith("/meter/"):
            self._waiting.append(entry)


def _line(entry: Entry, key: Key) -> Line:
    return Line(
        tenant=key.caller.tenant,
        team=entry.team,
        operation=f"{entry.method} {entry.template or '(no such path)'}",
        status=_status(entry.status),
        details=f"{entry.status} in {entry.milliseconds:.1f} ms, key {key.hint} ({key.name})",
        created_ms=to_ms(entry.at),
    )


def _status(status: int) -> Status:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Status.ERROR
    return Status.FAILURE if status >= HTTPStatus.BAD_REQUEST else Status.SUCCESS
