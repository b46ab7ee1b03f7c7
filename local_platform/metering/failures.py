"""What strict ingestion has refused, for those who have to mend it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local_platform.http.access import caller_of, number_of
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import Paging, bad_value, hal_page, paging_of
from local_platform.metering.strictness import CODES, Failure
from local_platform.services import services
from local_platform.wire import dumps, iso_ms, to_ms

_PAGE_SIZE = 50
_MOST_KEPT = 10_000

# Prompts are nobody's business here, and what authenticates a caller is a secret.
_NOT_KEPT = ("systemPrompt", "inputMessages", "outputResponse", "subscriberCredential")


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the list."""
    router.add_get(f"{prefix}/tenants/{{id}}/ingestion-failures", list_failures)


async def refuse(request: web.Request, body: object, failures: Sequence[Failure]) -> ApiError:
    """Keep a refused body, and return the error that says why it is refused."""
    tenant = caller_of(request).tenant
    parts = services(request)
    errors = [failure.rendered() for failure in failures]
    row = (
        tenant,
        to_ms(parts.clock()),
        dumps([failure.code for failure in failures]),
        dumps({"errors": errors, "originalPayload": _without_secrets(body)}),
    )
    await parts.database.write(lambda connection: _keep(connection, tenant, row))
    return ApiError(HTTPStatus.BAD_REQUEST, "Strict ingestion refuses what is not registered", errors=errors)


async def list_failures(request: web.Request) -> web.Response:
    """List what a tenant's strict ingestion has refused, the newest first."""
    tenant = number_of("tenant", request.match_info["id"])
    if tenant != caller_of(request).tenant:
        raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied")
    paging = paging_of(request, _PAGE_SIZE)
    code = request.query.get("errorCode") or None
    if code is not None and code not in CODES:
        raise bad_value("errorCode", code)
    order = _order(request.query.get("sort") or "failureTimestamp,desc")
    items, total = await services(request).database.read(
        lambda connection: _page(connection, tenant, code, order, paging)
    )
    return hal_page(request, "ingestionFailureResourceList", items, paging, total)


def _order(sort: str) -> str:
    field, _, direction = sort.partition(",")
    if field not in ("failureTimestamp", "created", "id") or direction.lower() not in ("", "asc", "desc"):
        raise invalid({"sort": "choose failureTimestamp, created or id, with asc or desc"})
    return "DESC" if direction.lower() == "desc" else "ASC"


def _page(
    connection: sqlite3.Connection, tenant: int, code: str | None, order: str, paging: Paging
) -> tuple[list[str], int]:
    where = "tenant = ? AND (? IS NULL OR EXISTS (SELECT 1 FROM json_each(codes) WHERE value = ?))"
    values = (tenant, code, code)
    (total,) = connection.execute(
        f"SELECT count(*) FROM ingestion_failure WHERE {where}",  # noqa: S608 - fixed fragments
        values,
    ).fetchone()
    rows = connection.execute(
        f"SELECT at_ms, json FROM ingestion_failure WHERE {where} ORDER BY id {order} LIMIT ? OFFSET ?",  # noqa: S608 - the same
        (*values, paging.size, paging.offset),
    )
    return [f'{{"failureTimestamp":{dumps(iso_ms(at_ms))},{text[1:]}' for at_ms, text in rows], total


def _keep(connection: sqlite3.Connection, tenant: int, row: tuple[object, ...]) -> None:
    connection.execute("INSERT INTO ingestion_failure (tenant, at_ms, codes, json) VALUES (?, ?, ?, ?)", row)
    connection.execute(
        "DELETE FROM ingestion_failure WHERE tenant = ? AND id <= ("
        "SELECT id FROM ingestion_failure WHERE tenant = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (tenant, tenant, _MOST_KEPT),
    )


def _without_secrets(body: object) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name not in _NOT_KEPT} if isinstance(body, dict) else {}
    subscriber = kept.get("subscriber")
    if isinstance(subscriber, dict) and isinstance(credential := subscriber.get("credential"), dict):
        kept["subscriber"] = {**subscriber, "credential": {"name": credential.get("name")}}
    return kept
