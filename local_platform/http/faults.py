"""Faults on demand, so that clients can be tested against a platform that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_platform.http.errors import ApiError, invalid

_MANAGEMENT = ("/profitstream/", "/v2/")
_METERING = ("/meter/",)
_ROUTES = {
    "management": _MANAGEMENT,
    "metering": _METERING,
    "all": _MANAGEMENT + _METERING,
}
_HTML = "<html><body><h1>Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """How requests are spoilt.

    Attributes:
        routes: Which routes: management, metering or all.
        latency_ms: How long each request waits first.
        status: An error status to answer with.
        retry_after: The Retry-After header of that answer: seconds or an HTTP date.
        html: Whether to answer with a gateway's HTML page.
        truncate: Whether to break the connection in the middle of the true answer.
        drop: Whether to break it without an answer.
    """

    routes: str = "management"
    latency_ms: int = 0
    status: int | None = None
    retry_after: str | None = None
    html: bool = False
    truncate: bool = False
    drop: bool = False


class Faults:
    """The switch: at most one fault at a time, for so many requests or until it is taken away."""

    def __init__(self) -> None:
        self._fault: Fault | None = None
        self._left: int | None = None

    def set(self, fault: Fault | None, times: int | None = None) -> None:
        """Replace the fault; None takes it away."""
        self._fault, self._left = fault, times

    def take(self, path: str) -> Fault | None:
        """Return the fault for a request and count it."""
        if self._fault is None or not path.startswith(_ROUTES[self._fault.routes]):
            return None
        if self._left is None:
            return self._fault
        if self._left == 0:
            return None
        self._left -= 1
        return self._fault

    def middleware(self) -> Middleware:
        """Return the middleware that spoils requests."""

        @web.middleware
        async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
            fault = self.take(request.path)
            return await (handler(request) if fault is None else _spoilt(fault, request, handler))

        return spoil


async def _spoilt(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.latency_ms:
        await asyncio.sleep(fault.latency_ms / 1000)
    if fault.drop:
        return _hang_up(request)
    if fault.html:
        return web.Response(status=fault.status or HTTPStatus.BAD_GATEWAY, text=_HTML, content_type="text/html")
    if fault.status is not None:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else None
        raise ApiError(HTTPStatus(fault.status), "Fault switched on", headers=headers)
    response = await handler(request)
    return await _halved(request, response) if fault.truncate else response


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _halved(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Announce the whole body, send half of it and hang up."""
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes):
        return response
    half = web.StreamResponse(status=response.status)
    half.content_type = response.content_type
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


def fault_of(body: object) -> tuple[Fault | None, int | None]:
    """Read a switch body; an empty object takes the fault away.

    Raises:
        ApiError: A field is unknown or wrong.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints = {name: complaint for name, value in body.items() if (complaint := _complaint(name, value))}
    if complaints:
        raise invalid(complaints)
    return _fault(body) if body else None, body.get("times")


def _fault(body: Mapping[str, Any]) -> Fault:
    fields = {name: value for name, value in body.items() if name != "times"}
    if "retry_after" in fields:
        fields["retry_after"] = str(fields["retry_after"])
    return Fault(**fields)


def _complaint(name: str, value: object) -> str | None:
    if name not in _FIELDS:
        return f"is unknown; choose among {', '.join(_FIELDS)}"
    fits, complaint = _FIELDS[name]
    return None if fits(value) else complaint


def _route(value: object) -> bool:
    return isinstance(value, str) and value in _ROUTES


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _error_status(value: object) -> bool:
    return isinstance(value, int) and value in _ERRORS


def _retry_after(value: object) -> bool:
    return _whole(value) or (isinstance(value, str) and value.isprintable())


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_MOST = 3_600_000
_ERRORS = frozenset(status for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
_FLAG = (_flag, "must be true or false")
_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "routes": (_route, f"must be one of {', '.join(_ROUTES)}"),
    "latency_ms": (_whole, "must be whole milliseconds, at most an hour"),
    "status": (_error_status, "must be an HTTP status from 400"),
    "retry_after": (_retry_after, "must be seconds or an HTTP date"),
    "html": _FLAG,
    "truncate": _FLAG,
    "drop": _FLAG,
    "times": (_whole, "must be a whole number of requests"),
}
