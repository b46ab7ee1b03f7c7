"""Metering events of sources."""

from __future__ import annotations

import sqlite3

from aiohttp import web

from local_platform.http.access import session_of
from local_platform.metering import events
from local_platform.metering.answers import Stored, once
from local_platform.metering.call_routes import LARGEST_BODY
from local_platform.metering.receipts import idempotency_key, receipt
from local_platform.metering.referring import referred_to
from local_platform.services import read_json, services

_KIND = "source_event"


async def meter(request: web.Request) -> web.Response:
    """Meter one event."""
    key = idempotency_key(request)
    body = await read_json(request, LARGEST_BODY)
    parts = services(request)
    event = events.source_event(body, parts.clock())
    referred = await referred_to(request, body, event.named)
    open_session = session_of(request)

    def work(connection: sqlite3.Connection) -> Stored:
        session = open_session(connection)
        return once(connection, _KIND, session.team, key, lambda: events.store(session, event, referred))

    return receipt(request, _KIND, await parts.database.write(work))
