"""Faults on demand, so that clients can be tested against a platform that misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from local_platform.http.errors import invalid

_MANAGEMENT = ("/profitstream/", "/v2/")
_METERING = ("/meter/",)
_ANALYTICS = ("/api/v2/",)
_ROUTES = {
    "management": _MANAGEMENT,
    "metering": _METERING,
    "analytics": _ANALYTICS,
    "all": _MANAGEMENT + _METERING + _ANALYTICS,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Which requests are spoilt, and how.

    Attributes:
        routes: Which routes: management, metering, analytics or all.
        path: What their path must begin with.
        method: Which method they must have; empty for any.
        latency_ms: How long each request waits first.
        status: An error status to answer with.
        retry_after: The Retry-After header of that answer: seconds or an HTTP date.
        html: Whether to answer with a gateway's HTML page.
        truncate: Whether to break the connection in the middle of the true answer.
        drop: Whether to break it without an answer.
        types: Whether the true answer has strings for numbers and objects for lists.
        drip_ms: Over how long the true answer comes in drops.
    """

    routes: str = "management"
    path: str = ""
    method: str = ""
    latency_ms: int = 0
    status: int | None = None
    retry_after: str | None = None
    html: bool = False
    truncate: bool = False
    drop: bool = False
    types: bool = False
    drip_ms: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether it spoils a request."""
        named = path.startswith(_ROUTES[self.routes]) and path.startswith(self.path)
        return named and self.method in ("", method)


class Faults:
    """The switch: at most one fault at a time, for so many requests or until it is taken away."""

    def __init__(self) -> None:
        self._fault: Fault | None = None
        self._left: int | None = None

    def set(self, fault: Fault | None, times: int | None = None) -> None:
        """Replace the fault; None takes it away."""
        self._fault, self._left = fault, times

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request and count it."""
        if self._fault is None or not self._fault.strikes(method, path):
            return None
        if self._left is None:
            return self._fault
        if self._left == 0:
            return None
        self._left -= 1
        return self._fault


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


def _path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/")


def _method(value: object) -> bool:
    return isinstance(value, str) and value in _METHODS


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _error_status(value: object) -> bool:
    return isinstance(value, int) and value in _ERRORS


def _retry_after(value: object) -> bool:
    return _whole(value) or (isinstance(value, str) and value.isprintable())


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_MOST = 3_600_000
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ERRORS = frozenset(status for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
_FLAG = (_flag, "must be true or false")
_MILLISECONDS = (_whole, "must be whole milliseconds, at most an hour")
_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "routes": (_route, f"must be one of {', '.join(_ROUTES)}"),
    "path": (_path, "must be the beginning of a path, such as /v2/api/products"),
    "method": (_method, f"must be one of {', '.join(_METHODS)}"),
    "latency_ms": _MILLISECONDS,
    "status": (_error_status, "must be an HTTP status from 400"),
    "retry_after": (_retry_after, "must be seconds or an HTTP date"),
    "html": _FLAG,
    "truncate": _FLAG,
    "drop": _FLAG,
    "types": _FLAG,
    "drip_ms": _MILLISECONDS,
    "times": (_whole, "must be a whole number of requests"),
}
