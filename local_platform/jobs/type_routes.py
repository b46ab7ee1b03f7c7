"""Types of jobs over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from local_platform.jobs import bodies, economics
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session

_LARGEST_BODY = 1 << 20


def add_routes(router: web.UrlDispatcher, path: str) -> None:
    """Mount the types under a path."""
    one = f"{path}/{{type}}"
    router.add_get(path, list_types)
    router.add_get(f"{one}/economics", show)
    router.add_put(f"{one}/economics", agree)
    router.add_get(f"{one}/baselines", list_baselines)
    router.add_post(f"{one}/baselines", rebase)
    router.add_post(f"{one}/facts", state)


async def list_types(request: web.Request) -> web.Response:
    """List the names of the team's types, as a bare array."""
    return json_response(await reading(request, economics.types))


async def show(request: web.Request) -> web.Response:
    """Show what a type is worth."""
    name = _type(request)
    return json_response(await reading(request, lambda session: economics.contract(session, name)))


async def agree(request: web.Request) -> web.Response:
    """Say what a type is worth."""
    name = _type(request)
    fields = bodies.checked(bodies.ECONOMICS, await read_json(request, _LARGEST_BODY))
    return json_response(await writing(request, lambda session: economics.agree(session, name, fields)))


async def list_baselines(request: web.Request) -> web.Response:
    """List what the work cost before, the newest version first, as a bare array."""
    name = _type(request)
    return json_response(await reading(request, lambda session: economics.baselines(session, name)))


async def rebase(request: web.Request) -> web.Response:
    """Add a baseline."""
    name = _type(request)
    fields = bodies.checked(bodies.BASELINE, await read_json(request, _LARGEST_BODY))
    made = await writing(request, lambda session: economics.rebase(session, name, fields))
    return json_response(made, HTTPStatus.CREATED)


async def state(request: web.Request) -> web.Response:
    """Record facts about whole periods, all or none; the answer has no body."""
    name = _type(request)
    required = ("key", "value", "periodStart", "periodEnd")
    facts = bodies.checked_all(bodies.FACT, await read_json(request, _LARGEST_BODY), required)

    def work(session: Session) -> None:
        for fact in facts:
            economics.state(session, name, fact)

    await writing(request, work)
    return web.Response(status=HTTPStatus.CREATED)


def _type(request: web.Request) -> str:
    # As it is kept when calls name it.
    return request.match_info["type"].lower()
