"""Sends calls to a platform and does not let go of one until the platform has taken it."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from local_platform.workload.calls import Body

COMPLETIONS = "/meter/v2/ai/completions"

Sleep = Callable[[float], Awaitable[None]]

_TRY_AGAIN = frozenset({408, 409, 425, 429})
_SHORTEST, _LONGEST = 0.25, 8.0
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


class MeteringError(Exception):
    """The platform took nothing; the text says why and what to do."""


class RefusedError(MeteringError):
    """The platform answered, and its answer was no.

    Attributes:
        status: The HTTP status.
        retry_after: Seconds that the platform asks to wait, if it does.
    """

    def __init__(self, status: int, reason: str, retry_after: float | None = None) -> None:
        super().__init__(f"The platform answered {status}: {reason}. {_remedy(status)}".rstrip())
        self.status = status
        self.retry_after = retry_after


class UnreachableError(MeteringError):
    """Nobody answered."""

    def __init__(self, cause: BaseException) -> None:
        why = str(cause) or "no answer in time"
        super().__init__(f"Cannot reach the platform: {why}. Is it running, and is the URL right?")


def open_session(url: str, api_key: str) -> aiohttp.ClientSession:
    """Return a session whose paths are relative to the platform's origin."""
    return aiohttp.ClientSession(url, headers={"x-api-key": api_key}, timeout=_TIMEOUT)


async def meter(
    session: aiohttp.ClientSession,
    body: Body,
    key: str,
    *,
    patience: float = math.inf,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Meter one call, trying again under the same idempotency key while that makes sense.

    Args:
        session: From `open_session`.
        body: The call.
        key: The idempotency key; however often it is sent, the call counts once.
        patience: Seconds of waiting after which to give up.
        sleep: How to wait.

    Raises:
        RefusedError: The platform refuses the call for good, or for longer than the patience lasts.
        UnreachableError: Nobody answered for as long as the patience lasted.
    """
    waited = 0.0
    for attempt in itertools.count():
        problem = await _attempt(session, body, key)
        if problem is None:
            return
        wait = _pause(problem, attempt)
        if wait is None or waited + wait > patience:
            raise problem
        await sleep(wait)
        waited += wait


async def fetch(session: aiohttp.ClientSession, path: str, **query: str) -> Any:
    """Return the JSON that the platform holds at a path.

    Raises:
        RefusedError: The platform refuses.
        UnreachableError: Nobody answered.
    """
    return _parsed(await _exchange(session, "GET", path, params=query))


async def post(session: aiohttp.ClientSession, path: str, body: Any) -> Any:
    """Post JSON, or text as it is, and return the JSON that comes back.

    Raises:
        RefusedError: The platform refuses.
        UnreachableError: Nobody answered.
    """
    if isinstance(body, str):
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await _exchange(session, "POST", path, data=body.encode(), headers=headers)
    else:
        answer = await _exchange(session, "POST", path, json=body)
    return _parsed(answer)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or HTTP date; None when there is none to be read."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


async def _attempt(session: aiohttp.ClientSession, body: Body, key: str) -> MeteringError | None:
    headers = {"Idempotency-Key": key}
    try:
        await _exchange(session, "POST", COMPLETIONS, json=body, headers=headers)
    except MeteringError as problem:
        return problem
    return None


async def _exchange(session: aiohttp.ClientSession, method: str, path: str, **how: Any) -> str:
    try:
        # A redirect would turn a POST into a GET and carry the key to another host.
        async with session.request(method, path, allow_redirects=False, **how) as answer:
            text = await answer.text()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UnreachableError(error) from error
    if answer.status >= 300:
        wait = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
        raise RefusedError(answer.status, _reason(text, answer.reason), wait)
    return text


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise MeteringError("The answer is no JSON. Does the URL lead to a platform?") from error


def _pause(problem: MeteringError, attempt: int) -> float | None:
    """Return the seconds to wait before the next attempt, None when it would be no use."""
    backoff = float(min(_LONGEST, _SHORTEST * 2 ** min(attempt, 10)))
    if not isinstance(problem, RefusedError):
        return backoff
    if problem.status not in _TRY_AGAIN and problem.status < 500:
        return None
    return backoff if problem.retry_after is None else max(problem.retry_after, _SHORTEST)


def _reason(text: str, fallback: str | None) -> str:
    """Return what an error body says, the first detail before the general message."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return fallback or "no reason given"
    details = body.get("details")
    if isinstance(details, dict) and details:
        field, message = next(iter(details.items()))
        return f"{field} {message}"
    return str(body.get("message") or body.get("error") or fallback)


def _remedy(status: int) -> str:
    match status:
        case 401 | 403:
            return "Check the API key: it may be wrong, expired or without the right to meter."
        case 404:
            return "Check the URL: give the bare origin, such as http://127.0.0.1:8971."
        case 429:
            return "It asks for a slower pace; try again later."
        case _:
            return ""
