"""What this platform has none of: every read gives a well-formed answer that is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local_platform.http.access import require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import hal_page, paging_of
from local_platform.services import json_response

_Handler = Callable[[web.Request], Any]

_DATES = ("startDate", "endDate")


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    for path, collection in {
        "invoices": "invoiceResourceList",
        "refunds": "refundResourceList",
        "skills": "skillUsageResourceList",
        "squads": "squadResourceList",
        "squads/entities": "squadEntityResourceList",
    }.items():
        router.add_get(f"{prefix}/{path}", _no_page(collection))
    router.add_get(f"{prefix}/invoices/unpaid-totals", _nothing({"count": 0, "totalAmount": 0}))
    router.add_get(f"{prefix}/period-charges", _nothing({"_links": {}, "cursor": None, "hasMore": False}))
    seats: dict[str, object] = {"censusState": "UNREAD", "censusCheckedAt": None, "days": []}
    router.add_get(f"{prefix}/billing/seats", _nothing(seats, required=("fromDate", "toDate")))
    for add in (router.add_get, router.add_post):
        add(f"{prefix}/billing/coverage", _nothing({"rows": []}, required=("period",)))
    pull_requests = ("source", *_DATES)
    router.add_get(f"{prefix}/billing/users/vcs-prs", _nothing({"rows": []}, required=pull_requests))
    router.add_get(f"{prefix}/billing/users/vcs-pr-health", _nothing({"rows": []}, required=pull_requests))
    router.add_get(f"{prefix}/billing/users/vcs-pr-health/{{report}}", _nothing({"rows": []}, required=("source",)))
    router.add_get(f"{prefix}/coding-assistant/subscriptions/{{team}}", assistants)
    for path, entity in {
        "invoices/{id}": "Invoice",
        "refunds/{id}": "Refund",
        "skills/{id}": "Skill",
        "squads/{id}": "Squad",
        "squads/{id}/timeline": "Squad",
        "squads/entities/{id}/executions": "SquadEntity",
    }.items():
        router.add_get(f"{prefix}/{path}", _not_found(entity))


async def assistants(_request: web.Request) -> web.Response:
    """List the coding assistants that are paid for by the month, a bare array."""
    return json_response([])


def _no_page(collection: str) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        require_team(request)
        return hal_page(request, collection, [], paging_of(request), 0)

    return answer


def _nothing(body: Mapping[str, object], required: tuple[str, ...] = ()) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        require_team(request)
        if missing := {name: "must not be null or blank" for name in required if not request.query.get(name)}:
            raise invalid(missing)
        return json_response(body)

    return answer


def _not_found(entity: str) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find {entity} with ID: {request.match_info['id']}")

    return answer
