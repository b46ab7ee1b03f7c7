"""Metering: one completion at a time, and in bulk for history."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.http.errors import invalid
from local_platform.metering import store
from local_platform.metering.completion import Completion, accept
from local_platform.metering.fields import InvalidFieldsError
from local_platform.services import json_response, read_body, read_json, services
from local_platform.wire import iso_ms, loads

# Three prompts of 50,000 letters, each of up to four bytes, and the rest.
LARGEST_BODY = 1 << 20
LARGEST_IMPORT = 64 << 20
_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class _Parsed:
    completions: list[Completion]
    rejected: list[dict[str, object]]


async def complete(request: web.Request) -> web.Response:
    """Meter one AI completion; the same `Idempotency-Key` again gets the same answer."""
    key = request.headers.get("Idempotency-Key") or None
    if key is not None and len(key) > _LONGEST_KEY:
        raise invalid({"Idempotency-Key": f"size must be between 1 and {_LONGEST_KEY}"})
    body = await read_json(request, LARGEST_BODY)
    parts = services(request)
    try:
        completion = accept(body, parts.clock(), key)
    except InvalidFieldsError as error:
        raise invalid(error.details) from None
    stored = await parts.database.write(lambda connection: store.meter(connection, completion))
    return json_response(_receipt(stored, parts.identity.api_key), HTTPStatus.CREATED)


async def import_lines(request: web.Request) -> web.Response:
    """Meter one completion per line, all in one transaction; lines that are wrong are named."""
    body = await read_body(request, LARGEST_IMPORT)
    parts = services(request)
    parsed = await asyncio.to_thread(_parse, body, parts.clock())
    if parsed.completions:
        await parts.database.write(lambda connection: store.meter_all(connection, parsed.completions))
    return json_response({"accepted": len(parsed.completions), "rejected": parsed.rejected})


def _parse(body: bytes, now: datetime) -> _Parsed:
    parsed = _Parsed([], [])
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parsed.completions.append(accept(loads(line), now))
        except (InvalidFieldsError, ValueError) as error:
            parsed.rejected.append({"line": number, "message": str(error)})
    return parsed


def _receipt(stored: store.Stored, api_key: str) -> dict[str, object]:
    row_id = ids.encode("completion", stored.row)
    arrival = iso_ms(stored.created_ms)
    signed = f"{row_id}.{stored.transaction_id}.{arrival}".encode()
    return {
        "id": row_id,
        "label": stored.transaction_id,
        "resourceType": "metering",
        "signature": hmac.new(api_key.encode(), signed, hashlib.sha256).hexdigest(),
        "created": arrival,
        "updated": arrival,
        "_links": {},
    }
