"""Reads recorded series from CSV: which window, how much, and how long a window is."""

from __future__ import annotations

import csv
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from daemon.errors import Exit, MonitorError

COLUMNS = ("timestamp", "value")
AUTO_ROWS = 101  # rows looked at to find the grain: 100 differences
FALLBACK_GRAIN = timedelta(hours=1)  # when there are no differences to look at
IN_ORDER = 0.75  # least share of the differences that lead onwards in time

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class InputError(MonitorError):
    """The command cannot do what it was asked; the message says what to change."""

    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file.

    Attributes:
        line: Its number in the file.
        stamp: The time as it was written.
        text: The value as it was written.
        others: What the other columns hold, as it was written.
    """

    line: int
    stamp: str
    text: str
    others: Sequence[str]
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class _Header:
    stamp: int
    value: int
    others: Sequence[int]
    names: Sequence[str]


class Table:
    """The rows of one CSV text with the columns timestamp and value, in any order and among others.

    Args:
        name: What errors call it.
        lines: The text.
        zone: The zone that rows are told in; stamps without one are UTC.

    Raises:
        InputError: A column is missing.
    """

    def __init__(self, name: str, lines: TextIO, zone: ZoneInfo) -> None:
        self._name = name
        self._zone = zone
        self._reader = csv.reader(lines)
        self._header = self._read_header()

    @property
    def others(self) -> list[str]:
        """Names of the columns besides the two, as they were written."""
        return [self._header.names[place] for place in self._header.others]

    def rows(self) -> Iterator[Row]:
        """Yield the rows, skipping empty lines.

        Raises:
            InputError: A line cannot be read; the message names it.
        """
        try:
            for fields in self._reader:
                if any(map(str.strip, fields)):
                    yield self._row(fields)
        except (csv.Error, UnicodeDecodeError) as error:
            raise self._unreadable(error) from error

    def _read_header(self) -> _Header:
        try:
            names = [name.strip() for name in next(self._reader, [])]
        except (csv.Error, UnicodeDecodeError) as error:
            raise self._unreadable(error) from error
        known = [name.lower() for name in names]
        if not any(known):
            raise InputError(
                f"{self._name}: there is no header; the first line must name the columns timestamp and value"
            )
        for column in COLUMNS:
            if column not in known:
                hint = "" if len(known) > 1 else "; columns are separated by commas"
                raise InputError(f"{self._name}: the header has no column {column!r}, only {', '.join(known)}{hint}")
        stamp, value = map(known.index, COLUMNS)
        return _Header(stamp, value, [place for place in range(len(names)) if place not in {stamp, value}], names)

    def _row(self, fields: Sequence[str]) -> Row:
        where, header = f"{self._name}:{self._reader.line_num}", self._header
        if len(fields) < len(header.names):
            raise InputError(f"{where}: {len(fields)} fields, fewer than the header")
        stamp, text = fields[header.stamp].strip(), fields[header.value].strip()
        try:
            at = datetime.fromisoformat(stamp)
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(self._zone)
        except (ValueError, OverflowError) as error:
            raise InputError(f"{where}: the timestamp is {stamp!r}; write it like 2026-01-31 15:00:00") from error
        try:
            value = float(text)
        except ValueError as error:
            raise InputError(f"{where}: the value is {text!r}, not a number") from error
        return Row(self._reader.line_num, stamp, text, [fields[place] for place in header.others], at, value)

    def _unreadable(self, error: Exception) -> InputError:
        return InputError(f"{self._name}:{self._reader.line_num + 1}: not a CSV text in UTF-8: {error}")


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        InputError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(f"there is no time zone {name!r}; use a name like Europe/Berlin") from error


def grain_named(text: str) -> timedelta | None:
    """Return the length of a window; None for "auto".

    Raises:
        InputError: The text is no length.
    """
    if text == "auto":
        return None
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if match is None:
        raise InputError(f"the grain is {text!r}: it must be like 5m, 1h or 1d, or auto")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def grain_of(source: Path, rows: Sequence[Row]) -> timedelta:
    """Return the median distance of rows.

    Raises:
        InputError: So many rows are out of order that their distances say nothing.
    """
    stamps = [row.at.timestamp() for row in rows]
    steps = [later - earlier for earlier, later in pairwise(stamps) if later != earlier]
    onwards = [step for step in steps if step > 0]
    if len(onwards) < IN_ORDER * len(steps):
        raise InputError(
            f"{source}: the rows are not in order of time, so nobody can tell how long a window is: "
            "sort them, or give --grain"
        )
    return timedelta(seconds=statistics.median(onwards)) if onwards else FALLBACK_GRAIN


def length_text(span: timedelta) -> str:
    """Write the length of a window as `grain_named` reads it, where it is a whole number of seconds."""
    seconds = span.total_seconds()
    whole = [f"{seconds / size:.0f}{unit}" for unit, size in _UNITS.items() if seconds % size == 0]
    return whole[-1] if whole else f"{seconds:g} seconds"


def trouble(error: Exception) -> str:
    """Say what went wrong; of a file, its name and what the system says of it."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def parameters_named(texts: Sequence[str]) -> dict[str, float | bool]:
    """Read hyper-parameters written as name=value; whether they exist is for the registry to say.

    Raises:
        InputError: A text is not of that form.
    """
    return dict(map(_parameter, texts))


def _parameter(text: str) -> tuple[str, float | bool]:
    name, _, value = text.partition("=")
    words: dict[str, float | bool] = {"true": True, "false": False}
    try:
        return name.strip(), words[value] if value in words else float(value)
    except ValueError as error:
        raise InputError(
            f"the parameter is {text!r}: it must be like rate=0.01, with a number, true or false"
        ) from error
