"""Cost controls beside their verbs: the rules that SDKs poll, who is measured by one, and what filters may name."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from local_platform.alerting import enforcement_log, guardrails, readings, windows
from local_platform.alerting.cost_control import CostControl, cost_control_of
from local_platform.alerting.enforcement import control_usage
from local_platform.alerting.evaluation import budget_usage
from local_platform.alerting.kinds import COST_CONTROL, RULE
from local_platform.alerting.queries import choice
from local_platform.alerting.roster import BANDS, SORTS, Selection, roster
from local_platform.alerting.rule import rule_of
from local_platform.alerting.vocabulary import Dimension
from local_platform.http.access import number_of, require_team, session_of
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import paging_of
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.resources.routes import found, reading
from local_platform.services import json_response, read_json, services
from local_platform.session import Session
from local_platform.wire import iso

T = TypeVar("T")

_LARGEST_BODY = 1 << 16


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    router.add_get(f"{prefix}/ai/enforcement-rules/{{teamId}}", rules)
    router.add_get(f"{prefix}/ai/enforcement-rules/{{teamId}}/roster", show_roster)
    router.add_get(f"{prefix}/ai/filter-values", filter_values)
    router.add_post(f"{prefix}/ai/cost-controls/department-group-preview", preview_departments)


async def rules(request: web.Request) -> web.Response:
    """Compile the cost controls of a team, or one of them, and where it is asked for the budgets of its people."""
    query = request.query
    only = number_of(COST_CONTROL.name, query["ruleId"]) if query.get("ruleId") else None
    advised = query.get("include") == "advisory" and only is None

    def work(session: Session) -> dict[str, object]:
        compiled = [_compiled(session, document) for document in _enabled(session, only)]
        return {
            "compiledAt": iso(session.now),
            "rules": compiled + (_advisory(session) if advised else []),
            "departmentBudgetBlocks": {},
            "departmentBudgetBlockBalances": {},
            "departmentBudgetBlockUnits": {},
            "departmentBudgetWarnings": {},
        }

    return json_response(await _reading_team(request, work))


async def show_roster(request: web.Request) -> web.Response:
    """Show who is measured by one grouped cost control."""
    query = request.query
    if not query.get("ruleId"):
        raise invalid({"ruleId": "must not be null or blank"})
    selection = Selection(
        paging=paging_of(request, 25),
        search=query.get("search", ""),
        band=choice(query, "band", BANDS, "ALL"),
        sort=choice(query, "sort", SORTS, "PERCENT"),
    )

    def work(session: Session) -> dict[str, object]:
        document = found(session, COST_CONTROL, query["ruleId"])
        control = cost_control_of(document.fields)
        _refuse_dimension(control, document.id, query.get("dimension"))
        usage = control_usage(session.connection, control, document.team, session.now)
        key = windows.key(control.window, usage.window)
        events = enforcement_log.newest_by_group(session.connection, document.number, key)
        return roster(control, usage, selection, events, document.id)

    return json_response(await _reading_team(request, work))


async def filter_values(request: web.Request) -> web.Response:
    """List the values of a dimension that calls have."""
    require_team(request)
    dimension = Dimension(choice(request.query, "dimension", [word.value for word in Dimension], ""))

    def work(session: Session) -> list[str]:
        return readings.known_values(session.connection, session.team, dimension, session.now)

    values = await reading(request, work)
    options = [{"value": value, "label": value, "covers": [value]} for value in values]
    return json_response({"dimension": dimension, "values": options})


async def preview_departments(request: web.Request) -> web.Response:
    """Refuse, as the platform does where departments are not kept."""
    body = await read_json(request, _LARGEST_BODY)
    if not isinstance(body, dict) or not body.get("teamId"):
        raise invalid({"teamId": "teamId is required"})
    if not isinstance(body.get("parentDepartmentId"), int):
        raise invalid({"parentDepartmentId": "must be the number of a department"})
    raise ApiError(HTTPStatus.FORBIDDEN, "Feature not available: calls are not attributed to departments here")


def _enabled(session: Session, only: int | None) -> list[Document]:
    every = [document for document in documents.everything(session, COST_CONTROL) if document.fields.get("enabled")]
    return [document for document in every if only in (None, document.number)]


def _compiled(session: Session, document: Document) -> dict[str, object]:
    control = cost_control_of(document.fields)
    usage = control_usage(session.connection, control, document.team, session.now)
    return guardrails.compiled(control, usage, document.number, document.team)


def _advisory(session: Session) -> list[dict[str, object]]:
    read = [(document, rule_of(document.fields)) for document in documents.everything(session, RULE)]
    return [
        guardrails.advisory(
            rule, budget_usage(session.connection, document, rule, session.now), document.number, document.team
        )
        for document, rule in read
        if rule.is_budget and rule.enabled and rule.group_by is Dimension.SUBSCRIBER
    ]


def _refuse_dimension(control: CostControl, rule_id: str, dimension: str | None) -> None:
    if control.group_by is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"The cost control {rule_id} has no groups, so it has no roster")
    if dimension and dimension != control.group_by:
        raise invalid({"dimension": f"must be {control.group_by}, by which the cost control groups"})


async def _reading_team(request: web.Request, work: Callable[[Session], T]) -> T:
    """Run work on behalf of the team in the path."""
    open_session = session_of(request, {"teamId": request.match_info["teamId"]})
    return await services(request).database.read(lambda connection: work(open_session(connection)))
