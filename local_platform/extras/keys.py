"""Making, listing, suspending and revoking API keys."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aiohttp import web

from local_platform import ids
from local_platform.accounts import keys
from local_platform.accounts.home import found_account
from local_platform.accounts.keys import Caller, Key, Scope, State
from local_platform.checks import Check, applied, choice, text
from local_platform.http.access import caller_of, number_of, require_operator, team_of
from local_platform.http.errors import ApiError, invalid
from local_platform.http.known import KEY
from local_platform.services import json_response, read_json, services

T = TypeVar("T")

_LARGEST_BODY = 1 << 16
_NAME = text(255)
_CHECKS: Mapping[str, Check] = {
    "name": _NAME,
    "scope": choice(" ".join(Scope)),
    "teamId": _NAME,
    "tenant": _NAME,
}
_SWITCHES: Mapping[str, Check] = {"state": choice(" ".join(State))}


def add_routes(router: web.UrlDispatcher) -> None:
    """Mount the keys."""
    router.add_get("/local/v1/keys", list_keys)
    router.add_post("/local/v1/keys", make_key)
    router.add_patch("/local/v1/keys/{id}", switch_key)
    router.add_delete("/local/v1/keys/{id}", revoke_key)


async def list_keys(request: web.Request) -> web.Response:
    """List the tenant's keys, which are not shown."""
    tenant = caller_of(request).tenant
    found = await services(request).database.read(lambda connection: keys.all_of(connection, tenant))
    return json_response([key.rendered() for key in found])


async def make_key(request: web.Request) -> web.Response:
    """Make a key, for the caller's tenant or a further one; this answer is the only one that shows it."""
    fields = _fields(await read_json(request, _LARGEST_BODY), _CHECKS)
    scope = Scope(fields.get("scope", Scope.WRITE))
    caller = _caller(request, fields, scope)
    secret = keys.new_key(scope, caller.tenant)
    now = services(request).clock()

    def work(connection: sqlite3.Connection) -> Key:
        if "tenant" in fields:
            name = "Further" if fields["tenant"] == "new" else fields["tenant"]
            found_account(connection, caller, now, name)
        return keys.keep(connection, secret, fields.get("name", str(scope)), caller, now)

    made = await _changing(request, work)
    return json_response({**made.rendered(), "key": secret}, HTTPStatus.CREATED)


async def switch_key(request: web.Request) -> web.Response:
    """Suspend a key, let it expire, or accept it again."""
    fields = _fields(await read_json(request, _LARGEST_BODY), _SWITCHES)
    if "state" not in fields:
        raise invalid({"state": "must not be null"})
    tenant, number = _other_key(request)
    state = State(fields["state"])
    key = await _changing(request, lambda connection: keys.switch(connection, tenant, number, state))
    if key is None:
        raise _no_key(request)
    return json_response(key.rendered())


async def revoke_key(request: web.Request) -> web.Response:
    """Forget a key."""
    tenant, number = _other_key(request)
    if not await _changing(request, lambda connection: keys.revoke(connection, tenant, number)):
        raise _no_key(request)
    return json_response({"id": request.match_info["id"], "message": "Key deleted"})


def _fields(body: object, checks: Mapping[str, Check]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints = {name: f"is unknown; choose among {', '.join(checks)}" for name in body.keys() - checks.keys()}
    fields = applied(checks, body, complaints)
    if "tenant" in fields and "teamId" in fields:
        complaints["teamId"] = "must not come with a further tenant, which gets a team of its own"
    if complaints:
        raise invalid(complaints)
    return fields


def _caller(request: web.Request, fields: Mapping[str, Any], scope: Scope) -> Caller:
    """Return whom a new key stands for."""
    if "tenant" in fields:
        require_operator(request)
        number = ids.number_of(secrets.token_hex(16))
        return Caller(number, number, number, scope)
    maker = caller_of(request)
    return Caller(maker.tenant, team_of(request, fields), maker.user, scope)


def _other_key(request: web.Request) -> tuple[int, int]:
    """Return the tenant and the number of the key that a path names, which is not the caller's own."""
    number = number_of("key", request.match_info["id"])
    if number == request[KEY].number:
        raise ApiError(HTTPStatus.CONFLICT, "This is the key that you ask with; use another one to change it")
    return caller_of(request).tenant, number


def _no_key(request: web.Request) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Key with ID: {request.match_info['id']}")


async def _changing(request: web.Request, work: Callable[[sqlite3.Connection], T]) -> T:
    parts = services(request)
    result = await parts.database.write(work)
    await parts.database.read(parts.keys.load)
    return result
