"""The aggregated reports and the state of the data connection."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from local_platform.analytics import catalogue
from local_platform.analytics.catalogue import GROUPS, REPORTS, TOKEN_TYPES, Cut, Report
from local_platform.analytics.folder import FOLDER
from local_platform.analytics.periods import PERIODS, Bucket, explicit, rolling
from local_platform.analytics.reports import Question, answer
from local_platform.http.access import require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import bad_value
from local_platform.metering import store
from local_platform.metering.log import moment_of
from local_platform.services import json_response, services
from local_platform.wire import iso_ms

if TYPE_CHECKING:
    from multidict import MultiMapping

_DEFAULT_PERIOD = "TWENTY_FOUR_HOURS"


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the reports."""
    metrics = f"{prefix}/sources/metrics/ai"
    router.add_get(f"{metrics}/data-connected", data_connected)
    router.add_get(f"{metrics}/data-connected/sources", data_sources)
    for name, report in REPORTS.items():
        router.add_get(f"{metrics}/{name}", handler_of(report))


def handler_of(report: Report) -> Handler:
    """Return the handler of one report."""

    async def handle(request: web.Request) -> web.Response:
        team = require_team(request)
        parts = services(request)
        question = _question(report, request.query, parts.clock(), team)
        await request.app[FOLDER].catch_up()
        return json_response(await parts.database.read(lambda connection: answer(connection, question)))

    return handle


async def data_connected(request: web.Request) -> web.Response:
    """Tell whether anything was metered."""
    return json_response(await _connection(request))


async def data_sources(request: web.Request) -> web.Response:
    """Tell the same by kind of source; metering is the only one here."""
    nothing = {"connected": False, "lastReceived": None}
    return json_response(
        {
            "sdkMetering": await _connection(request),
            "codingAssistant": nothing,
            "providerBilling": nothing,
            "traces": nothing,
        }
    )


async def _connection(request: web.Request) -> dict[str, object]:
    team = require_team(request)
    totals = await services(request).database.read(lambda connection: store.totals(connection, team))
    return {"connected": totals.transactions > 0, "lastReceived": iso_ms(totals.last_ms)}


def _question(report: Report, query: MultiMapping[str], now: datetime, team: int) -> Question:
    buckets = _buckets(query, now)
    if not report.over_time:
        buckets = [Bucket(buckets[0].start, buckets[-1].end)]
    measure = report.measure
    if report.per_minute:
        measure = TOKEN_TYPES[_choice(query, "tokenType", tuple(TOKEN_TYPES), "TOTAL")]
    return Question(
        report=report,
        buckets=buckets,
        measure=measure,
        group=_choice(query, "group", tuple(GROUPS), report.group),
        only=_picked(report.cut, query),
        team=team,
    )


def _picked(cut: Cut, query: MultiMapping[str]) -> dict[Cut, frozenset[str]]:
    """Read the entities that are asked for; any report can be kept to one provider, too."""
    provider = query.get("provider")
    one = {catalogue.PROVIDER: frozenset({provider})} if provider else {}
    several = _names(query, cut.filter)
    return {**one, **({cut: several} if several else {})}


def _buckets(query: MultiMapping[str], now: datetime) -> list[Bucket]:
    """Cut the window that is asked for; explicit dates win over a period."""
    start, end = moment_of(query, "startDate"), moment_of(query, "endDate")
    if start is None and end is None:
        return rolling(_choice(query, "period", PERIODS, _DEFAULT_PERIOD), now)
    if start is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, "endDate needs a startDate beside it")
    try:
        return explicit(start, now if end is None else end)
    except (ValueError, OverflowError) as error:
        raise invalid({"endDate": str(error)}) from None


def _choice(query: MultiMapping[str], name: str, options: tuple[str, ...], default: str) -> str:
    text = query.get(name) or default
    if text not in options:
        raise bad_value(name, text)
    return text


def _names(query: MultiMapping[str], name: str) -> frozenset[str]:
    """Read a list that clients send repeated or separated by commas."""
    texts = query.getall(name, [])
    return frozenset(word for text in texts for word in (text, *text.split(",")) if word)
