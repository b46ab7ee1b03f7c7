"""The account that a data directory starts with, and the one that a given key stands for."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from local_platform import ids
from local_platform.accounts import keys
from local_platform.accounts.identity import tenant_in
from local_platform.accounts.keys import Caller, Scope
from local_platform.accounts.kinds import TEAM, TENANT, USER
from local_platform.resources import documents
from local_platform.session import Session

EMAIL = "owner@example.com"
TEAM_NAME = "Local Team"
TENANT_NAME = "Local"


def settle(connection: sqlite3.Connection, api_key: str, now: datetime) -> Caller:
    """Make sure that a key is known, with everything allowed, and that there is an account behind it.

    A key that carries a tenant stands for that tenant. Any other stands for the directory's first account, so that a new
    key finds the old data.
    """
    tenant = tenant_in(api_key)
    account = _account(connection, tenant)
    if account is None:
        # Derived from the key, so that the same key has the same team in every new directory.
        number = ids.number_of(api_key) if tenant is None else tenant
        account = Caller(number, number, number, Scope.ACCOUNT)
        found_account(connection, account, now)
    keys.keep(connection, api_key, "the data directory's", account, now)
    # What an earlier release has stored belongs to nobody yet.
    for table in ("completion", "incident"):
        connection.execute(f"UPDATE {table} SET team = ? WHERE team = 0", (account.team,))  # noqa: S608 - ours
    return account


def found_account(connection: sqlite3.Connection, account: Caller, now: datetime, name: str = TENANT_NAME) -> None:
    """Make a tenant with one team and one user."""
    session = Session(connection, account.tenant, account.team, account.user, now)
    documents.insert(session, TENANT, {"name": name}, number=account.tenant)
    team = documents.insert(session, TEAM, {"name": f"{name} Team"}, number=account.team)
    TEAM.changed(session, None, team)
    owner = {
        "email": EMAIL,
        "firstName": name,
        "lastName": "Owner",
        "roles": ["ROLE_TENANT_ADMIN"],
        "teamIds": [team.id],
    }
    documents.insert(session, USER, owner, number=account.user)


def _account(connection: sqlite3.Connection, tenant: int | None) -> Caller | None:
    row = connection.execute(
        "SELECT tenant, team, user FROM api_key WHERE scope = ? AND tenant = coalesce(?, tenant) ORDER BY number LIMIT 1",
        (Scope.ACCOUNT, tenant),
    ).fetchone()
    if row is None:
        return None
    tenant_number, team, user = row
    return Caller(tenant_number, team, user, Scope.ACCOUNT)
