"""Who the caller is: user, teams, tenant."""

from __future__ import annotations

from aiohttp import web

from local_platform.accounts.identity import EMAIL, TEAM_NAME, TENANT_NAME, Identity
from local_platform.http.access import require_team, require_tenant
from local_platform.http.paging import hal_page, paging_of
from local_platform.services import json_response, services
from local_platform.wire import dumps

# The account has no history: it is as old as the first release.
_SINCE = {"created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z"}


async def me(request: web.Request) -> web.Response:
    """Describe the user of the key."""
    return json_response(_user(services(request).identity))


async def current(request: web.Request) -> web.Response:
    """Describe the same user to clients that name their team."""
    if "teamId" in request.query:
        require_team(request)
    return json_response(_user(services(request).identity))


async def teams(request: web.Request) -> web.Response:
    """List the tenant's one team."""
    require_tenant(request)
    paging = paging_of(request)
    items = [dumps(_team(services(request).identity))][paging.offset : paging.offset + paging.size]
    return hal_page(request, "teamResourceList", items, paging, total=1)


def team_reference(identity: Identity) -> dict[str, object]:
    """Return the team as other resources refer to it."""
    return {
        "id": identity.team_id,
        "label": TEAM_NAME,
        "resourceType": "team",
        **_SINCE,
        "_links": {},
    }


def _tenant_reference(identity: Identity) -> dict[str, object]:
    return {
        "id": identity.tenant_id,
        "label": TENANT_NAME,
        "resourceType": "tenant",
        **_SINCE,
        "_links": {},
    }


def _user(identity: Identity) -> dict[str, object]:
    return {
        "id": identity.user_id,
        "resourceType": "user",
        "label": EMAIL,
        "email": EMAIL,
        "firstName": "Local",
        "lastName": "Owner",
        "roles": ["ROLE_TENANT_ADMIN"],
        "primaryUser": True,
        "tenantId": identity.tenant_id,
        "tenant": _tenant_reference(identity),
        "teamIds": [identity.team_id],
        "defaultTeamId": None,
        "teams": [team_reference(identity)],
        **_SINCE,
        "_links": {},
    }


def _team(identity: Identity) -> dict[str, object]:
    return {
        **team_reference(identity),
        "name": TEAM_NAME,
        "tenantId": identity.tenant_id,
        "tenant": _tenant_reference(identity),
        "currency": "USD",
        "userCount": 1,
    }
