"""API keys: what each allows and for whom. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

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


class State(StrEnum):
    """Whether a key is accepted."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


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
        state: Whether it is accepted.
        caller: Whom it stands for.
        created_ms: When it was made.
    """

    number: int
    name: str
    hint: str
    state: State
    caller: Caller
    created_ms: int

    def rendered(self) -> dict[str, object]:
        """Return the key on the wire."""
        return {
            "id": ids.encode("key", self.number),
            "name": self.name,
            "hint": self.hint,
            "scope": str(self.caller.scope),
            "state": str(self.state),
            "tenantId": ids.encode("tenant", self.caller.tenant),
            "teamId": ids.encode("team", self.caller.team),
            "created": iso_ms(self.created_ms),
        }


class Keys:
    """The keys and teams that requests are checked against, in memory.

    Attributes:
        operator: The number of the tenant that the platform was started for; its account keys switch what concerns all.
    """

    def __init__(self) -> None:
        self.operator = 0
        self._keys: Mapping[str, Key] = {}
        self._teams: frozenset[tuple[int, int]] = frozenset()
        self._loading = threading.Lock()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what is stored; to be called again after a change."""
        # One after the other: a slow reading must not put back what a later one saw revoked.
        with self._loading:
            rows = connection.execute(f"SELECT {_COLUMNS}, hash FROM api_key").fetchall()  # noqa: S608 - ours
            self._keys = {key: _key(row) for *row, key in rows}
            teams = connection.execute("SELECT tenant, id FROM document WHERE kind = 'team'").fetchall()
            self._teams = frozenset(teams)

    def find(self, key: str) -> Key | None:
        """Return what is known of a key."""
        return self._keys.get(_hash(key))

    def has_team(self, tenant: int, team: int) -> bool:
        """Tell whether a tenant has this team."""
        return (tenant, team) in self._teams


_COLUMNS = "number, name, hint, state, tenant, team, user, scope, created_ms"
_KEEP = (
    "INSERT INTO api_key (hash, number, name, hint, scope, tenant, team, user, created_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (hash) DO UPDATE SET name = excluded.name, scope = excluded.scope, tenant = excluded.tenant,"
    " team = excluded.team, user = excluded.user, state = 'active'"
    " RETURNING number, name, hint, state, tenant, team, user, scope, created_ms"
)


def new_key(scope: Scope, tenant: int) -> str:
    """Make a key; all but account keys carry their tenant's id, because SDKs read it there."""
    secret = secrets.token_hex(16)
    if scope is Scope.ACCOUNT:
        return f"{_PREFIXES[scope]}_{secret}"
    return f"{_PREFIXES[scope]}_{ids.encode('tenant', tenant)}_{secret}"


def keep(connection: sqlite3.Connection, key: str, name: str, caller: Caller, now: datetime) -> Key:
    """Store a key, or change what a known one stands for; it is accepted from now on."""
    row = connection.execute(
        _KEEP,
        (
            *(_hash(key), _next_number(connection), name, _hint(key)),
            *(caller.scope, caller.tenant, caller.team, caller.user, to_ms(now)),
        ),
    ).fetchone()
    return _key(row)


def all_of(connection: sqlite3.Connection, tenant: int) -> list[Key]:
    """Return a tenant's keys, the oldest first."""
    query = f"SELECT {_COLUMNS} FROM api_key WHERE tenant = ? ORDER BY number"  # noqa: S608 - ours
    return [_key(row) for row in connection.execute(query, (tenant,))]


def switch(connection: sqlite3.Connection, tenant: int, number: int, state: State) -> Key | None:
    """Accept a tenant's key or refuse it from now on; return it, or None when there is none."""
    statement = f"UPDATE api_key SET state = ? WHERE tenant = ? AND number = ? RETURNING {_COLUMNS}"  # noqa: S608 - ours
    row = connection.execute(statement, (state, tenant, number)).fetchone()
    return row and _key(row)


def revoke(connection: sqlite3.Connection, tenant: int, number: int) -> bool:
    """Forget a tenant's key; tell whether there was one."""
    cursor = connection.execute("DELETE FROM api_key WHERE tenant = ? AND number = ?", (tenant, number))
    return cursor.rowcount == 1


def _key(row: Sequence[Any]) -> Key:
    number, name, hint, state, tenant, team, user, scope, created_ms = row
    return Key(number, name, hint, State(state), Caller(tenant, team, user, Scope(scope)), created_ms)


def _next_number(connection: sqlite3.Connection) -> int:
    """Return a number that no key had before: who deletes a key twice must not hit a newer one."""
    (number,) = connection.execute("UPDATE sequence SET last = last + 1 WHERE kind = 'key' RETURNING last").fetchone()
    return int(number)


def _hint(key: str) -> str:
    return f"{key[:7]}...{key[-4:]}" if len(key) >= 20 else "..."


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
