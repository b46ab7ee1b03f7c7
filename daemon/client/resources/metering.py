"""Sending usage. Each call carries a key, so that repeating it counts nothing twice."""

from __future__ import annotations

from daemon.client.api import Api
from daemon.client.payloads.metering import (
    ApiRequest,
    ApiResponse,
    Audio,
    Completion,
    Event,
    Image,
    Receipt,
    ToolUse,
    Video,
)
from daemon.client.retrying import new_key
from daemon.client.wire import NOTHING, Json, Query, read


class Metering:
    """Usage on its way to the platform.

    Every method takes the key that identifies the call, for a caller who may have to send it again after a
    restart; without one, a new key is made, which holds for the repetitions within the call.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    async def completion(self, usage: Completion, *, idempotency_key: str | None = None) -> Receipt:
        """Meter a call that was answered with text."""
        return await self._send("/ai/completions", {"costType": "AI", **usage.body()}, idempotency_key)

    async def image(self, usage: Image, *, idempotency_key: str | None = None) -> Receipt:
        """Meter pictures."""
        return await self._send("/ai/images", usage.body(), idempotency_key)

    async def audio(self, usage: Audio, *, idempotency_key: str | None = None) -> Receipt:
        """Meter speech."""
        return await self._send("/ai/audio", usage.body(), idempotency_key)

    async def video(self, usage: Video, *, idempotency_key: str | None = None) -> Receipt:
        """Meter films."""
        return await self._send("/ai/video", usage.body(), idempotency_key)

    async def tool(self, use: ToolUse, *, idempotency_key: str | None = None) -> Receipt:
        """Meter the use of a tool."""
        query = {"teamId": await self._api.team_id()}
        return await self._send("/tool/events", use.body(), idempotency_key, query)

    async def event(self, event: Event, *, idempotency_key: str | None = None) -> Receipt:
        """Meter values of one's own elements; unknown elements are made."""
        return await self._send("/events", event.body(), idempotency_key)

    async def api_request(self, request: ApiRequest, *, idempotency_key: str | None = None) -> Receipt:
        """Meter a request to an API of one's own."""
        return await self._send("/apis/requests", request.body(), idempotency_key)

    async def api_response(self, response: ApiResponse, *, idempotency_key: str | None = None) -> Receipt:
        """Meter the answer to it."""
        return await self._send("/apis/responses", response.body(), idempotency_key)

    async def _send(self, path: str, body: Json, key: str | None, query: Query = NOTHING) -> Receipt:
        return read(Receipt, await self._api.meter(path, body, key or new_key(), query), path)
