"""Keeps what must not be read by others out of every text that is made of the platform's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from daemon.client.wire import Json

WINDOW = 16
"""A platform that repeats only part of a secret is caught from this many characters on."""

SHORTEST = 4
"""Anything shorter is part of ordinary words."""

SECRET_FIELDS = frozenset(
    {
        "credential",
        "externalSecret",
        "externalId",
        "apiKey",
        "subscriberCredential",
        "systemPrompt",
        "inputMessages",
        "outputResponse",
    }
)


def secrets_in(body: Json) -> Iterator[str]:
    """Find the secrets that a request carries: credentials and prompts."""
    if isinstance(body, dict):
        for name, value in body.items():
            if name in SECRET_FIELDS:
                yield from _texts(value)
            else:
                yield from secrets_in(value)
    elif isinstance(body, list | tuple):
        for value in body:
            yield from secrets_in(value)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def withhold(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in the text, and every longer piece of one."""
    hidden = bytearray(len(text))
    for secret in secrets:
        size = min(len(secret), WINDOW)
        if size < SHORTEST:
            continue
        for start in range(len(text) - size + 1):
            if text[start : start + size] in secret:
                hidden[start : start + size] = b"\1" * size
    marked = "".join("\0" if hide else letter for letter, hide in zip(text, hidden, strict=True))
    return re.sub("\0+", "(withheld)", marked)
