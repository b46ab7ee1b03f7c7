"""Whose account this is: found out from the key, unless somebody has said so."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.client.records import Account
from daemon.client.transport import Transport
from daemon.client.wire import read
from daemon.errors import ContractError


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account this is."""

    team_id: str
    tenant_id: str
    owner_id: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the owner has set; it goes before what the key says."""

    team_id: str | None = None
    tenant_id: str | None = None
    owner_id: str | None = None
    email: str | None = None


UNTOLD = Told()


async def discover(transport: Transport, told: Told) -> Identity:
    """Ask whose key this is.

    Raises:
        PlatformError: One of its kinds.
    """
    account = read(Account, await transport.get("/users/me"), "users/me")
    team = told.team_id or (account.teams[0].id if account.teams else account.default_team_id)
    tenant = told.tenant_id or (account.tenant.id if account.tenant else account.tenant_id)
    if not team or not tenant:
        raise ContractError("users/me names no team or tenant; set REVENIUM_TEAM_ID and REVENIUM_TENANT_ID")
    email = account.email or account.label
    return Identity(
        team, tenant, told.owner_id or account.id, told.email or (email if email and "@" in email else None)
    )
