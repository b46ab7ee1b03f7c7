"""Metering calls of models: one at a time, and in bulk for history."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from local_platform.http.access import session_of, team_of
from local_platform.http.errors import invalid
from local_platform.metering import store
from local_platform.metering.completion import Arrival, Completion, complete, named_in
from local_platform.metering.fields import Fields, InvalidFieldsError, Shape, checked
from local_platform.metering.names import References
from local_platform.metering.receipts import idempotency_key, receipt
from local_platform.metering.referring import referred_to
from local_platform.services import json_response, read_body, read_json, services
from local_platform.wire import loads

# Three prompts of 50,000 letters, each of up to four bytes, and the rest.
LARGEST_BODY = 1 << 20
LARGEST_IMPORT = 64 << 20


def metering(shape: Shape) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler that meters calls of one shape."""

    async def meter(request: web.Request) -> web.Response:
        """Meter one call; the same `Idempotency-Key` again gets the same answer."""
        key = idempotency_key(request)
        body = await read_json(request, LARGEST_BODY)
        try:
            fields = checked(body, shape)
        except InvalidFieldsError as error:
            raise invalid(error.details) from None
        parts = services(request)
        named = named_in(fields)
        referred = await referred_to(request, body, named)
        call = complete(fields, named, referred, Arrival(team_of(request), parts.clock(), key), shape.modality)
        return receipt(request, "completion", await parts.intake.take(call))

    return meter


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    fields: Fields


@dataclass(frozen=True, slots=True)
class _Parsed:
    accepted: list[_Line]
    rejected: list[dict[str, object]]


async def import_lines(request: web.Request) -> web.Response:
    """Meter one completion per line, all in one transaction; lines that are wrong are named."""
    body = await read_body(request, LARGEST_IMPORT)
    parts = services(request)
    arrival = Arrival(team_of(request), parts.clock())
    parsed = await asyncio.to_thread(_parse, body)
    if parsed.accepted:
        names = {named_in(line.fields) for line in parsed.accepted}
        known = await parts.names.refer(parts.database, session_of(request), names)
        _refuse_lines(parsed, known)
        calls = await asyncio.to_thread(_completed, parsed.accepted, known, arrival)
        await parts.database.write(lambda connection: store.meter(connection, calls))
    return json_response({"accepted": len(parsed.accepted), "rejected": parsed.rejected})


def _parse(body: bytes) -> _Parsed:
    parsed = _Parsed([], [])
    for number, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parsed.accepted.append(_Line(number, checked(loads(line))))
        except (InvalidFieldsError, ValueError) as error:
            parsed.rejected.append({"line": number, "message": str(error)})
    return parsed


def _refuse_lines(parsed: _Parsed, known: References) -> None:
    """Move the lines that strict ingestion refuses to those that are rejected."""
    for line in parsed.accepted:
        if failures := known[named_in(line.fields)].failures:
            words = "; ".join(failure.rendered()["message"] for failure in failures)
            parsed.rejected.append({"line": line.number, "message": words})
    refused = {rejected["line"] for rejected in parsed.rejected}
    parsed.accepted[:] = [line for line in parsed.accepted if line.number not in refused]


def _completed(lines: list[_Line], known: References, arrival: Arrival) -> list[Completion]:
    return [complete(line.fields, named, known[named], arrival) for line in lines for named in [named_in(line.fields)]]
