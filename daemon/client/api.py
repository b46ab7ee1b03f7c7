"""The transport together with whose account it is about: what every family of calls needs."""

from __future__ import annotations

import asyncio
from enum import Enum

from daemon.client.identity import Identity, Told, discover
from daemon.client.transport import MANAGEMENT, Host, Transport
from daemon.client.wire import NOTHING, Json, Query, parameters


class Scope(Enum):
    """By which id a call says whose things it is about."""

    TEAM = "teamId"
    TENANT = "tenantId"
    NONE = ""


class Api:
    """Calls on behalf of one account, which is found out once, when it is first needed."""

    def __init__(self, transport: Transport, told: Told) -> None:
        self._transport = transport
        self._told = told
        self._identity: Identity | None = None
        self._asking = asyncio.Lock()

    async def identity(self) -> Identity:
        """Return whose account this is.

        Raises:
            PlatformError: One of its kinds; the next call asks again.
        """
        async with self._asking:
            if self._identity is None:
                self._identity = await discover(self._transport, self._told)
            return self._identity

    async def team_id(self) -> str:
        """Return the team, without asking if it was told."""
        return self._told.team_id or (await self.identity()).team_id

    async def tenant_id(self) -> str:
        """Return the tenant, without asking if it was told."""
        return self._told.tenant_id or (await self.identity()).tenant_id

    async def owner_id(self) -> str:
        """Return the user that new things belong to, without asking if it was told."""
        return self._told.owner_id or (await self.identity()).owner_id

    async def get(self, path: str, query: Query = NOTHING, *, scope: Scope = Scope.TEAM) -> Json:
        """Read a management resource."""
        return await self._transport.get(path, await self._scoped(query, scope))

    async def send(
        self, method: str, path: str, body: Json = None, query: Query = NOTHING, *, scope: Scope = Scope.TEAM
    ) -> Json:
        """Change a management resource."""
        params = await self._scoped(query, scope)
        return await self._transport.request(method, MANAGEMENT + path, params=params, body=body)

    async def meter(self, path: str, body: Json, key: str, query: Query = NOTHING) -> Json:
        """Send usage; the key makes it safe to repeat."""
        params = parameters(query)
        return await self._transport.request("POST", "/meter/v2" + path, params=params, body=body, idempotency_key=key)

    async def app(
        self, method: str, path: str, query: Query = NOTHING, *, body: Json = None, key: str | None = None
    ) -> Json:
        """Call the platform's second address."""
        return await self._transport.request(
            method, "/api/v2" + path, params=parameters(query), body=body, host=Host.APP, idempotency_key=key
        )

    async def _scoped(self, query: Query, scope: Scope) -> list[tuple[str, str]]:
        if scope is Scope.TEAM:
            query = {"teamId": await self.team_id(), **query}
        elif scope is Scope.TENANT:
            query = {"tenantId": await self.tenant_id(), **query}
        return parameters(query)
