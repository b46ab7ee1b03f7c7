"""The key of a data directory: made once, kept in a file, naming its tenant."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from local_platform import ids

_KEY_WITH_TENANT = re.compile(r"rev_[a-z]+_([A-Za-z0-9]+)_.+", re.DOTALL)


def tenant_in(api_key: str) -> int | None:
    """Return the number of the tenant that a key of the form `rev_sk_<tenant>_<secret>` carries."""
    match = _KEY_WITH_TENANT.fullmatch(api_key)
    return ids.decode("tenant", match[1]) if match else None


def new_key() -> str:
    """Make a key for a new tenant."""
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
