"""Insights: no investigator lives here, so that runs end at once and find nothing."""

from __future__ import annotations

import sqlite3
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.accounts.kinds import USER
from local_platform.analytics.newer.asking import moment, team_asked
from local_platform.analytics.newer.problems import InvalidQueryError
from local_platform.http.access import caller_of
from local_platform.http.errors import ApiError
from local_platform.services import json_response, read_json, services
from local_platform.wire import iso_ms, to_ms

_KIND = "insight_run"
_LARGEST_BODY = 1 << 16
_COLUMNS = "id, user, created_ms, start_ms, end_ms"


async def investigators(request: web.Request) -> web.Response:
    """List who investigates."""
    team_asked(request)
    return json_response([])


async def list_runs(request: web.Request) -> web.Response:
    """List the runs, the newest first."""
    team = team_asked(request)

    def work(connection: sqlite3.Connection) -> list[dict[str, object]]:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM insight_run WHERE team = ? ORDER BY id DESC", (team,))  # noqa: S608 - ours
        return [_run(*row) for row in rows]

    return json_response({"data": await services(request).database.read(work), "next_cursor": None})


async def start_run(request: web.Request) -> web.Response:
    """Remember a run, which is over at once."""
    team = team_asked(request)
    body = await read_json(request, _LARGEST_BODY)
    if not isinstance(body, dict):
        raise InvalidQueryError("body", "must be a JSON object")
    start, end = (moment(name, body.get(name)) for name in ("periodStart", "periodEnd"))
    if end <= start:
        raise InvalidQueryError("periodEnd", "must be after periodStart", body["periodEnd"])
    values = (team, caller_of(request).user, to_ms(services(request).clock()), to_ms(start), to_ms(end))

    def work(connection: sqlite3.Connection) -> int | None:
        return connection.execute(
            "INSERT INTO insight_run (team, user, created_ms, start_ms, end_ms) VALUES (?, ?, ?, ?, ?)", values
        ).lastrowid

    number = await services(request).database.write(work)
    return json_response({"runId": ids.encode(_KIND, number or 0), "status": "completed"}, HTTPStatus.CREATED)


async def read_run(request: web.Request) -> web.Response:
    """Show a run; without `slim`, with what it found."""
    run = await _found(request)
    if request.query.get("slim", "").lower() != "true":
        run |= {"findings": [], "recommendations": []}
    return json_response(run)


async def list_feedback(request: web.Request) -> web.Response:
    """List what was said about a run."""
    await _found(request)
    return json_response({"data": [], "next_cursor": None})


async def give_feedback(request: web.Request) -> web.Response:
    """Refuse: there is no recommendation that anything could be said about."""
    team_asked(request)
    raise _missing("recommendation; the runs of this platform recommend nothing")


async def _found(request: web.Request) -> dict[str, object]:
    team = team_asked(request)
    number = ids.decode(_KIND, request.match_info["id"])

    def work(connection: sqlite3.Connection) -> tuple[int, int, int, int, int] | None:
        row: tuple[int, int, int, int, int] | None = connection.execute(
            f"SELECT {_COLUMNS} FROM insight_run WHERE id = ? AND team = ?",  # noqa: S608 - ours
            (number, team),
        ).fetchone()
        return row

    row = await services(request).database.read(work)
    if row is None:
        raise _missing("run; list them at /api/v2/insights/runs")
    return _run(*row)


def _missing(what: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, f"There is no such {what}", code="NOT_FOUND")


def _run(number: int, user: int, created_ms: int, start_ms: int, end_ms: int) -> dict[str, object]:
    return {
        "runId": ids.encode(_KIND, number),
        "status": "completed",
        "created": iso_ms(created_ms),
        "periodStart": iso_ms(start_ms),
        "periodEnd": iso_ms(end_ms),
        "triggeredBy": ids.encode(USER.name, user),
        "findingsCount": 0,
        "recommendationsCount": 0,
        "codingAssistantPricingDegraded": False,
    }
