"""Who may ask: the API key of every request, the team or tenant of those that name one."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_platform import ids
from local_platform.http.errors import ApiError
from local_platform.services import services


def requiring_key(api_key: str) -> Middleware:
    """Return the middleware that refuses every other key, for unknown paths too."""
    expected = api_key.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("x-api-key", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise ApiError(HTTPStatus.FORBIDDEN)
        return await handler(request)

    return check


def require_team(request: web.Request) -> None:
    """Refuse a request whose `teamId` is missing, unreadable or another's."""
    _require(request, "teamId", "team", services(request).identity.team_id)


def require_tenant(request: web.Request) -> None:
    """Refuse a request whose `tenantId` is missing, unreadable or another's."""
    _require(request, "tenantId", "tenant", services(request).identity.tenant_id)


def _require(request: web.Request, parameter: str, kind: str, own: str) -> None:
    given = request.query.get(parameter)
    if given is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"Required request parameter '{parameter}' is not present")
    number_of(kind, given)
    if given != own:
        raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied")


def number_of(kind: str, text: str) -> int:
    """Return the number behind an id.

    Raises:
        ApiError: The text is no id of this kind.
    """
    number = ids.decode(kind, text)
    if number is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"Failed to decode hashed Id: [{text}]")
    return number
