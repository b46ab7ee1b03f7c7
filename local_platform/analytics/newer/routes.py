"""The paths of the newer analytics."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from local_platform.analytics.connected import last_call
from local_platform.analytics.folder import FOLDER
from local_platform.analytics.newer import insights
from local_platform.analytics.newer.agents import tool_breakdown
from local_platform.analytics.newer.asking import Asked, asked, team_asked
from local_platform.analytics.newer.catalogue import (
    BY_USER,
    IN_ALL,
    NOTHING_IN_ALL,
    OVER_TIME,
    SIDE_BY_SIDE,
    Aggregation,
)
from local_platform.analytics.newer.computing import Group, Metric, groups_by_bucket, ranked, several_by_bucket
from local_platform.analytics.newer.envelopes import aggregated, described, over_time, paged
from local_platform.analytics.newer.jobs import roi_summary
from local_platform.analytics.newer.money import DIMENSIONS, margin_groups, revenue_groups
from local_platform.analytics.newer.movers import movers
from local_platform.analytics.newer.options import DIMENSIONS as OPTIONS
from local_platform.analytics.newer.options import options
from local_platform.analytics.newer.problems import explaining
from local_platform.analytics.newer.traces import distribution
from local_platform.services import json_response, services

_ROOT = "/api/v2"

Answer = Callable[[sqlite3.Connection, Asked], object]


def add_newer(router: web.UrlDispatcher) -> None:
    """Mount the newer analytics."""
    for name, answer in _answers().items():
        router.add_get(f"{_ROOT}/analytics/{name}", _handler(name, answer))
    router.add_get(f"{_ROOT}/status/connection", connection)
    router.add_get(f"{_ROOT}/insights/investigators", insights.investigators)
    router.add_get(f"{_ROOT}/insights/runs", insights.list_runs)
    router.add_post(f"{_ROOT}/insights/runs", explaining(insights.start_run))
    router.add_get(f"{_ROOT}/insights/runs/{{id}}", insights.read_run)
    router.add_get(f"{_ROOT}/insights/runs/{{id}}/feedback", insights.list_feedback)
    router.add_post(f"{_ROOT}/insights/runs/{{id}}/feedback", insights.give_feedback)
    router.add_post(f"{_ROOT}/insights/feedback", insights.give_feedback)


async def connection(request: web.Request) -> web.Response:
    """Tell when the last call came."""
    team = team_asked(request)
    last = await services(request).database.read(lambda database: last_call(database, team))
    return json_response({"completion_logs": {"last_date_received": last}})


def _answers() -> Mapping[str, Answer]:
    """Return what answers each report."""
    return {
        **{name: partial(_over_time, one) for name, one in OVER_TIME.items()},
        **{name: partial(_in_all, one) for name, one in IN_ALL.items()},
        **{name: partial(_side_by_side, several) for name, several in SIDE_BY_SIDE.items()},
        **dict.fromkeys(NOTHING_IN_ALL, _nothing),
        **{f"revenue-per-{name}": partial(_ranked, revenue_groups, one) for name, one in DIMENSIONS.items()},
        **{f"profit-margin-per-{name}": partial(_ranked, margin_groups, one) for name, one in DIMENSIONS.items()},
        **{f"filter-options/{name}": partial(_options, name) for name in OPTIONS},
        "cost-by-user-aggregated": _by_user,
        "cost-by-department-aggregated": _departments,
        "agent-tool-breakdown": lambda database, question: {
            **described(question),
            "data": tool_breakdown(database, question),
        },
        "trace-cost-distribution": distribution,
        "jobs/roi-summary": roi_summary,
        "top-movers": lambda database, question: aggregated(question, movers(database, question)),
    }


def _handler(name: str, answer: Answer) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        question = asked(request, name)
        await request.app[FOLDER].catch_up()
        return json_response(await services(request).database.read(lambda database: answer(database, question)))

    return explaining(handle)


def _over_time(aggregation: Aggregation, database: sqlite3.Connection, question: Asked) -> object:
    return over_time(question, groups_by_bucket(database, question, aggregation, question.buckets))


def _in_all(aggregation: Aggregation, database: sqlite3.Connection, question: Asked) -> object:
    [groups] = groups_by_bucket(database, question, aggregation, [question.window])
    return aggregated(question, ranked(groups))


def _by_user(database: sqlite3.Connection, question: Asked) -> object:
    metrics: dict[str, list[Metric]] = {}
    for [groups] in several_by_bucket(database, question, BY_USER, [question.window]):
        for group in groups:
            metrics.setdefault(group.name, []).extend(group.metrics)
    costliest = sorted(metrics.items(), key=lambda user: user[1][0].value, reverse=True)
    return aggregated(question, [Group(name, of_user) for name, of_user in costliest])


def _side_by_side(aggregations: Mapping[str, Aggregation], database: sqlite3.Connection, question: Asked) -> object:
    columns = [
        [[Group(name, group.metrics) for group in groups] for groups in by_bucket]
        for name, one in aggregations.items()
        for by_bucket in [groups_by_bucket(database, question, one, question.buckets)]
    ]
    return over_time(
        question, [[group for groups in bucket for group in groups] for bucket in zip(*columns, strict=True)]
    )


def _ranked(
    groups: Callable[..., list[Group]], dimension: object, database: sqlite3.Connection, question: Asked
) -> object:
    return aggregated(question, ranked(groups(database, question, dimension)))


def _options(dimension: str, database: sqlite3.Connection, question: Asked) -> object:
    return paged(question, options(database, question, dimension))


def _departments(_database: sqlite3.Connection, question: Asked) -> object:
    """There are no departments here."""
    return {**aggregated(question, []), "departmentId": None, "parentDepartmentId": None, "departmentSetup": False}


def _nothing(_database: sqlite3.Connection, question: Asked) -> object:
    return aggregated(question, [])
