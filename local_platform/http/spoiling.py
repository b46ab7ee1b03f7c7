"""How a fault spoils a request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_platform.http.errors import ApiError
from local_platform.http.faults import Fault, Faults
from local_platform.wire import dumps, loads

_HTML = "<html><body><h1>Bad Gateway</h1></body></html>"
_DROPS = 10


def spoiling(faults: Faults) -> Middleware:
    """Return the middleware that spoils the requests which a fault strikes."""

    @web.middleware
    async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = faults.take(request.method, request.path)
        return await (handler(request) if fault is None else _spoilt(fault, request, handler))

    return spoil


async def _spoilt(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.latency_ms:
        await _pause(fault.latency_ms / 1000)
    if fault.drop:
        return _hang_up(request)
    if fault.html:
        return web.Response(status=fault.status or HTTPStatus.BAD_GATEWAY, text=_HTML, content_type="text/html")
    if fault.status is not None:
        raise _error(HTTPStatus(fault.status), fault.retry_after)
    response = await handler(request)
    body = response.body if isinstance(response, web.Response) else None
    return await _mangled(fault, request, response, body) if isinstance(body, bytes) else response


def _error(status: HTTPStatus, retry_after: str | None) -> ApiError:
    seconds = int(retry_after) if retry_after and retry_after.isdecimal() else None
    headers = {"Retry-After": retry_after} if retry_after else None
    return ApiError(status, "Fault switched on", headers=headers, retry_after_seconds=seconds)


async def _mangled(fault: Fault, request: web.Request, response: web.StreamResponse, body: bytes) -> web.StreamResponse:
    """Send a true answer in a wrong way."""
    if fault.types and response.content_type == "application/json":
        body = dumps(_of_wrong_types(loads(body))).encode()
    if fault.truncate:
        half = await _in_drops(request, response, [body[: len(body) // 2]], len(body), 0)
        if request.transport is not None:
            request.transport.close()
        return half
    length = -(-len(body) // _DROPS) or 1
    drops = [body[start : start + length] for start in range(0, len(body), length)] if fault.drip_ms else [body]
    return await _in_drops(request, response, drops, len(body), fault.drip_ms / 1000 / len(drops or (1,)))


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _in_drops(
    request: web.Request, response: web.StreamResponse, drops: Sequence[bytes], announced: int, pause: float
) -> web.StreamResponse:
    """Announce so many bytes and send what there is, with a pause before each drop."""
    answer = web.StreamResponse(status=response.status)
    answer.content_type = response.content_type
    answer.content_length = announced
    await answer.prepare(request)
    for drop in drops:
        if pause:
            await _pause(pause)
        await answer.write(drop)
    return answer


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


def _of_wrong_types(value: object) -> object:
    """Turn numbers into strings and lists into objects, all the way down."""
    match value:
        case bool():
            return value
        case int() | Decimal():
            return str(value)
        case list():
            return {str(place): _of_wrong_types(item) for place, item in enumerate(value)}
        case dict():
            return {name: _of_wrong_types(item) for name, item in value.items()}
        case _:
            return value
