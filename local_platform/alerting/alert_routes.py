"""The history of fired alerts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from local_platform.alerting import fired
from local_platform.alerting.kinds import RULE
from local_platform.alerting.queries import flag, last_moment_of
from local_platform.http.access import number_of, require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering.log import moment_of
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response
from local_platform.session import Session
from local_platform.wire import dumps, iso, to_ms

if TYPE_CHECKING:
    from multidict import MultiMapping

_SORTS = {
    "id": "id",
    "created": "triggered_ms",
    "triggeredTimestamp": "triggered_ms",
    "triggeredValue": "value",
    "resolvedTimestamp": "resolved_ms",
    "updated": "updated_ms",
}


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    router.add_get(f"{prefix}/sources/ai/alert", history)
    router.add_get(f"{prefix}/sources/ai/alert/{{id}}", show)
    router.add_delete(f"{prefix}/sources/ai/alert/{{id}}", delete)


async def history(request: web.Request) -> web.Response:
    """List fired alerts, the newest first."""
    require_team(request)
    paging = paging_of(request)
    conditions = _conditions(request.query)
    where = " AND ".join(condition for condition, _ in conditions) or "TRUE"
    values = [value for _, some in conditions for value in some]
    order = _order(request.query)

    def work(session: Session) -> tuple[list[str], int]:
        alerts, total = fired.page(session, where, values, order, paging.size, paging.offset)
        return [dumps(alert) for alert in alerts], total

    items, total = await reading(request, work)
    return hal_page(request, "aIAlertResourceList", items, paging, total)


async def show(request: web.Request) -> web.Response:
    """Show one."""
    return json_response(await reading(request, lambda session: _found(session, request.match_info["id"])))


async def delete(request: web.Request) -> web.Response:
    """Take one out of the history; what is remembered of its rule stays."""

    def work(session: Session) -> dict[str, object]:
        alert = _found(session, request.match_info["id"])
        fired.remove(session, number_of(fired.KIND, request.match_info["id"]))
        return {
            "id": alert["id"],
            "message": "AIAlert deleted",
            "resourceType": fired.RESOURCE_TYPE,
            "created": alert["created"],
            "updated": iso(session.now),
            "_links": {},
        }

    return json_response(await writing(request, work))


def _found(session: Session, text: str) -> dict[str, object]:
    alert = fired.one(session, number_of(fired.KIND, text))
    if alert is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find AIAlert with ID: {text}")
    return alert


def _conditions(query: MultiMapping[str]) -> list[tuple[str, tuple[object, ...]]]:
    conditions: list[tuple[str, tuple[object, ...]]] = []
    if (start := moment_of(query, "start")) is not None:
        conditions.append(("triggered_ms >= ?", (to_ms(start),)))
    if (end := last_moment_of(query, "end")) is not None:
        conditions.append(("triggered_ms < ?", (to_ms(end),)))
    if metric := query.get("type"):
        conditions.append(("metric = ?", (metric,)))
    if rule := query.get("anomalyId"):
        conditions.append(("rule = ?", (number_of(RULE.name, rule),)))
    resolved = flag(query, "resolved")
    if resolved is not None:
        conditions.append((f"resolved_ms IS {'NOT ' if resolved else ''}NULL", ()))
    return conditions


def _order(query: MultiMapping[str]) -> str:
    name, _, direction = (query.get("sort") or "triggeredTimestamp,desc").partition(",")
    direction = direction.strip().upper() or "ASC"
    if name not in _SORTS or direction not in ("ASC", "DESC"):
        raise invalid({"sort": f"must be one of {', '.join(_SORTS)}, followed by ,asc or ,desc"})
    return f"{_SORTS[name]} {direction}, id {direction}"
