"""Errors in the platform's own form."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_platform.wire import Clock, dumps, iso

# Where the newer analytics stand, whose errors look different.
ANALYTICS = "/api/v2/"

_log = logging.getLogger(__name__)


class ApiError(Exception):
    """A request that is refused; the middleware turns it into the answer.

    Attributes:
        status: The HTTP status.
        message: What went wrong and what to do, or None where the platform says nothing.
        details: What is wrong with each field.
        headers: Headers of the answer.
        code: The machine-readable reason, where the platform gives one.
        errors: Machine-readable reasons by field.
        retry_after_seconds: How long to wait before the next attempt.
    """

    def __init__(
        self,
        status: HTTPStatus,
        message: str | None = None,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        code: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = headers
        self.code = code
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds


def invalid(details: Mapping[str, str]) -> ApiError:
    """Return the refusal of a body or query whose fields are wrong."""
    return ApiError(HTTPStatus.BAD_REQUEST, "Validation failed for one or more fields", details=details)


def error_response(request: web.Request, clock: Clock, error: ApiError) -> web.Response:
    """Render an error body; the newer analytics have a form of their own."""
    if request.path.startswith(ANALYTICS):
        return _newer_form(error)
    body: dict[str, object] = {
        "timestamp": iso(clock()),
        "status": int(error.status),
        "error": error.status.phrase,
    }
    if error.message is not None:
        body["message"] = error.message
    body["path"] = request.path
    if error.details is not None:
        body["details"] = dict(error.details)
    if error.errors:
        body["errors"] = [dict(one) for one in error.errors]
    if error.retry_after_seconds is not None:
        body["retryAfterSeconds"] = error.retry_after_seconds
    return web.Response(
        status=error.status,
        text=dumps(body),
        content_type="application/json",
        headers=error.headers,
    )


def _newer_form(error: ApiError) -> web.Response:
    complaints = "; ".join(f"{name} {complaint}" for name, complaint in (error.details or {}).items())
    body = {
        "code": error.code or error.status.name,
        "message": ": ".join(filter(None, (error.message or error.status.phrase, complaints))),
    }
    return web.Response(status=error.status, text=dumps(body), content_type="application/json", headers=error.headers)


def reporting_errors(clock: Clock) -> Middleware:
    """Return the middleware that gives every failure the platform's form."""

    @web.middleware
    async def report(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return error_response(request, clock, error)
        except web.HTTPException as error:
            return error_response(request, clock, _translated(error))
        except web.RequestPayloadError:
            reason = "The body cannot be read; is it complete, and compressed as its headers say?"
            return error_response(request, clock, ApiError(HTTPStatus.BAD_REQUEST, reason))
        except Exception:  # noqa: BLE001 - the caller learns nothing of the inside, the log everything
            _log.exception("%s %s failed", request.method, request.path)
            failure = ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "An unexpected error occurred")
            return error_response(request, clock, failure)

    return report


def _translated(error: web.HTTPException) -> ApiError:
    """Put the framework's own refusals (404, 405, 413) into the platform's words."""
    status = HTTPStatus(error.status)
    allow = error.headers.get("Allow")
    return ApiError(status, _MESSAGES.get(status), headers={"Allow": allow} if allow else None)


_MESSAGES = {
    HTTPStatus.NOT_FOUND: "No such resource; local_platform/README.md lists what there is",
    HTTPStatus.METHOD_NOT_ALLOWED: "The method is not supported here; see the Allow header",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large; send less in one request",
}
