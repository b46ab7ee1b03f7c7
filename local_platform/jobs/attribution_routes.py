"""Which ticket, branch or person a coding session is attributed to."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from local_platform.jobs import bodies
from local_platform.jobs.store import Fields, fields_of
from local_platform.resources import documents
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session
from local_platform.wire import dumps, iso

_LARGEST_BODY = 1 << 18
_DETAILS = ("reason", "ticketTitle")


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the attributions of sessions."""
    path = f"{prefix}/sessions/{{sessionId}}/attribution"
    router.add_get(path, list_attributions)
    router.add_post(path, attribute)


async def list_attributions(request: web.Request) -> web.Response:
    """List a session's attributions, the newest first, as a bare array."""
    name = request.match_info["sessionId"]

    def work(session: Session) -> list[Fields]:
        rows = session.connection.execute(
            "SELECT json FROM session_attribution WHERE team = ? AND session = ? ORDER BY id DESC", (session.team, name)
        )
        suppressed = _suppressed(session)
        return [_rendered(name, fields_of(text), suppressed=suppressed) for (text,) in rows]

    return json_response(await reading(request, work))


async def attribute(request: web.Request) -> web.Response:
    """Attribute a session from a moment on."""
    name = request.match_info["sessionId"]
    body = await read_json(request, _LARGEST_BODY)
    fields = bodies.checked(bodies.ATTRIBUTION, body)

    def work(session: Session) -> Fields:
        stored = {"effectiveFrom": iso(session.now), "source": "other", **fields}
        session.connection.execute(
            "INSERT INTO session_attribution (team, session, json) VALUES (?, ?, ?)",
            (session.team, name, dumps(stored)),
        )
        return _rendered(name, stored, suppressed=_suppressed(session))

    return json_response(await writing(request, work, body), HTTPStatus.CREATED)


def _suppressed(session: Session) -> bool:
    """Tell whether the tenant wants no free text about its people's work to be shown."""
    tenant = documents.find(session, "tenant", session.tenant)
    return tenant is not None and tenant.fields.get("attributionDetailTextEnabled") is False


def _rendered(name: str, fields: Fields, *, suppressed: bool) -> Fields:
    shown = {key: value for key, value in fields.items() if not (suppressed and key in _DETAILS)}
    splits = fields.get("splits", [])
    if suppressed:
        splits = [{key: value for key, value in split.items() if key not in _DETAILS} for split in splits]
    return {"sessionId": name, **shown, "splits": splits, "detailTextSuppressed": suppressed}
