"""Who asks, what the key allows, and for which team or tenant."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_platform import ids
from local_platform.accounts.keys import Caller, Key, Keys, Scope, State
from local_platform.http.errors import ANALYTICS, ApiError
from local_platform.http.known import KEY, TEAM, template_of
from local_platform.http.limits import Limits
from local_platform.http.scopes import covering
from local_platform.services import services
from local_platform.session import Session

# The platform's own endpoints are how a limit is lifted, so none holds there.
_OWN = "/local/"

_LONGEST_PATH = 8190
_TOO_LONG = f"Path and query are longer than {_LONGEST_PATH} bytes; ask for less at once"


def requiring_key(keys: Keys, limits: Limits) -> Middleware:
    """Return the middleware that refuses unknown keys, for unknown paths too, and what a key does not cover."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        key = keys.find(given_key(request))
        if key is None:
            raise _unknown(request)
        request[KEY] = key
        if len(request.raw_path) > _LONGEST_PATH:
            raise ApiError(HTTPStatus.REQUEST_URI_TOO_LONG, _TOO_LONG)
        template = template_of(request)
        _refuse_if_not_covered(key, covering(template, request.method))
        if not template.startswith(_OWN):
            limits.check(key.number)
        return await handler(request)

    return check


def _refuse_if_not_covered(key: Key, scopes: frozenset[Scope]) -> None:
    if key.state is not State.ACTIVE:
        raise ApiError(HTTPStatus.FORBIDDEN, f"The API key is {key.state}; use another key")
    if key.caller.scope not in scopes:
        wider = ", ".join(sorted(scopes))
        message = f"The key's scope ({key.caller.scope}) does not cover this; use a key of scope {wider}"
        raise ApiError(HTTPStatus.FORBIDDEN, message)


def caller_of(request: web.Request) -> Caller:
    """Return who asks."""
    return request[KEY].caller


def is_operator(request: web.Request) -> bool:
    """Tell whether the caller may see and switch what concerns every tenant."""
    caller = caller_of(request)
    return caller.scope is Scope.ACCOUNT and caller.tenant == services(request).keys.operator


def require_operator(request: web.Request) -> None:
    """Let only those pass who may switch what concerns every tenant.

    Raises:
        ApiError: The caller may not.
    """
    if not is_operator(request):
        raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied: this takes an account key of the platform's first tenant")


def require_team(request: web.Request) -> int:
    """Return the number of the team that a request must name.

    Raises:
        ApiError: `teamId` is missing, unreadable or another's.
    """
    return owner_of(request, "teamId")


def owner_of(request: web.Request, parameter: str) -> int:
    """Return the number of the team or tenant that a request must name by `teamId` or `tenantId`.

    Raises:
        ApiError: It is missing, unreadable or another's.
    """
    given = request.query.get(parameter)
    if given is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"Required request parameter '{parameter}' is not present")
    return _tenant(request, given) if parameter == "tenantId" else _team(request, given)


def session_of(request: web.Request, body: object = None) -> Callable[[sqlite3.Connection], Session]:
    """Return what opens a session for the request's caller, for the team that its query or else its body names.

    Raises:
        ApiError: The team is unreadable or another's.
    """
    caller = caller_of(request)
    team = team_of(request, body)
    now = services(request).clock()
    any_team = "teamId" not in request.query

    def open_session(connection: sqlite3.Connection) -> Session:
        return Session(connection, caller.tenant, team, caller.user, now, any_team=any_team)

    return open_session


def team_of(request: web.Request, body: object = None) -> int:
    """Return the number of the team that a request's query or body names, or else of the caller's.

    Raises:
        ApiError: The team is unreadable or another's.
    """
    named = request.query.get("teamId") or (body.get("teamId") if isinstance(body, dict) else None)
    return _team(request, named) if named else caller_of(request).team


def number_of(kind: str, text: str) -> int:
    """Return the number behind an id.

    Raises:
        ApiError: The text is no id of this kind.
    """
    number = ids.decode(kind, text)
    if number is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"Failed to decode hashed Id: [{text}]")
    return number


def _team(request: web.Request, given: object) -> int:
    number = ids.decode("team", str(given))
    if number is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"Failed to decode hashed Id: [{given}]", code="INVALID_TEAM_ID")
    if not services(request).keys.has_team(caller_of(request).tenant, number):
        raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied", code="TEAM_NOT_IN_MEMBERSHIP")
    request[TEAM] = number
    return number


def _tenant(request: web.Request, text: str) -> int:
    """Read a tenant's id; clients that know of no tenant send their team's in its place."""
    tenant = caller_of(request).tenant
    number = ids.decode("tenant", text)
    if number is None:
        team = number_of("team", text)
        number = tenant if services(request).keys.has_team(tenant, team) else None
    if number != tenant:
        raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied")
    return tenant


def given_key(request: web.Request) -> str:
    """Return the key that came with a request, as `x-api-key` or as bearer token."""
    key = request.headers.get("x-api-key")
    if key is None:
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        return key if kind.lower() == "bearer" else ""
    return key


def _unknown(request: web.Request) -> ApiError:
    if request.path.startswith(ANALYTICS):
        return ApiError(HTTPStatus.UNAUTHORIZED, "The bearer token is no valid API key", code="UNAUTHORIZED")
    return ApiError(HTTPStatus.FORBIDDEN)
