"""Calls of APIs: a request and its response are metered apart, and are one row under their transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from local_platform import ids
from local_platform.checks import Check, applied, moment, text, whole
from local_platform.http.access import require_team, session_of
from local_platform.http.errors import invalid
from local_platform.http.paging import Paging, hal_page, paging_of
from local_platform.metering import events
from local_platform.metering.answers import Stored, once
from local_platform.metering.call_routes import LARGEST_BODY
from local_platform.metering.log import moment_of
from local_platform.metering.receipts import idempotency_key, receipt
from local_platform.resources.fields import NAME, each
from local_platform.resources.rendering import metadata
from local_platform.resources.routes import reading
from local_platform.services import read_json, services
from local_platform.session import Session
from local_platform.wire import dumps, iso_ms, to_ms

_KIND = "api_call"
_COLUMNS = "id, at_ms, created_ms, transaction_id, source_id, request, response"
_MILLISECONDS = whole(10 * 24 * 3600 * 1000)
_BYTES = whole(1 << 50)


@dataclass(frozen=True, slots=True)
class Half:
    """A request or a response.

    Attributes:
        column: Where it is stored.
        checks: What its fields may hold.
        required: Which must not be absent.
    """

    column: str
    checks: Mapping[str, Check]
    required: tuple[str, ...]


# A request's credential authenticates its caller, so that it is taken and kept nowhere.
REQUEST = Half(
    column="request",
    checks={
        **each("transactionId method sourceId sourceType contentType remoteHost", NAME),
        **each("resource userAgent", text(4096)),
        "requestMessageSize": _BYTES,
        "timestamp": moment,
    },
    required=("transactionId",),
)
RESPONSE = Half(
    column="response",
    checks={
        **each("transactionId contentType", NAME),
        **each("totalDuration backendLatency gatewayLatency", _MILLISECONDS),
        "responseCode": whole(999),
        "responseMessageSize": _BYTES,
        "timestamp": moment,
    },
    required=("transactionId", "responseCode"),
)


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the log of API calls."""
    router.add_get(f"{prefix}/sources/metrics/apis", list_calls)


def metering(half: Half) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler that meters requests, or responses."""

    async def meter(request: web.Request) -> web.Response:
        """Meter one half of a call."""
        key = idempotency_key(request)
        fields = _checked(half, await read_json(request, LARGEST_BODY))
        open_session = session_of(request)

        def work(connection: sqlite3.Connection) -> Stored:
            session = open_session(connection)
            kind = f"{_KIND}.{half.column}"
            return once(connection, kind, session.team, key, lambda: _store(session, half, fields))

        return receipt(request, _KIND, await services(request).database.write(work))

    return meter


def _checked(half: Half, body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(half.checks, body, complaints)
    complaints |= {name: "must not be null or blank" for name in half.required if name not in fields | complaints}
    if complaints:
        raise invalid(complaints)
    return fields


def _store(session: Session, half: Half, fields: dict[str, Any]) -> Stored:
    """Put one half beside the other, whichever comes first."""
    at = fields.pop("timestamp", session.now)
    source = fields.pop("sourceId", None)
    number = _source(session, str(source), fields.get("sourceType")) if source else None
    row, created_ms = session.connection.execute(
        f"INSERT INTO api_call (team, at_ms, created_ms, transaction_id, source_id, {half.column})"  # noqa: S608 - ours
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (team, transaction_id) DO UPDATE SET"
        f" {half.column} = excluded.{half.column}, at_ms = min(at_ms, excluded.at_ms),"
        " source_id = coalesce(excluded.source_id, source_id) RETURNING id, created_ms",
        (session.team, to_ms(at), to_ms(session.now), fields["transactionId"], number, dumps(fields)),
    ).fetchone()
    return Stored(row, str(fields["transactionId"]), created_ms)


def _source(session: Session, text: str, source_type: object) -> int | None:
    team = session.connection.execute(
        "SELECT coalesce(json_extract(json, '$.sourceAutoDiscoveryEnabled'), 1) FROM document"
        " WHERE kind = 'team' AND id = ?",
        (session.team,),
    ).fetchone()
    found = events.find_source(session, text)
    if found is None and team[0]:
        found = events.register_source(session, text, str(source_type) if source_type else None)
    return None if found is None else found.number


async def list_calls(request: web.Request) -> web.Response:
    """List calls of APIs, the newest first."""
    team = require_team(request)
    paging = paging_of(request)
    start, end = moment_of(request.query, "startDate"), moment_of(request.query, "endDate")
    limits = (team, 0 if start is None else to_ms(start), 1 << 60 if end is None else to_ms(end))
    items, total = await reading(request, lambda session: _page(session, limits, paging))
    return hal_page(request, "apiMetricResourceList", items, paging, total)


def _page(session: Session, limits: tuple[int, int, int], paging: Paging) -> tuple[list[str], int]:
    where = "team = ? AND at_ms >= ? AND at_ms < ?"
    (total,) = session.connection.execute(
        f"SELECT count(*) FROM api_call WHERE {where}",  # noqa: S608 - a fixed fragment
        limits,
    ).fetchone()
    rows = session.connection.execute(
        f"SELECT {_COLUMNS} FROM api_call WHERE {where} "  # noqa: S608 - the same
        "ORDER BY at_ms DESC, id DESC LIMIT ? OFFSET ?",
        (*limits, paging.size, paging.offset),
    ).fetchall()
    team = metadata(session, "team", session.team)
    return [dumps(_rendered(session, row, team)) for row in rows], total


def _rendered(session: Session, row: tuple[int, int, int, str, int | None, str, str], team: object) -> object:
    number, at_ms, created_ms, transaction_id, source, request, response = row
    return {
        **json.loads(response or "{}"),
        **json.loads(request or "{}"),
        "id": ids.encode(_KIND, number),
        "label": transaction_id,
        "resourceType": "api.metric",
        "requestTime": iso_ms(at_ms),
        "created": iso_ms(created_ms),
        "updated": iso_ms(created_ms),
        "source": source and metadata(session, "source", source),
        "team": team,
        "_links": {},
    }
