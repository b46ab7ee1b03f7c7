"""What a field of a body may hold: small checks that return the value normalised or say what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from local_platform.wire import parse_moment

_LARGEST_AMOUNT = 10**15

# Takes a value that is neither null nor blank and returns it normalised, or raises ComplaintError.
Check = Callable[[Any], Any]


class ComplaintError(Exception):
    """What is wrong with one value."""


def text(longest: int | None = None, pattern: str | None = None) -> Check:
    """A string, with the given limits."""
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ComplaintError("must be a string")
        if longest is not None and len(value) > longest:
            raise ComplaintError(f"size must be between 0 and {longest}")
        if compiled and not compiled.fullmatch(value):
            raise ComplaintError(f'must match "{pattern}"')
        # A lone surrogate is legal JSON but cannot be stored.
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ComplaintError("must be valid Unicode text")
        return value

    return check


def cut_text(longest: int) -> Check:
    """A string of which only the beginning is kept."""
    check = text()
    return lambda value: check(value)[:longest]


def whole(most: int) -> Check:
    """An integer from 0."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ComplaintError("must be an integer")
        # The range comes first: whether 1e999 is whole cannot be computed.
        if not 0 <= value <= most:
            raise ComplaintError(f"must be between 0 and {most}")
        if value != int(value):
            raise ComplaintError("must be an integer")
        return int(value)

    return check


def number(most: Decimal) -> Check:
    """A number from 0, kept exactly."""

    def check(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ComplaintError("must be a number")
        if not 0 <= value <= most:
            raise ComplaintError(f"must be between 0 and {most}")
        return Decimal(value)

    return check


def choice(words: str) -> Check:
    """One of the given words."""
    known = frozenset(words.split())

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ComplaintError(f"must be one of {', '.join(sorted(known))}")
        return value

    return check


def flag(value: Any) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise ComplaintError("must be true or false")
    return value


def moment(value: Any) -> datetime:
    """An ISO-8601 moment with its offset."""
    try:
        return parse_moment(value)
    except (TypeError, ValueError, OverflowError):
        raise ComplaintError("must be an ISO-8601 moment with an offset, such as 2026-01-31T10:15:30.000Z") from None


def moment_text(value: Any) -> str:
    """An ISO-8601 moment with its offset, kept as it was written."""
    moment(value)
    return str(value)


def items(check: Check, most: int = 1000) -> Check:
    """A list whose items all pass a check."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ComplaintError("must be a list")
        if len(value) > most:
            raise ComplaintError(f"size must be between 0 and {most}")
        return [check(item) for item in value]

    return check_all


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, kept as it is."""
    if not isinstance(value, dict):
        raise ComplaintError("must be an object")
    return value


def anything(value: Any) -> Any:
    """Any JSON value, kept as it is."""
    return value


def amount(value: Any) -> Decimal:
    """A number of either sign; clients send some of them as strings."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ComplaintError("must be a number")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ComplaintError("must be a number") from None
    if not found.is_finite() or abs(found) > _LARGEST_AMOUNT:
        raise ComplaintError(f"must be between -{_LARGEST_AMOUNT} and {_LARGEST_AMOUNT}")
    return found


def email(value: Any) -> str:
    """Something with one @ between two parts; whether it can be reached is not our business."""
    address = _ADDRESS(value)
    local, at, host = address.rpartition("@")
    if not (at and local and host) or "@" in local or any(letter.isspace() for letter in address):
        raise ComplaintError("must be a well-formed email address")
    return str(address)


_ADDRESS = text(320)


def applied(
    checks: Mapping[str, Check], body: Mapping[str, Any], complaints: dict[str, str], prefix: str = ""
) -> dict[str, Any]:
    """Return the checked values of a body; null, blank and unknown fields are left out.

    Args:
        checks: The check of each known field.
        body: The fields as they were sent.
        complaints: Where complaints are put, by field.
        prefix: What is put in front of a field's name in a complaint.
    """
    fields = {}
    for name, value in body.items():
        check = checks.get(name)
        if check is None or value is None or value == "":
            continue
        try:
            fields[name] = check(value)
        except ComplaintError as complaint:
            complaints[prefix + name] = str(complaint)
    return fields
