"""Finding resources otherwise than by id."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from local_platform.accounts.kinds import TEAM
from local_platform.http.access import number_of
from local_platform.http.errors import ApiError
from local_platform.resources import documents
from local_platform.resources.kind import Kind
from local_platform.resources.kinds.agents import TOOL
from local_platform.resources.kinds.customers import ORGANIZATION, SUBSCRIBER
from local_platform.resources.kinds.subscriptions import CREDENTIAL
from local_platform.resources.listing import equal
from local_platform.resources.rendering import Renderer
from local_platform.resources.routes import collection_of, opened, paged, reading
from local_platform.services import json_response
from local_platform.session import Session

_TAGGED = ("product", "source", "subscription", "credential")


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    router.add_get(f"{prefix}/subscribers/lookup-by-email", subscriber)
    router.add_get(f"{prefix}/subscribers/email/{{email}}", subscriber)
    router.add_get(f"{prefix}/tools/by-tool-id/{{tool}}", tool)
    router.add_get(f"{prefix}/organizations/parent/{{id}}", children)
    router.add_get(f"{prefix}/organizations/{{id}}/tags", tags_of_organization)
    router.add_get(f"{prefix}/teams/{{id}}/tags", tags_of_team)
    router.add_get(f"{prefix}/credentials/by-organization/{{id}}", credentials)


async def subscriber(request: web.Request) -> web.Response:
    """Find a subscriber by address."""
    return await _keyed(request, SUBSCRIBER, "email", request.match_info.get("email") or request.query.get("email", ""))


async def tool(request: web.Request) -> web.Response:
    """Find a tool by the id that its callers know."""
    return await _keyed(request, TOOL, "toolId", request.match_info["tool"])


async def children(request: web.Request) -> web.Response:
    """List the organizations right below one."""
    return await _belonging(request, ORGANIZATION, "parentId")


async def credentials(request: web.Request) -> web.Response:
    """List the credentials of an organization."""
    return await _belonging(request, CREDENTIAL, "organizationId")


async def tags_of_organization(request: web.Request) -> web.Response:
    """List the tags of what an organization has bought and is known by."""

    def work(session: Session) -> list[str]:
        _, organization = opened(session, ORGANIZATION, request.match_info["id"])
        own = (documents.referring(session, kind, "organizationId", organization.id) for kind in _TAGGED)
        return _tags(one.fields.get("tags", ()) for some in own for one in some)

    return json_response(await reading(request, work))


async def tags_of_team(request: web.Request) -> web.Response:
    """List the tags that a team uses."""

    def work(session: Session) -> list[str]:
        _, team = opened(session, TEAM, request.match_info["id"])
        where = "team = ? AND tenant = ? AND json_extract(json, '$.tags') IS NOT NULL"
        return _tags(one.fields["tags"] for one in documents.selected(session, where, (team.number, team.tenant)))

    return json_response(await reading(request, work))


def _tags(lists: Iterable[Iterable[str]]) -> list[str]:
    return sorted({tag for some in lists for tag in some})


async def _keyed(request: web.Request, kind: Kind, field: str, value: str) -> web.Response:
    def work(session: Session) -> dict[str, object]:
        document = documents.keyed(session, kind, value)
        if document is None:
            raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find {kind.entity} with {field}: {value}")
        return Renderer(session, collection_of(request, kind)).resource(kind, document)

    return json_response(await reading(request, work))


async def _belonging(request: web.Request, kind: Kind, field: str) -> web.Response:
    text = request.match_info["id"]
    number_of(ORGANIZATION.name, text)
    await reading(request, lambda session: opened(session, ORGANIZATION, text))
    return await paged(request, kind, (equal(field, [text]),))
