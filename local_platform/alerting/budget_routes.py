"""Budgets: the portfolio of a team, the progress of some, and starting one again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.alerting import budgets, standings
from local_platform.alerting.evaluation import budget_usage
from local_platform.alerting.kinds import RULE
from local_platform.alerting.metrics import Sums
from local_platform.alerting.queries import listed, whole
from local_platform.alerting.rule import Rule, rule_of
from local_platform.alerting.usage import Usage
from local_platform.alerting.vocabulary import AlertType, Metric
from local_platform.alerting.windows import window_of
from local_platform.checks import amount, applied
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering.log import moment_of
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.resources.routes import found, reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session
from local_platform.wire import dumps, to_nano

_MOST_IDS = 100
_LARGEST_BODY = 1 << 20
_NO_BUDGET = f"is no budget; only rules of type {AlertType.CUMULATIVE_USAGE} are"


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    router.add_get(f"{prefix}/ai/alerts/budgets/portfolio", portfolio)
    router.add_post(f"{prefix}/ai/alerts/budgets/portfolio", portfolio)
    router.add_get(f"{prefix}/ai/alerts/budgets/progress", several)
    router.add_get(f"{prefix}/ai/alerts/{{id}}/budget/progress", progress)
    router.add_post(f"{prefix}/ai/alerts/{{id}}/budget/reset", reset)


async def portfolio(request: web.Request) -> web.Response:
    """List the budgets of a team that are enabled, with what is used of each; a body may bring spending read before."""
    paging = paging_of(request, 20)
    now, limit = moment_of(request.query, "now"), whole(request.query, "groupLimit")
    known = _spend(await read_json(request, _LARGEST_BODY)) if request.method == "POST" else {}

    def work(session: Session) -> tuple[list[str], int]:
        at = replace(session, now=now or session.now)
        enabled = [pair for pair in _budgets(session) if pair[1].enabled]
        shown = enabled[paging.offset : paging.offset + paging.size]
        items = [
            budgets.portfolio_item(rule, _usage(at, document, rule, known), document.id, limit)
            for document, rule in shown
        ]
        return [dumps({**item, "_links": {}}) for item in items], len(enabled)

    items, total = await reading(request, work)
    return hal_page(request, "budgetPortfolioItemResourceList", items, paging, total)


async def progress(request: web.Request) -> web.Response:
    """Show what is used of one budget."""
    now = moment_of(request.query, "now")

    def work(session: Session) -> dict[str, object]:
        document, rule = _budget(session, request.match_info["id"])
        usage = budget_usage(session.connection, document, rule, now or session.now)
        return budgets.progress(rule, usage, document.number)

    return json_response(await reading(request, work))


async def several(request: web.Request) -> web.Response:
    """Show what is used of several budgets, in the order in which they are asked for."""
    wanted = listed(request.query, "ids")
    if not 1 <= len(wanted) <= _MOST_IDS:
        raise invalid({"ids": f"size must be between 1 and {_MOST_IDS}"})
    now = moment_of(request.query, "now")

    def work(session: Session) -> list[dict[str, object]]:
        at = replace(session, now=now or session.now)
        return [_item(at, text) for text in wanted]

    return json_response({"items": await reading(request, work)})


async def reset(request: web.Request) -> web.Response:
    """Let a budget start again from nothing; its open alert ends with the next evaluation."""

    def work(session: Session) -> dict[str, object]:
        document, rule = _budget(session, request.match_info["id"])
        standings.reset_budget(session.connection, document.number, session.now)
        usage = budget_usage(session.connection, document, rule, session.now)
        return budgets.progress(rule, usage, document.number)

    return json_response(await writing(request, work))


def _spend(body: object) -> dict[str, Decimal]:
    """Read what was spent of budgets, by id."""
    spend = body.get("spend") if isinstance(body, dict) else None
    if not isinstance(spend, dict):
        raise invalid({"spend": "must be an object of amounts by alert id"})
    complaints: dict[str, str] = {}
    amounts: dict[str, Decimal] = applied(dict.fromkeys(spend, amount), spend, complaints, "spend.")
    if complaints:
        raise invalid(complaints)
    return amounts


def _usage(session: Session, document: Document, rule: Rule, known: Mapping[str, Decimal]) -> Usage:
    """Return what is used of a budget; only of spending as a whole can it be brought along."""
    if document.id not in known or rule.group_by or rule.metric is not Metric.TOTAL_COST:
        return budget_usage(session.connection, document, rule, session.now)
    window = window_of(rule, session.now, standings.reset_of(session.connection, document.number))
    return Usage(window, Sums(cost=to_nano(known[document.id])))


def _budgets(session: Session) -> list[tuple[Document, Rule]]:
    read = [(document, rule_of(document.fields)) for document in documents.everything(session, RULE)]
    return [(document, rule) for document, rule in read if rule.is_budget]


def _budget(session: Session, text: str) -> tuple[Document, Rule]:
    document = found(session, RULE, text)
    rule = rule_of(document.fields)
    if not rule.is_budget:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"The rule {text} {_NO_BUDGET}")
    return document, rule


def _item(session: Session, text: str) -> dict[str, object]:
    number = ids.decode(RULE.name, text)
    if number is None:
        return budgets.failed_item(text, "VALIDATION_ERROR", f"Failed to decode hashed Id: [{text}]")
    document = documents.find(session, RULE.name, number)
    if document is None or (document.team != session.team and not session.any_team):
        return budgets.failed_item(text, "NOT_FOUND", f"Couldn't find {RULE.entity} with ID: {text}")
    rule = rule_of(document.fields)
    if not rule.is_budget:
        return budgets.failed_item(text, "UNSUPPORTED_TYPE", f"The rule {text} {_NO_BUDGET}")
    return budgets.item(rule, budget_usage(session.connection, document, rule, session.now), document.id)
