"""Who the caller is, and what a tenant may switch."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from local_platform.accounts.kinds import TENANT, USER
from local_platform.http.access import number_of, require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.resources import documents
from local_platform.resources.bodies import fields_of, merged
from local_platform.resources.rendering import Renderer
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session

_LARGEST_BODY = 1 << 16

_SWITCHES = {
    "strict-ingestion-mode": {
        "strictIngestionMode": "strictIngestionMode",
        "allowTicketJobs": "strictIngestionAllowTicketJobs",
    },
    "attribution-detail-text": {"attributionDetailTextEnabled": "attributionDetailTextEnabled"},
    "usage-billing": {"usageBillingEnabled": "usageBillingEnabled"},
}


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount what is special about accounts."""
    router.add_get(f"{prefix}/users/me", me)
    router.add_get(f"{prefix}/users/current", current)
    router.add_get(f"{prefix}/users/lookup-by-email", by_email)
    router.add_get(f"{prefix}/users/email/{{email}}", by_email)
    for name in _SWITCHES:
        router.add_patch(f"{prefix}/tenants/{{id}}/{name}", switch)


async def me(request: web.Request) -> web.Response:
    """Describe the user of the key."""
    base = _users(request)
    return json_response(await reading(request, lambda session: _user(session, session.user, base)))


async def current(request: web.Request) -> web.Response:
    """Describe the same user to clients that name their team."""
    if "teamId" in request.query:
        require_team(request)
    return await me(request)


async def by_email(request: web.Request) -> web.Response:
    """Find a user by address."""
    base = _users(request)
    address = request.match_info.get("email") or request.query.get("email", "")

    def work(session: Session) -> dict[str, object]:
        document = documents.keyed(session, USER, address.casefold())
        if document is None:
            raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find User with email: {address}")
        return _user(session, document.number, base)

    return json_response(await reading(request, work))


async def switch(request: web.Request) -> web.Response:
    """Change one of the tenant's switches; a body that brings none is refused."""
    body = await read_json(request, _LARGEST_BODY)
    text = request.match_info["id"]
    names = _SWITCHES[request.path.rpartition("/")[2]]
    if not isinstance(body, dict) or not names.keys() & body.keys():
        raise invalid({next(iter(names)): "must not be null"})

    def work(session: Session) -> dict[str, object]:
        document = documents.find(session, "tenant", number_of("tenant", text))
        if document is None:
            raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied")
        patch = {names[name]: value for name, value in body.items() if name in names}
        fields = fields_of(session, TENANT, merged(TENANT, document, patch), document)
        after = documents.replace(session, TENANT, document, fields)
        return Renderer(session, "").resource(TENANT, after)

    return json_response(await writing(request, work))


def _users(request: web.Request) -> str:
    """Return the address of all users, which every path here begins with."""
    before, users, _ = request.path.partition("/users/")
    return f"{request.url.origin()}{before}{users.rstrip('/')}"


def _user(session: Session, number: int, base: str) -> dict[str, object]:
    document = documents.find(session, "user", number)
    if document is None:
        raise ApiError(HTTPStatus.NOT_FOUND, "The key's user was deleted; use a key of another user")
    return Renderer(session, base).resource(USER, document)
