"""The aggregated reports and the state of the data connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from local_platform.analytics import catalogue
from local_platform.analytics.catalogue import GROUPS, REPORTS, REVENUE_REPORTS, TOKEN_TYPES, Cut, Report, RevenueReport
from local_platform.analytics.connected import last_call, last_traced_call
from local_platform.analytics.folder import FOLDER
from local_platform.analytics.periods import PERIODS, Bucket, explicit, rolling
from local_platform.analytics.reports import Question, answer
from local_platform.analytics.revenue import RevenueQuestion, answer_revenue
from local_platform.http.access import require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import bad_value
from local_platform.metering.log import moment_of
from local_platform.resources.routes import reading
from local_platform.services import json_response, services
from local_platform.session import Session

if TYPE_CHECKING:
    from multidict import MultiMapping

# Any report on calls can be kept to one provider, too.
_ONE_PROVIDER = replace(catalogue.PROVIDER, filter="provider")
_DEFAULT_PERIOD = "TWENTY_FOUR_HOURS"


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the reports."""
    metrics = f"{prefix}/sources/metrics/ai"
    router.add_get(f"{metrics}/data-connected", data_connected)
    router.add_get(f"{metrics}/data-connected/sources", data_sources)
    for name, report in REPORTS.items():
        router.add_get(f"{metrics}/{name}", handler_of(report))
    for name, revenue_report in REVENUE_REPORTS.items():
        router.add_get(f"{metrics}/{name}", revenue_handler_of(revenue_report))


def handler_of(report: Report) -> Handler:
    """Return the handler of one report."""

    async def handle(request: web.Request) -> web.Response:
        team = require_team(request)
        parts = services(request)
        question = _question(report, request.query, parts.clock(), team)
        await request.app[FOLDER].catch_up()
        return json_response(await parts.database.read(lambda connection: answer(connection, question)))

    return handle


def revenue_handler_of(report: RevenueReport) -> Handler:
    """Return the handler of one report on revenue."""

    async def handle(request: web.Request) -> web.Response:
        require_team(request)
        query = request.query
        question = RevenueQuestion(
            report=report,
            buckets=_buckets(query, services(request).clock()),
            group=_choice(query, "group", tuple(GROUPS), "TOTAL"),
            only=_picked(query, (catalogue.ORGANIZATION, catalogue.PRODUCT)),
        )
        await request.app[FOLDER].catch_up()
        return json_response(await reading(request, lambda session: answer_revenue(session, question)))

    return handle


async def data_connected(request: web.Request) -> web.Response:
    """Tell whether anything was metered; of all reports this one may be asked without a team."""
    return json_response(await reading(request, lambda session: _source(last_call(session.connection, session.team))))


async def data_sources(request: web.Request) -> web.Response:
    """Tell the same by kind of source; there are no coding assistants here, nor bills of providers."""
    require_team(request)

    def work(session: Session) -> dict[str, object]:
        return {
            "sdkMetering": _source(last_call(session.connection, session.team)),
            "codingAssistant": _source(None),
            "providerBilling": _source(None),
            "traces": _source(last_traced_call(session.connection, session.team)),
        }

    return json_response(await reading(request, work))


def _source(last: str | None) -> dict[str, object]:
    return {"connected": last is not None, "lastReceived": last}


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
        only=_picked(query, (report.cut, _ONE_PROVIDER)),
        team=team,
    )


def _picked(query: MultiMapping[str], cuts: Iterable[Cut]) -> dict[Cut, frozenset[str]]:
    """Read the entities that are asked for."""
    return {cut: names for cut in cuts if (names := _names(query, cut.filter))}


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
