"""The answer to whatever is metered."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.http.access import given_key
from local_platform.http.errors import invalid
from local_platform.metering.answers import Stored
from local_platform.services import json_response
from local_platform.wire import iso_ms

_LONGEST_KEY = 255


def idempotency_key(request: web.Request) -> str | None:
    """Return the key under which a request may come again.

    Raises:
        ApiError: It is too long.
    """
    key = request.headers.get("Idempotency-Key") or None
    if key is not None and len(key) > _LONGEST_KEY:
        raise invalid({"Idempotency-Key": f"size must be between 1 and {_LONGEST_KEY}"})
    return key


def receipt(request: web.Request, kind: str, stored: Stored) -> web.Response:
    """Answer that something is metered."""
    row_id = ids.encode(kind, stored.row)
    arrival = iso_ms(stored.created_ms)
    signed = f"{row_id}.{stored.label}.{arrival}".encode()
    body: dict[str, object] = {
        "id": row_id,
        "label": stored.label,
        "resourceType": "metering",
        "signature": hmac.digest(given_key(request).encode(), signed, "sha256").hex(),
        "created": arrival,
        "updated": arrival,
        "_links": {},
    }
    return json_response(body, HTTPStatus.CREATED)
