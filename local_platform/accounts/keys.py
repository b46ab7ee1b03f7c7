"""API keys: what each allows and for whom. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from local_platform import ids
from local_platform.wire import iso_ms, to_ms


class Scope(StrEnum):
    """What a key allows.

    ACCOUNT allows everything, keys included; WRITE everything but keys; READ all that changes nothing; METERING only to
    meter, and to ask for the rules that the meterer has to enforce.
    """

    ACCOUNT = "account"
    WRITE = "write"
    READ = "read"
    METERING = "metering"


_PREFIXES = {Scope.ACCOUNT: "hak", Scope.WRITE: "rev_sk", Scope.READ: "rev_rk", Scope.METERING: "rev_mk"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the numbers of tenant, team and user, and what the key allows."""

    tenant: int
    team: int
    user: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be listed.

    Attributes:
        number: Its number; `id` is what the wire shows.
        name: What it is for.
        hint: Its beginning and end.
        caller: Whom it stands for.
        created_ms: When it was made.
    """

    number: int
    name: str
    hint: str
    caller: Caller
    created_ms: int

    def rendered(self) -> dict[str, object]:
        """Return the key on the wire."""
        return {
            "id": ids.encode("key", self.number),
            "name": self.name,
            "hint": self.hint,
            "scope": str(self.caller.scope),
            "tenantId": ids.encode("tenant", self.caller.tenant),
            "teamId": ids.encode("team", self.caller.team),
            "created": iso_ms(self.created_ms),
        }


class Keys:
    """The keys and teams that requests are checked against, in memory."""

    def __init__(self) -> None:
        self._callers: dict[str, Caller] = {}
        self._teams: frozenset[tuple[int, int]] = frozenset()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what is stored; to be called again after a change."""
        rows = connection.execute("SELECT hash, tenant, team, user, scope FROM api_key").fetchall()
        self._callers = {key: Caller(tenant, team, user, Scope(scope)) for key, tenant, team, user, scope in rows}
        self._teams = frozenset(connection.execute("SELECT tenant, id FROM document WHERE kind = 'team'").fetchall())

    def caller(self, key: str) -> Caller | None:
        """Return whom a key stands for."""
        return self._callers.get(_hash(key))

    def has_team(self, tenant: int, team: int) -> bool:
        """Tell whether a tenant has this team."""
        return (tenant, team) in self._teams


def new_key(scope: Scope, tenant: int) -> str:
    """Make a key; all but account keys carry their tenant's id, because SDKs read it there."""
    secret = secrets.token_hex(16)
    if scope is Scope.ACCOUNT:
        return f"{_PREFIXES[scope]}_{secret}"
    return f"{_PREFIXES[scope]}_{ids.encode('tenant', tenant)}_{secret}"


def keep(connection: sqlite3.Connection, key: str, name: str, caller: Caller, now: datetime) -> Key:
    """Store a key, or change what a known one stands for."""
    (number,) = connection.execute(
        "INSERT INTO api_key (hash, number, name, hint, scope, tenant, team, user, created_ms)"
        " VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM api_key), ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (hash) DO UPDATE SET name = excluded.name, scope = excluded.scope, tenant = excluded.tenant,"
        " team = excluded.team, user = excluded.user RETURNING number",
        (_hash(key), name, _hint(key), caller.scope, caller.tenant, caller.team, caller.user, to_ms(now)),
    ).fetchone()
    return Key(int(number), name, _hint(key), caller, to_ms(now))


def all_of(connection: sqlite3.Connection, tenant: int) -> list[Key]:
    """Return a tenant's keys, the oldest first."""
    rows = connection.execute(
        "SELECT number, name, hint, team, user, scope, created_ms FROM api_key WHERE tenant = ? ORDER BY number",
        (tenant,),
    )
    return [
        Key(number, name, hint, Caller(tenant, team, user, Scope(scope)), created_ms)
        for number, name, hint, team, user, scope, created_ms in rows
    ]


def revoke(connection: sqlite3.Connection, tenant: int, number: int) -> bool:
    """Forget a tenant's key; tell whether there was one."""
    cursor = connection.execute("DELETE FROM api_key WHERE tenant = ? AND number = ?", (tenant, number))
    return cursor.rowcount == 1


def _hint(key: str) -> str:
    return f"{key[:7]}...{key[-4:]}" if len(key) >= 20 else "..."


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
