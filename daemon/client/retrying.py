"""Which requests may be sent again, and after what pause."""

from __future__ import annotations

import re
import uuid

from daemon.errors import ConflictError, ContractError, PlatformError, RateLimitedError, TransientError

READ = (0.25,)
KEYED = (1.0, 2.0, 4.0)
NEVER: tuple[float, ...] = ()


def pauses(method: str, idempotency_key: str | None) -> tuple[float, ...]:
    """Return the seconds between the attempts of a request.

    A write without a key is sent once: whether the lost one was carried out, nobody knows.
    """
    if idempotency_key is not None:
        return KEYED
    return READ if method == "GET" else NEVER


def worth_again(error: PlatformError) -> bool:
    """Tell whether the same request may fare better in a moment. How long a 429 may last is the pace's to say."""
    if isinstance(error, ConflictError):
        return "idempotency_key_in_progress" in str(error)
    return isinstance(error, TransientError) and not isinstance(error, RateLimitedError)


def new_key() -> str:
    """Return a key by which the platform knows the repetition of a write."""
    return str(uuid.uuid4())


def checked_key(key: str) -> str:
    """Return a key that is fit for a header.

    Raises:
        ContractError: It is not.
    """
    if not re.fullmatch(r"[!-~]{1,255}", key):
        raise ContractError("an idempotency key is 1 to 255 visible ASCII characters without a space")
    return key
