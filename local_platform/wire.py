"""How moments, money and JSON look on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NoReturn

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NANOS_PER_DOLLAR = 1_000_000_000


def utc_now() -> datetime:
    """Return the present moment; the default of every `Clock`."""
    return datetime.now(UTC)


def parse_moment(text: str) -> datetime:
    """Read an ISO-8601 moment.

    Raises:
        ValueError: The text is no moment, or names no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the offset is missing")
    return moment.astimezone(UTC)


def to_ms(moment: datetime) -> int:
    """Return the whole milliseconds since the epoch."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the moment of an epoch timestamp in milliseconds."""
    return _EPOCH + milliseconds * _MILLISECOND


def iso(moment: datetime) -> str:
    """Return the moment as the platform writes it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def iso_ms(milliseconds: int | None) -> str | None:
    """Return an epoch timestamp as the platform writes moments."""
    return None if milliseconds is None else iso(from_ms(milliseconds))


def to_nano(dollars: Decimal) -> int:
    """Return whole nanodollars: SQL can sum them exactly."""
    return int((dollars * _NANOS_PER_DOLLAR).to_integral_value())


def from_nano(nanodollars: int) -> float:
    """Return dollars as a JSON number; up to eight million dollars its shortest form is exact to the nanodollar."""
    return nanodollars / _NANOS_PER_DOLLAR


def loads(text: bytes) -> object:
    """Parse UTF-8 JSON with exact fractions.

    Raises:
        ValueError: The text is not JSON, or holds NaN or an infinity, or nests too deeply.
    """
    try:
        value: object = _DECODER.decode(text.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except InvalidOperation:
        raise ValueError("a number is out of range") from None
    return value


def dumps(value: object) -> str:
    """Render compact JSON; a Decimal becomes a number."""
    return _ENCODER.encode(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


# Made once: making them costs more than a small body takes.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=float)
