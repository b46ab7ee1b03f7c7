"""Changing what a team has set for a model: prices per token, prices by other measures, models of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from local_platform.checks import applied
from local_platform.http.errors import ApiError, invalid
from local_platform.metering.catalogue import Model
from local_platform.metering.overrides import DIMENSION, DIMENSION_REQUIRED, MODEL_OVERRIDE
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.session import Session

_REQUIRED_OF_CUSTOM = ("name", "provider", "inputCostPerToken", "outputCostPerToken")
Dimensions = list[dict[str, Any]]


def create(session: Session, body: object) -> Document:
    """Make a model of the team's own.

    Raises:
        ApiError: Something in the body is wrong, or the team has set something for that model already.
    """
    fields = _checked(body, _REQUIRED_OF_CUSTOM)
    return documents.insert(session, MODEL_OVERRIDE, {**_without_prices_by_measure(fields), "custom": True})


def change(session: Session, model: Model, body: object) -> Document:
    """Set prices and what else a body brings; the rest stays.

    Raises:
        ApiError: Something in the body is wrong.
    """
    fields = _without_prices_by_measure(_checked(body, ()))
    # What a model is called is what it is: other names would be other models.
    return _set(session, model, {name: value for name, value in fields.items() if name not in ("name", "provider")})


def reset(session: Session, model: Model) -> None:
    """Take away what the team has set; a model of its own is gone then.

    Raises:
        ApiError: It has set nothing.
    """
    if model.own is None:
        raise ApiError(HTTPStatus.CONFLICT, f"{model.name} is on the price list as it is; there is nothing to delete")
    documents.remove(session, model.own)


def add_dimension(session: Session, model: Model, body: object) -> tuple[Document, dict[str, Any]]:
    """Add a price by a measure.

    Raises:
        ApiError: Something in the body is wrong.
    """
    dimension = {**_dimension(body), "id": secrets.token_hex(4)}
    return _with_dimensions(session, model, lambda dimensions: [*dimensions, dimension]), dimension


def replace_dimension(session: Session, model: Model, number: str, body: object) -> tuple[Document, dict[str, Any]]:
    """Replace a price by a measure.

    Raises:
        ApiError: There is none of this id, or something in the body is wrong.
    """
    dimension = {**_dimension(body), "id": number}
    _existing(model, number)
    document = _with_dimensions(
        session, model, lambda dimensions: [dimension if one["id"] == number else one for one in dimensions]
    )
    return document, dimension


def remove_dimension(session: Session, model: Model, number: str) -> dict[str, Any]:
    """Take away a price by a measure, and return it.

    Raises:
        ApiError: There is none of this id.
    """
    dimension = _existing(model, number)
    _with_dimensions(session, model, lambda dimensions: [one for one in dimensions if one["id"] != number])
    return dimension


def _with_dimensions(session: Session, model: Model, changed: Callable[[Dimensions], Dimensions]) -> Document:
    return _set(session, model, {"pricingDimensions": changed(model.fields.get("pricingDimensions", []))})


def _set(session: Session, model: Model, fields: Mapping[str, Any]) -> Document:
    if model.own is not None:
        return documents.replace(session, MODEL_OVERRIDE, model.own, {**model.own.fields, **fields})
    return documents.insert(session, MODEL_OVERRIDE, {"name": model.name, "provider": model.provider, **fields})


def _checked(body: object, required: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(MODEL_OVERRIDE.checks, body, complaints)
    complaints |= {name: "must not be null or blank" for name in required if name not in fields | complaints}
    if complaints:
        raise invalid(complaints)
    return fields


def _without_prices_by_measure(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what has paths of its own, and what only the platform says."""
    return {name: value for name, value in fields.items() if name not in ("pricingDimensions", "custom")}


def _dimension(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(DIMENSION, body, complaints)
    complaints |= {name: "must not be null or blank" for name in DIMENSION_REQUIRED if name not in fields | complaints}
    if complaints:
        raise invalid(complaints)
    return {"direction": "BIDIRECTIONAL", "isGlobal": False, **fields}


def _existing(model: Model, number: str) -> dict[str, Any]:
    for dimension in model.fields.get("pricingDimensions", []):
        if dimension["id"] == number:
            return dict(dimension)
    raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find PricingDimension with ID: {number}")
