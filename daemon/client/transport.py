"""One authenticated request, its failures told apart by what the caller should do about them."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from daemon.errors import AuthError, ContractError, NotFoundError, PlatformError, RateLimitedError, TransientError

MANAGEMENT = "/profitstream/v2/api"
MAX_BODY = 64 * 1024 * 1024
LONGEST_WAIT = 900.0
USUAL_WAIT = 30.0

UNREADABLE = (ValueError, RecursionError)
"""What `json.loads` raises: not JSON, or nested without end."""

Json = Any
"""What `json.loads` returns; narrowed by the payload models."""


class Transport:
    """Requests with the API key on one connection pool. The key appears in no error and no log."""

    def __init__(self, base_url: str, api_key: str, *, timeout: float) -> None:
        self._base = base_url.rstrip("/")
        self._key = api_key
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 10.0))
        self._session: aiohttp.ClientSession | None = None

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return self._base

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """Read a management resource, trying once more if the connection or the platform fails.

        Raises:
            PlatformError: One of its kinds, see `daemon.errors`.
        """
        try:
            return await self.request("GET", MANAGEMENT + path, params=params)
        except RateLimitedError:
            raise
        except TransientError:
            return await self.request("GET", MANAGEMENT + path, params=params)

    async def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Json = None
    ) -> Json:
        """Make one request and return the decoded JSON.

        Raises:
            PlatformError: One of its kinds, see `daemon.errors`.
        """
        where = f"{method} {self._base}{path}"
        try:
            # A redirect would carry the key to wherever it points.
            async with self._open().request(
                method, self._base + path, params=params, json=body, allow_redirects=False
            ) as response:
                content = await _content(where, response)
                if response.status >= 400:
                    # A platform that repeats the key in its complaint must not put it into our logs.
                    content = content.replace(self._key.encode(), b"(the key)")
                return _answer(where, response, content)
        except TimeoutError as error:
            raise TransientError(
                f"{where}: no answer within {self._timeout.total:g} s; is REQUEST_TIMEOUT too short?"
            ) from error
        except aiohttp.ClientPayloadError as error:
            raise TransientError(f"{where}: the answer broke off half-way") from error
        except aiohttp.ClientError as error:
            # The class alone: some of aiohttp's texts repeat the request.
            raise TransientError(
                f"{where}: cannot be reached ({type(error).__name__}); check the base URL and the network"
            ) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers={"x-api-key": self._key, "accept": "application/json", "user-agent": "revenium-monitor"},
                connector=aiohttp.TCPConnector(limit=8),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def aclose(self) -> None:
        """Close the pool; safe to call twice."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()
            await asyncio.sleep(0)


def segment(value: str) -> str:
    """Escape an id as exactly one path segment.

    Raises:
        ContractError: The id is empty or a dot segment, which no escaping makes safe.
    """
    if not value or value.strip(".") == "":
        raise ContractError(f"{value!r} cannot be an id; copy the id from a listing")
    return quote(value, safe="")


async def _content(where: str, response: aiohttp.ClientResponse) -> bytes:
    """Read the body, which may be unpacked on the way, up to what memory should hold."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MAX_BODY:
            raise ContractError(f"{where}: an answer of more than {MAX_BODY} bytes is too large to be a page")
    return bytes(content)


def _answer(where: str, response: aiohttp.ClientResponse, content: bytes) -> Json:
    status = response.status
    if status in {401, 403}:
        raise AuthError(f"{where}: the platform refused the API key ({status}{_said(content)}); check REVENIUM_API_KEY")
    if status == 404:
        raise NotFoundError(f"{where}: not there (404{_said(content)}); check the id and the base URL")
    if status == 429:
        wait = retry_after(response.headers.get("Retry-After"), content)
        raise RateLimitedError(f"{where}: the platform asks to wait {wait:g} s", retry_after=wait)
    if status >= 500 or status == 408:
        raise TransientError(f"{where}: the platform failed ({status}{_said(content)})")
    if status >= 400:
        raise PlatformError(f"{where}: the platform refused the request ({status}{_said(content)})")
    if status >= 300:
        raise ContractError(f"{where}: answered a redirect ({status}); set REVENIUM_BASE_URL to the final address")
    return _decode(where, response, content)


def _decode(where: str, response: aiohttp.ClientResponse, content: bytes) -> Json:
    if not content and response.method != "GET":
        return {}
    if "json" not in response.content_type:
        raise ContractError(
            f"{where}: answered {response.content_type} instead of JSON; the base URL probably points at a web page or a proxy"
        )
    try:
        return json.loads(content)
    except UNREADABLE as error:
        raise ContractError(f"{where}: answered broken JSON ({len(content)} bytes)") from error


def _said(content: bytes) -> str:
    """Return the platform's own words, if the body holds any, shortened."""
    try:
        body = json.loads(content)
    except UNREADABLE:
        return ""
    words = body.get("message") or body.get("error") if isinstance(body, dict) else None
    return f": {' '.join(words.split())[:200]}" if isinstance(words, str) else ""


def retry_after(header: str | None, content: bytes = b"", now: datetime | None = None) -> float:
    """Return the seconds to wait that a 429 asks for: header in seconds or as a date, else the body's field."""
    wait = _header_seconds(header, now) if header else None
    if wait is None:
        try:
            wait = float(json.loads(content)["retryAfterSeconds"])
        except (*UNREADABLE, KeyError, TypeError, OverflowError):
            wait = USUAL_WAIT
    return min(max(wait, 0.0), LONGEST_WAIT) if math.isfinite(wait) else USUAL_WAIT


def _header_seconds(header: str, now: datetime | None) -> float | None:
    try:
        return float(header)
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return None
    # A date in "-0000" has no zone; HTTP dates are UTC.
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return (then - (now or datetime.now(UTC))).total_seconds()
