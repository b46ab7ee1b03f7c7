"""The answer to whatever is metered."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.http.access import given_key
from local_platform.http.errors import invalid
from local_platform.metering.answers import Stored
from local_platform.wire import dumps, iso_ms

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
    """Answer that something is metered; written out, because this is the answer to almost every request."""
    row_id = ids.encode(kind, stored.row)
    arrival = iso_ms(stored.created_ms)
    signature = hmac.digest(given_key(request).encode(), f"{row_id}.{stored.label}.{arrival}".encode(), "sha256").hex()
    body = (
        f'{{"id":"{row_id}","label":{dumps(stored.label)},"resourceType":"metering","signature":"{signature}",'
        f'"created":"{arrival}","updated":"{arrival}","_links":{{}}}}'
    )
    return web.Response(status=HTTPStatus.CREATED, body=body.encode(), content_type="application/json")
