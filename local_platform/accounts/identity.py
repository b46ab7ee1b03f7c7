"""Whose platform this is: the key, and the tenant, team and user that follow from it."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from local_platform import ids

EMAIL = "owner@example.com"
TEAM_NAME = "Local Team"
TENANT_NAME = "Local"

_KEY_WITH_TENANT = re.compile(r"rev_[a-z]+_([A-Za-z0-9]+)_.+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Identity:
    """The one account of this platform; everything else follows from its key."""

    api_key: str
    tenant_id: str
    team_id: str
    user_id: str


def identity_of(api_key: str) -> Identity:
    """Derive the account of a key, the same at every start.

    A key of the form `rev_sk_<tenant>_<secret>` carries its tenant, because SDKs read it there; any
    other key gets a tenant of its own.
    """
    match = _KEY_WITH_TENANT.fullmatch(api_key)
    number = ids.decode("tenant", match[1]) if match else None
    if number is None:
        number = ids.number_of(api_key)
    return Identity(
        api_key=api_key,
        tenant_id=ids.encode("tenant", number),
        team_id=ids.encode("team", number),
        user_id=ids.encode("user", number),
    )


def new_key() -> str:
    """Make a key with write scope for a new tenant."""
    tenant = ids.encode("tenant", ids.number_of(secrets.token_hex(8)))
    return f"rev_sk_{tenant}_{secrets.token_hex(16)}"


def kept_key(path: Path) -> str:
    """Return the key kept in a file that only its owner reads, making it at the first start."""
    try:
        return path.read_text().strip() or _keep(path, new_key())
    except FileNotFoundError:
        return _keep(path, new_key())


def _keep(path: Path, api_key: str) -> str:
    # Written aside and renamed: a crash in between must not leave an empty key behind.
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(api_key + "\n")
    draft.replace(path)
    return api_key
