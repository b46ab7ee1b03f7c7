"""The model catalogue."""

from __future__ import annotations

from aiohttp import web

from local_platform.http.access import require_team
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering import store
from local_platform.metering.catalogue import Model, ModelFilter, models, rendered
from local_platform.resources.rendering import metadata
from local_platform.resources.routes import reading
from local_platform.services import json_response, services
from local_platform.wire import dumps


async def list_models(request: web.Request) -> web.Response:
    """List models with their prices."""
    paging = paging_of(request)
    query = request.query
    wanted = ModelFilter(
        query=query.get("query", ""),
        provider=query.get("provider", ""),
        mode=query.get("mode", ""),
        exact=query.get("exactMatch", "").lower() == "true",
    )
    found = [model for model in await _models(request) if wanted.takes(model)]
    team = await reading(request, lambda session: metadata(session, "team", session.team) or {})
    items = [dumps(rendered(model, team)) for model in found[paging.offset :][: paging.size]]
    return hal_page(request, "aIModelResourceList", items, paging, len(found))


async def list_providers(request: web.Request) -> web.Response:
    """List the providers of those models."""
    return json_response(sorted({model.provider for model in await _models(request)}))


async def _models(request: web.Request) -> list[Model]:
    """Return every model; none is custom, so a request for custom ones gets none."""
    team = require_team(request)
    if request.query.get("modelType") == "CUSTOM":
        return []
    parts = services(request)
    now = parts.clock()
    return await parts.database.read(lambda connection: models(store.metered_models(connection, team), now))
