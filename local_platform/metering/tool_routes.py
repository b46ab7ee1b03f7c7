"""Metering calls of tools, and the log of them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from local_platform import ids
from local_platform.http.access import number_of, require_team, session_of
from local_platform.http.errors import invalid
from local_platform.http.paging import Paging, hal_page, paging_of
from local_platform.metering import tool_events
from local_platform.metering.answers import Stored, once
from local_platform.metering.call_routes import LARGEST_BODY
from local_platform.metering.log import bound_of, moment_of
from local_platform.metering.receipts import idempotency_key, receipt
from local_platform.metering.referring import referred_to
from local_platform.resources.rendering import metadata
from local_platform.resources.routes import reading
from local_platform.services import read_json, services
from local_platform.session import Session
from local_platform.wire import dumps, from_nano, iso_ms, to_ms, to_nano

if TYPE_CHECKING:
    from multidict import MultiMapping

_KIND = "tool_event"
_EVENTS = (
    "tool_event AS event LEFT JOIN document AS tool ON tool.kind = 'tool' AND tool.tenant = ? AND tool.team = event.team"
    " AND tool.key = casefold(event.tool_id)"
)
_SEARCHED = "tool_id || ' ' || coalesce(tool.name, '') || ' ' || operation || ' ' || transaction_id || ' ' || coalesce(agent, '')"
_COLUMNS = "event.id, at_ms, event.created_ms, cost, product_id, event.json, tool_id, tool.id, tool.json"
_SORTS = {"timestamp": "at_ms", "created": "event.created_ms", "charge": "cost", "toolId": "tool_id", "id": "event.id"}
_EQUALS = {
    "toolId": "tool_id = ? COLLATE NOCASE",
    "toolName": "tool.name = ? COLLATE NOCASE",
    "toolType": "tool.json ->> '$.toolType' = ?",
    "operation": "operation = ?",
    "transactionId": "transaction_id = ?",
}


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the log of tool events."""
    router.add_get(f"{prefix}/sources/metrics/tool/events", list_events)


async def meter(request: web.Request) -> web.Response:
    """Meter one call of a tool."""
    key = idempotency_key(request)
    body = await read_json(request, LARGEST_BODY)
    parts = services(request)
    event = tool_events.tool_event(body, parts.clock())
    referred = await referred_to(request, body, event.named)
    open_session = session_of(request)

    def work(connection: sqlite3.Connection) -> Stored:
        session = open_session(connection)
        return once(connection, _KIND, session.team, key, lambda: tool_events.store(session, event, referred))

    return receipt(request, _KIND, await parts.database.write(work))


async def list_events(request: web.Request) -> web.Response:
    """List calls of tools, the newest first."""
    team = require_team(request)
    paging = paging_of(request)
    question = _question(request.query, team)

    def work(session: Session) -> tuple[list[str], int]:
        return _page(session, question, paging)

    items, total = await reading(request, work)
    return hal_page(request, "toolEventResourceList", items, paging, total)


@dataclass(frozen=True, slots=True)
class _Question:
    where: str
    values: tuple[object, ...]
    order: str


def _question(query: MultiMapping[str], team: int) -> _Question:
    start, end = moment_of(query, "startDate"), moment_of(query, "endDate")
    low, high = bound_of(query, "chargeMin"), bound_of(query, "chargeMax")
    words = query.get("query", "").strip().casefold()
    conditions: list[tuple[str, object]] = [
        ("event.team = ?", team),
        ("at_ms >= ?", start and to_ms(start)),
        ("at_ms < ?", end and to_ms(end)),
        ("cost >= ?", None if low is None else to_nano(low)),
        ("cost <= ?", None if high is None else to_nano(high)),
        ("product_id = ?", number_of("product", query["productId"]) if query.get("productId") else None),
        (f"instr(casefold({_SEARCHED}), ?)", words or None),
        *((condition, query.get(name) or None) for name, condition in _EQUALS.items()),
    ]
    asked = [(condition, value) for condition, value in conditions if value is not None]
    where = " AND ".join(condition for condition, _ in asked)
    return _Question(where, tuple(value for _, value in asked), _order(query))


def _order(query: MultiMapping[str]) -> str:
    field, _, direction = (query.get("sort") or "timestamp,DESC").partition(",")
    way = direction.strip().upper() or "ASC"
    if field not in _SORTS or way not in ("ASC", "DESC"):
        raise invalid({"sort": f"choose one of {', '.join(_SORTS)}, with asc or desc"})
    return f"{_SORTS[field]} {way}, event.id {way}"


def _page(session: Session, question: _Question, paging: Paging) -> tuple[list[str], int]:
    values = (session.tenant, *question.values)
    (total,) = session.connection.execute(
        f"SELECT count(*) FROM {_EVENTS} WHERE {question.where}",  # noqa: S608 - fixed fragments
        values,
    ).fetchone()
    rows = session.connection.execute(
        f"SELECT {_COLUMNS} FROM {_EVENTS} WHERE {question.where} "  # noqa: S608 - the same
        f"ORDER BY {question.order} LIMIT ? OFFSET ?",
        (*values, paging.size, paging.offset),
    ).fetchall()
    team = metadata(session, "team", session.team)
    return [dumps(_rendered(session, _Row(*row), team)) for row in rows], total


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    at_ms: int
    created_ms: int
    cost: int
    product: int | None
    event: str
    tool_id: str
    tool: int | None
    tool_fields: str | None


def _rendered(session: Session, row: _Row, team: object) -> dict[str, Any]:
    fields = json.loads(row.event)
    # A tool may be deleted; its calls stay.
    tool: dict[str, Any] = json.loads(row.tool_fields) if row.tool_fields else {}
    return {
        **fields,
        "id": ids.encode(_KIND, row.number),
        "label": fields["transactionId"],
        "resourceType": _KIND,
        "timestamp": iso_ms(row.at_ms),
        "created": iso_ms(row.created_ms),
        "updated": iso_ms(row.created_ms),
        "callCount": 1,
        "charge": from_nano(row.cost),
        "costUsd": from_nano(row.cost),
        "currency": (tool.get("pricing") or {}).get("currency", "USD"),
        "toolId": row.tool_id,
        "toolName": tool.get("name", row.tool_id),
        "toolProvider": tool.get("toolProvider"),
        "toolType": tool.get("toolType"),
        "tool": row.tool and metadata(session, "tool", row.tool),
        "product": row.product and metadata(session, "product", row.product),
        "team": team,
        "_links": {},
    }
