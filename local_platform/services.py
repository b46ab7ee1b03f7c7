"""What the routes work with, and how a request reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from aiohttp import web

from local_platform.accounts.keys import Keys
from local_platform.http.errors import ApiError
from local_platform.http.faults import Faults
from local_platform.http.journal import Journal
from local_platform.http.limits import Limits
from local_platform.metering.intake import Intake
from local_platform.metering.names import Names
from local_platform.metering.pages import Pages
from local_platform.storage.database import Database
from local_platform.wire import Clock, dumps, loads


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one running platform."""

    keys: Keys
    names: Names
    database: Database
    intake: Intake
    pages: Pages
    faults: Faults
    limits: Limits
    journal: Journal
    clock: Clock
    started: datetime


SERVICES = web.AppKey("services", Services)


def services(request: web.Request) -> Services:
    """Return the platform that a request came to."""
    return request.app[SERVICES]


async def read_json(request: web.Request, largest: int) -> object:
    """Read a JSON body.

    Raises:
        ApiError: The body is too large, or not JSON.
    """
    body = await read_body(request, largest)
    try:
        return loads(body)
    except ValueError as error:
        # The body itself is not repeated: it may hold prompts or keys.
        reason = "it is not JSON" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ApiError(HTTPStatus.BAD_REQUEST, f"JSON parse error: {reason}; send one JSON object") from None


async def read_body(request: web.Request, largest: int) -> bytes:
    """Read a body of at most so many bytes.

    Raises:
        web.HTTPRequestEntityTooLarge: It is larger.
    """
    if (request.content_length or 0) > largest:
        raise web.HTTPRequestEntityTooLarge(largest, request.content_length or 0)
    if request.content_length is not None and "Content-Encoding" not in request.headers:
        return await request.read()
    # Neither a stream nor a compressed body says beforehand how large it is.
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > largest:
            raise web.HTTPRequestEntityTooLarge(largest, len(body))
    return bytes(body)


def json_response(value: object, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Answer with a JSON value."""
    return web.Response(status=status, text=dumps(value), content_type="application/json")
