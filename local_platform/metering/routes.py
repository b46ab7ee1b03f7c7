"""Metering: one completion at a time, and in bulk for history."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.http.access import given_key, session_of, team_of
from local_platform.http.errors import invalid
from local_platform.metering import log_routes, model_routes, store
from local_platform.metering.completion import Arrival, Completion, complete, named_in
from local_platform.metering.fields import Fields, InvalidFieldsError, checked
from local_platform.metering.names import Named, Referred
from local_platform.services import json_response, read_body, read_json, services
from local_platform.wire import iso_ms, loads

# Three prompts of 50,000 letters, each of up to four bytes, and the rest.
LARGEST_BODY = 1 << 20
LARGEST_IMPORT = 64 << 20
_LONGEST_KEY = 255


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the log, the models, and metering under the management prefix."""
    completions = f"{prefix}/sources/metrics/ai/completions"
    router.add_post(f"{prefix}/ai/completions", meter)
    router.add_get(completions, log_routes.completions)
    router.add_get(f"{completions}/{{id}}", log_routes.completion)
    router.add_get(f"{prefix}/sources/ai/models", model_routes.list_models)
    router.add_get(f"{prefix}/sources/ai/models/providers", model_routes.list_providers)


def add_metering(router: web.UrlDispatcher) -> None:
    """Mount what is metered to."""
    router.add_post("/meter/v2/ai/completions", meter)
    router.add_post("/local/v1/import", import_lines)


@dataclass(frozen=True, slots=True)
class _Parsed:
    accepted: list[Fields]
    rejected: list[dict[str, object]]


async def meter(request: web.Request) -> web.Response:
    """Meter one AI completion; the same `Idempotency-Key` again gets the same answer."""
    key = request.headers.get("Idempotency-Key") or None
    if key is not None and len(key) > _LONGEST_KEY:
        raise invalid({"Idempotency-Key": f"size must be between 1 and {_LONGEST_KEY}"})
    body = await read_json(request, LARGEST_BODY)
    parts = services(request)
    try:
        fields = checked(body)
    except InvalidFieldsError as error:
        raise invalid(error.details) from None
    named = named_in(fields)
    open_session = session_of(request)
    team = team_of(request)
    referred = parts.names.known(team, named)
    if referred is None:
        referred = await parts.database.write(lambda connection: parts.names.resolve(open_session(connection), named))
    completion = complete(fields, named, referred, Arrival(team, parts.clock(), key))
    stored = await parts.intake.take(completion)
    return json_response(_receipt(stored, given_key(request)), HTTPStatus.CREATED)


async def import_lines(request: web.Request) -> web.Response:
    """Meter one completion per line, all in one transaction; lines that are wrong are named."""
    body = await read_body(request, LARGEST_IMPORT)
    parts = services(request)
    open_session = session_of(request)
    arrival = Arrival(team_of(request), parts.clock())
    parsed = await asyncio.to_thread(_parse, body)

    def resolve(connection: sqlite3.Connection) -> dict[Named, Referred]:
        session = open_session(connection)
        return {named: parts.names.resolve(session, named) for named in set(map(named_in, parsed.accepted))}

    def build(known: Mapping[Named, Referred]) -> list[Completion]:
        return [
            complete(fields, named, known[named], arrival) for fields in parsed.accepted for named in [named_in(fields)]
        ]

    if parsed.accepted:
        calls = await asyncio.to_thread(build, await parts.database.write(resolve))
        await parts.database.write(lambda connection: store.meter(connection, calls))
    return json_response({"accepted": len(parsed.accepted), "rejected": parsed.rejected})


def _parse(body: bytes) -> _Parsed:
    parsed = _Parsed([], [])
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parsed.accepted.append(checked(loads(line)))
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
