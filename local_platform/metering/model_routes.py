"""The model catalogue, and the prices that a team sets in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local_platform.http.access import number_of, require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.http.paging import Paging, hal_page, paging_of
from local_platform.metering import model_prices, store
from local_platform.metering.catalogue import Known, Model, ModelFilter, models, rendered
from local_platform.metering.overrides import MODEL_OVERRIDE
from local_platform.resources import documents
from local_platform.resources.rendering import metadata
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session
from local_platform.wire import dumps, iso

_LARGEST_BODY = 1 << 16


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the catalogue; literal paths come before ids."""
    path = f"{prefix}/sources/ai/models"
    router.add_get(path, list_models)
    router.add_post(path, create)
    router.add_get(f"{path}/search", list_models)
    router.add_get(f"{path}/providers", list_providers)
    router.add_get(f"{path}/name/{{name}}", by_name)
    one = f"{path}/{{id}}"
    router.add_get(one, read)
    for add in (router.add_put, router.add_patch):
        add(one, update)
    router.add_delete(one, delete)
    router.add_get(f"{one}/pricing", pricing)
    router.add_post(f"{one}/pricing/dimensions", add_dimension)
    router.add_put(f"{one}/pricing/dimensions/{{dimension}}", replace_dimension)
    router.add_delete(f"{one}/pricing/dimensions/{{dimension}}", remove_dimension)


async def list_models(request: web.Request) -> web.Response:
    """List models with their prices."""
    require_team(request)
    paging = paging_of(request)
    query = request.query
    wanted = ModelFilter(
        query=query.get("query", ""),
        provider=query.get("provider", ""),
        mode=query.get("mode", ""),
        exact=query.get("exactMatch", "").lower() == "true",
        custom=_custom(query.get("modelType", "")),
    )

    def work(session: Session) -> tuple[list[str], int]:
        found = [model for model in _models(session) if wanted.takes(model)]
        return _page(session, _sorted(found, query.get("sort", "")), paging), len(found)

    items, total = await reading(request, work)
    return hal_page(request, "aIModelResourceList", items, paging, total)


async def list_providers(request: web.Request) -> web.Response:
    """List the providers of those models."""
    require_team(request)
    wanted = ModelFilter(custom=_custom(request.query.get("modelType", "")))
    found = await reading(request, lambda session: [model for model in _models(session) if wanted.takes(model)])
    return json_response(sorted({model.provider for model in found}))


async def read(request: web.Request) -> web.Response:
    """Show one model."""
    return await _shown(request, _by_id(request))


async def by_name(request: web.Request) -> web.Response:
    """Show a model by its name; of those that share it, the one of the team or of the provider that is asked for."""
    name, provider = request.match_info["name"].lower(), request.query.get("provider", "").upper()

    def look_up(session: Session) -> Model:
        named = (model for model in _models(session) if model.name.lower() == name)
        fitting = [model for model in named if provider in ("", model.provider.upper())]
        if not fitting:
            raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find AI model with name: {request.match_info['name']}")
        return min(fitting, key=lambda model: model.own is None)

    return await _shown(request, look_up)


async def create(request: web.Request) -> web.Response:
    """Make a model of the team's own."""
    body = await read_json(request, _LARGEST_BODY)

    def work(session: Session) -> dict[str, object]:
        document = model_prices.create(session, body)
        return _render(session, Model(document.fields["provider"], document.fields["name"], own=document))

    return json_response(await writing(request, work, body), HTTPStatus.CREATED)


async def update(request: web.Request) -> web.Response:
    """Set what a team pays for a model."""
    body = await read_json(request, _LARGEST_BODY)
    look_up = _by_id(request)

    def work(session: Session) -> dict[str, object]:
        model = look_up(session)
        return _render(session, replace(model, own=model_prices.change(session, model, body)))

    return json_response(await writing(request, work, body))


async def delete(request: web.Request) -> web.Response:
    """Take away what a team has set."""
    look_up = _by_id(request)

    def work(session: Session) -> dict[str, object]:
        model = look_up(session)
        model_prices.reset(session, model)
        return {**_receipt(session, model.id), "message": "AI model deleted" if model.custom else "Prices reset"}

    return json_response(await writing(request, work))


async def pricing(request: web.Request) -> web.Response:
    """Show a model's prices alone."""
    look_up = _by_id(request)

    def work(session: Session) -> dict[str, object]:
        whole = _render(session, look_up(session))
        return {name: value for name, value in whole.items() if "Cost" in name or "pric" in name.lower()} | {
            "id": whole["id"],
            "modelId": whole["id"],
            "name": whole["name"],
            "provider": whole["provider"],
        }

    return json_response(await reading(request, work))


async def add_dimension(request: web.Request) -> web.Response:
    """Add a price by a measure."""
    body = await read_json(request, _LARGEST_BODY)
    look_up = _by_id(request)
    added = await writing(request, lambda session: model_prices.add_dimension(session, look_up(session), body)[1], body)
    return json_response(added, HTTPStatus.CREATED)


async def replace_dimension(request: web.Request) -> web.Response:
    """Replace a price by a measure."""
    body = await read_json(request, _LARGEST_BODY)
    look_up, number = _by_id(request), request.match_info["dimension"]
    return json_response(
        await writing(
            request, lambda session: model_prices.replace_dimension(session, look_up(session), number, body)[1], body
        )
    )


async def remove_dimension(request: web.Request) -> web.Response:
    """Take away a price by a measure."""
    look_up, number = _by_id(request), request.match_info["dimension"]

    def work(session: Session) -> dict[str, object]:
        model_prices.remove_dimension(session, look_up(session), number)
        return {**_receipt(session, number), "message": "Pricing dimension deleted"}

    return json_response(await writing(request, work))


def _models(session: Session) -> list[Model]:
    known = Known(
        metered=store.metered_models(session.connection, session.team),
        own=documents.everything(session, MODEL_OVERRIDE),
    )
    return models(known, session.now)


def _by_id(request: web.Request) -> Callable[[Session], Model]:
    """Return what finds the model of the path."""
    text = request.match_info["id"]
    number_of("model", text)

    def look_up(session: Session) -> Model:
        found = next((model for model in _models(session) if model.id == text), None)
        if found is None:
            raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find AI model with ID: {text}")
        return found

    return look_up


async def _shown(request: web.Request, look_up: Callable[[Session], Model]) -> web.Response:
    return json_response(await reading(request, lambda session: _render(session, look_up(session))))


def _render(session: Session, model: Model) -> dict[str, object]:
    return rendered(model, metadata(session, "team", session.team) or {"id": None})


def _page(session: Session, found: Iterable[Model], paging: Paging) -> list[str]:
    team: dict[str, Any] = metadata(session, "team", session.team) or {"id": None}
    return [dumps(rendered(model, team)) for model in list(found)[paging.offset :][: paging.size]]


def _custom(model_type: str) -> bool | None:
    """Read GLOBAL or CUSTOM; blank asks for both."""
    kinds = {"": None, "GLOBAL": False, "CUSTOM": True}
    if model_type not in kinds:
        raise invalid({"modelType": "must be one of CUSTOM, GLOBAL"})
    return kinds[model_type]


def _sorted(found: list[Model], sort: str) -> list[Model]:
    """Sort by name where that is asked for; the catalogue's own order is by provider."""
    field, _, direction = sort.partition(",")
    if field != "name":
        return found
    return sorted(found, key=lambda model: model.name, reverse=direction.lower() == "desc")


def _receipt(session: Session, identity: str) -> dict[str, object]:
    return {
        "id": identity,
        "resourceType": "ai_model_metadata",
        "created": None,
        "updated": iso(session.now),
        "_links": {},
    }
