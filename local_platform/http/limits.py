"""How many requests a key may make: a steady rate with bursts above it. Off until it is switched on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from local_platform.checks import applied, flag, whole
from local_platform.http.errors import ApiError, invalid
from local_platform.wire import Clock

_MOST = 10_000_000
_CHECKS = {"requests_per_minute": whole(_MOST), "burst": whole(_MOST), "http_date": flag}


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit.

    Attributes:
        requests_per_minute: What a key may make in the long run.
        burst: How many of them may come at once.
        http_date: Whether a refusal names the moment to come back rather than the seconds to wait.
    """

    requests_per_minute: int
    burst: int
    http_date: bool = False

    def rendered(self) -> dict[str, object]:
        """Return the limit on the wire."""
        return asdict(self)


class Limits:
    """A bucket of tokens for each key."""

    def __init__(self, clock: Clock, rate: Rate | None = None) -> None:
        self._clock = clock
        self._rate = rate
        # When each key's bucket will be full again, in epoch seconds; one number says all about a bucket.
        self._full_at: dict[int, float] = {}

    def set(self, rate: Rate | None) -> None:
        """Replace the limit, with full buckets; None takes it away."""
        self._rate = rate
        self._full_at.clear()

    def check(self, key: int) -> None:
        """Count a request of a key.

        Raises:
            ApiError: The key's bucket is empty.
        """
        if self._rate is None:
            return
        interval = 60 / self._rate.requests_per_minute
        now = self._clock().timestamp()
        full_at = max(self._full_at.get(key, now), now) + interval
        wait = full_at - now - interval * self._rate.burst
        # Sums of fractions of a second are off by less than this.
        if wait > 1e-6:
            raise self._refusal(math.ceil(wait), http_date=self._rate.http_date)
        self._full_at[key] = full_at

    def _refusal(self, seconds: int, *, http_date: bool) -> ApiError:
        moment = self._clock() + timedelta(seconds=seconds)
        return ApiError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Too many requests with this key; retry after {seconds} seconds",
            headers={"Retry-After": format_datetime(moment, usegmt=True) if http_date else str(seconds)},
            retry_after_seconds=seconds,
        )


def rate_of(body: object) -> Rate | None:
    """Read a limit; an empty object takes it away.

    Raises:
        ApiError: A field is unknown or wrong.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints = {name: f"is unknown; choose among {', '.join(_CHECKS)}" for name in body.keys() - _CHECKS.keys()}
    fields = applied(_CHECKS, body, complaints)
    if body and not fields.get("requests_per_minute"):
        complaints.setdefault("requests_per_minute", "must be at least 1")
    if complaints:
        raise invalid(complaints)
    return _rate(fields) if body else None


def _rate(fields: Mapping[str, Any]) -> Rate:
    per_minute = fields["requests_per_minute"]
    return Rate(per_minute, fields.get("burst") or per_minute, fields.get("http_date", False))
