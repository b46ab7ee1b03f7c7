"""One authenticated request, its failures told apart by what the caller should do about them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

import aiohttp

from daemon.client.failures import Answer, failure
from daemon.client.pacing import USUAL, Limit, Pace, Sleep
from daemon.client.redaction import secrets_in, withhold
from daemon.client.retrying import checked_key, pauses, worth_again
from daemon.client.wire import UNREADABLE, Json, decode, encode
from daemon.clock import Clock
from daemon.errors import ContractError, PlatformError, RateLimitedError, TransientError

MANAGEMENT = "/profitstream/v2/api"
MAX_BODY = 64 * 1024 * 1024

Params: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]


class Host(Enum):
    """The platform's two addresses."""

    API = "management and metering"
    APP = "newer analytics"


@dataclass(frozen=True, slots=True)
class _Destination:
    base: str
    pace: Pace
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    where: str
    """What is asked of whom, for messages."""
    headers: Mapping[str, str] = field(repr=False)
    params: Params | None = field(repr=False)
    body: Json = field(repr=False)


class Transport:
    """Requests with the API key on one connection pool. The key appears in no error and no log."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float,
        app_url: str | None = None,
        limit: Limit = USUAL,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        base, app = base_url.rstrip("/"), (app_url or base_url).rstrip("/")
        self._key = api_key
        self._sleep = sleep
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 10.0))
        self._session: aiohttp.ClientSession | None = None
        self._destinations = {
            Host.API: _Destination(base, Pace(base, limit, clock, sleep), {"x-api-key": api_key}),
            Host.APP: _Destination(app, Pace(app, limit, clock, sleep), {"authorization": f"Bearer {api_key}"}),
        }

    @property
    def base_url(self) -> str:
        """Where management requests go."""
        return self._destinations[Host.API].base

    async def get(self, path: str, params: Params | None = None) -> Json:
        """Read a management resource.

        Raises:
            PlatformError: One of its kinds, see `daemon.errors`.
        """
        return await self.request("GET", MANAGEMENT + path, params=params)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Json = None,
        host: Host = Host.API,
        idempotency_key: str | None = None,
    ) -> Json:
        """Make one request and return the decoded JSON; reads and writes with a key are repeated where that may help.

        Raises:
            PlatformError: One of its kinds, see `daemon.errors`.
        """
        destination = self._destinations[host]
        keyed = {"idempotency-key": checked_key(idempotency_key)} if idempotency_key is not None else {}
        url = destination.base + path
        # Somebody may mistake the key for an id.
        where = f"{method} {withhold(url, (self._key,))}"
        request = _Request(method, url, where, {**destination.credentials, **keyed}, params, body)
        for pause in pauses(method, idempotency_key):
            try:
                return await self._attempt(destination.pace, request)
            except RateLimitedError as error:
                # The pace sleeps through a short wait before the next attempt.
                if not destination.pace.tolerates(error.retry_after):
                    raise
            except PlatformError as error:
                if not worth_again(error):
                    raise
                await self._sleep(pause)
        return await self._attempt(destination.pace, request)

    async def _attempt(self, pace: Pace, request: _Request) -> Json:
        await pace.turn()
        answer = await self._exchange(request)
        if answer.status < 300:
            return _decoded(answer, request.method)
        hidden = (self._key, *secrets_in(request.body))
        error = failure(answer, lambda text: withhold(text, hidden))
        if isinstance(error, RateLimitedError):
            pace.pause(error.retry_after)
        raise error

    async def _exchange(self, request: _Request) -> Answer:
        where = request.where
        try:
            # A redirect would carry the key to wherever it points.
            async with self._open().request(
                request.method,
                request.url,
                params=request.params,
                json=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as response:
                content = await _content(where, response)
                wait = response.headers.get("Retry-After")
                return Answer(where, response.status, response.content_type, content, wait)
        except TimeoutError as error:
            raise TransientError(
                f"{where}: no answer within {self._timeout.total:g} s; is REQUEST_TIMEOUT too short?"
            ) from error
        except aiohttp.ClientPayloadError as error:
            raise TransientError(f"{where}: the answer broke off half-way") from error
        except aiohttp.ClientError as error:
            cause = error.__cause__ if isinstance(error, _LostConnectionError) else error
            # The class alone: some of aiohttp's texts repeat the request.
            raise TransientError(
                f"{where}: cannot be reached ({type(cause).__name__}); check the base URL and the network"
            ) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers={"accept": "application/json", "user-agent": "revenium-monitor"},
                # Many servers close what is idle for 5 s; a write that is sent into that is lost.
                connector=aiohttp.TCPConnector(limit=8, keepalive_timeout=4.0),
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_sent_once,),
                json_serialize=encode,
            )
        return self._session

    async def aclose(self) -> None:
        """Close the pool; safe to call twice."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()
            await asyncio.sleep(0)


class _LostConnectionError(aiohttp.ClientError):
    """The connection was lost before an answer came."""


async def _sent_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending again by itself, which it would do even with a lost PUT or DELETE."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _LostConnectionError from error


async def _content(where: str, response: aiohttp.ClientResponse) -> bytes:
    """Read the body, which may be unpacked on the way, up to what memory should hold."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MAX_BODY:
            raise ContractError(f"{where}: an answer of more than {MAX_BODY} bytes is too large to be a page")
    return bytes(content)


def _decoded(answer: Answer, method: str) -> Json:
    if not answer.content and method != "GET":
        return {}
    if "json" not in answer.content_type:
        raise ContractError(
            f"{answer.where}: answered {answer.content_type} instead of JSON; "
            "the base URL probably points at a web page or a proxy"
        )
    try:
        return decode(answer.content)
    except UNREADABLE:
        # Without the cause: it holds on to the content.
        raise ContractError(f"{answer.where}: answered broken JSON ({len(answer.content)} bytes)") from None
