"""How moments, money, queries and ids look on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from daemon.errors import ContractError

P = TypeVar("P", bound=BaseModel)

Json = Any
"""What `decode` returns; narrowed by the payload models."""

Value: TypeAlias = str | int | float | Decimal | datetime | date | None
Query: TypeAlias = Mapping[str, Value | Sequence[str]]
"""Parameters by name; several values repeat the name, None leaves it out."""

NOTHING: Query = {}

UNREADABLE = (ValueError, RecursionError, ArithmeticError)
"""What `decode` raises: not JSON, nested without end, or a number without bounds."""

FARTHEST_DIGIT = 400


def decode(content: bytes) -> Json:
    """Read JSON; numbers with a fraction become exact decimals.

    Raises:
        ValueError: It is not JSON; see `UNREADABLE` for the other kinds.
    """
    return json.loads(content, parse_float=_exact)


def _exact(text: str) -> Decimal:
    value = Decimal(text)
    # Nothing that the platform counts is that long, and turning it into an integer would take all memory.
    if abs(value.adjusted()) > FARTHEST_DIGIT:
        raise ValueError("a number is out of range")
    return value


def encode(body: Json) -> str:
    """Write JSON; decimals become numbers, moments the platform's form of time."""
    return json.dumps(body, default=_plain)


def _plain(value: object) -> float | str:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def stamp(moment: datetime) -> str:
    """Return the form of a time that the platform takes: UTC with milliseconds."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parameters(query: Query) -> list[tuple[str, str]]:
    """Return a query as pairs."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        several = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        pairs.extend((name, _text(each)) for each in several)
    return pairs


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return stamp(value)
    # Half a surrogate pair has no form in a URL.
    return str(value).encode("utf-8", "replace").decode()


def segment(value: str) -> str:
    """Escape an id as exactly one path segment.

    Raises:
        ContractError: The id is empty, a dot segment, or no text, which no escaping makes safe.
    """
    if value.strip(".") == "" or (not value.isascii() and not _is_text(value)):
        raise ContractError(f"{value!r} cannot be an id; copy the id from a listing")
    return quote(value, safe="")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def read(model: type[P], body: Json, what: str) -> P:
    """Return an answer as its model.

    Raises:
        ContractError: It is something else; the text names the first field, never its content.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"{what} answered something else than expected: {where}: {first['msg']}") from error


def read_each(model: type[P], body: Json, what: str) -> tuple[P, ...]:
    """Return an answer that is a list as its models.

    Raises:
        ContractError: It is something else.
    """
    if not isinstance(body, list):
        raise ContractError(f"{what} answered something else than expected: not a list")
    return tuple(read(model, item, f"{what}[{number}]") for number, item in enumerate(body))


def camel(name: str) -> str:
    """Return the platform's spelling of one of our names."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
