"""The log of enforcement events, and what can be counted in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import web

from local_platform.alerting import enforcement_log
from local_platform.alerting.enforcement_log import BUCKETS, LEVELS, MODES, Question, span_of
from local_platform.alerting.kinds import COST_CONTROL
from local_platform.alerting.queries import choice, last_moment_of
from local_platform.http.access import number_of, require_team
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering.log import moment_of
from local_platform.resources.routes import reading
from local_platform.services import json_response, services
from local_platform.session import Session
from local_platform.wire import dumps

if TYPE_CHECKING:
    from multidict import MultiMapping

_EQUAL = {"groupBy": "group_by", "groupValue": "grp", "transactionId": "transaction_id"}


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    events = f"{prefix}/ai/enforcement-events"
    router.add_get(events, listing)
    router.add_get(f"{events}/summary", summary)
    router.add_get(f"{events}/history", history)
    router.add_get(f"{events}/affected", affected)


async def listing(request: web.Request) -> web.Response:
    """List events, the newest first; warnings only where they are asked for."""
    paging = paging_of(request)
    question = _question(request, level="HARD")

    def work(session: Session) -> tuple[list[str], int]:
        events, total = enforcement_log.page(session, question, paging.size, paging.offset)
        return [dumps(event) for event in events], total

    items, total = await reading(request, work)
    return hal_page(request, "enforcementEventResourceList", items, paging, total)


async def summary(request: web.Request) -> web.Response:
    """Count events by outcome."""
    question = _question(request)
    return await _answer(request, lambda session: enforcement_log.summary(session, question))


async def history(request: web.Request) -> web.Response:
    """Count events over time."""
    question = _question(request)
    bucket = choice(request.query, "bucket", BUCKETS, "DAY")
    zone = request.query.get("zone") or "UTC"
    return await _answer(request, lambda session: enforcement_log.history(session, question, bucket, zone))


async def affected(request: web.Request) -> web.Response:
    """Count events by whom they are about."""
    question = _question(request)
    search = request.query.get("affectedSearch", "")
    return await _answer(request, lambda session: enforcement_log.affected(session, question, search))


async def _answer(request: web.Request, work: Callable[[Session], dict[str, object]]) -> web.Response:
    return json_response(await reading(request, work))


def _question(request: web.Request, level: str = "ALL") -> Question:
    require_team(request)
    query = request.query
    mode = MODES[choice(query, "mode", MODES, "ALL")]
    tier = f"{mode} AND {LEVELS[choice(query, 'level', LEVELS, level)]}"
    span = span_of(moment_of(query, "since"), last_moment_of(query, "until"), services(request).clock())
    return Question(span, _conditions(query), tier)


def _conditions(query: MultiMapping[str]) -> list[tuple[str, object]]:
    conditions: list[tuple[str, object]] = [
        (f"{column} = ?", query[name]) for name, column in _EQUAL.items() if query.get(name)
    ]
    if rule := query.get("ruleId"):
        conditions.append(("rule = ?", number_of(COST_CONTROL.name, rule)))
    if words := query.get("query", "").strip():
        conditions.append(("instr(casefold(grp || ' ' || coalesce(email, '') || ' ' || json), ?)", words.casefold()))
    return conditions
