"""Query parameters that several routes of this room read alike."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local_platform.http.paging import bad_value
from local_platform.metering.log import moment_of

if TYPE_CHECKING:
    from multidict import MultiMapping

_DAY = timedelta(days=1)


def choice(query: MultiMapping[str], name: str, options: Collection[str], default: str) -> str:
    """Read one of several words.

    Raises:
        ApiError: It is none of them.
    """
    text = query.get(name) or default
    if text not in options:
        raise bad_value(name, text)
    return text


def flag(query: MultiMapping[str], name: str) -> bool | None:
    """Read true or false, or None where nothing is said.

    Raises:
        ApiError: It is neither.
    """
    text = query.get(name)
    return choice(query, name, ("true", "false"), text) == "true" if text else None


def whole(query: MultiMapping[str], name: str) -> int | None:
    """Read a whole number from 0, or None where nothing is said.

    Raises:
        ApiError: It is none.
    """
    text = query.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise bad_value(name, text)
    return int(text)


def listed(query: MultiMapping[str], name: str) -> list[str]:
    """Read a list that clients send repeated or separated by commas."""
    return [word for text in query.getall(name, []) for word in text.split(",") if word]


def last_moment_of(query: MultiMapping[str], name: str) -> datetime | None:
    """Read a moment that ends a span; a date alone means the whole of that day."""
    moment = moment_of(query, name)
    return moment + _DAY if moment is not None and "T" not in query[name] else moment
