"""What is wrong with a query, in the form that the newer analytics give it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from local_platform.wire import dumps

_TYPE = "urn:revenium-monitor:problem:validation"


class InvalidQueryError(Exception):
    """A parameter cannot be used.

    Attributes:
        field: The parameter, or the field of the body.
        received: What it holds.
        options: What it may hold, where that is a list.
    """

    def __init__(self, field: str, message: str, received: object = None, options: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.received = received
        self.options = options


def explaining(handler: Handler) -> Handler:
    """Return the handler with its complaints turned into answers."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except InvalidQueryError as error:
            return _response(request, error)

    return handle


def _response(request: web.Request, error: InvalidQueryError) -> web.Response:
    complaint: dict[str, object] = {"path": [error.field], "message": str(error), "received": error.received}
    if error.options:
        complaint["options"] = list(error.options)
    status = HTTPStatus.BAD_REQUEST
    body = {
        "type": _TYPE,
        "title": "Validation failed",
        "status": int(status),
        "detail": f"{error.field}: {error}",
        "instance": request.path,
        "code": "VALIDATION_ERROR",
        "errors": [complaint],
    }
    return web.Response(status=status, text=dumps(body), content_type="application/problem+json")
