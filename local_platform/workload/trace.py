"""Reads recorded LLM calls: CSV with TIMESTAMP, ContextTokens and GeneratedTokens, row by row."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")

_MOST = 20_000_000  # what platforms take for one call
_LONGEST = 20


class TraceError(Exception):
    """The file is no trace; the text names the line and what belongs there."""


@dataclass(frozen=True, slots=True)
class TraceCall:
    """One recorded call.

    Attributes:
        row: Its place in the file, from 0.
        at: When it was made; the file's times are UTC unless they say otherwise.
    """

    row: int
    at: datetime
    prompt: int
    answer: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a trace tells: that every row is sound, and where it begins and ends.

    Attributes:
        digest: Of the whole file, whatever the limit.
    """

    digest: str
    calls: int
    first: datetime
    last: datetime


def read_trace(path: Path, limit: int | None = None) -> Iterator[TraceCall]:
    """Yield the calls of a trace in the order of the file, at most `limit` of them.

    Raises:
        TraceError: A line is not as it should be, or the file cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from islice(_calls(path, file), limit)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TraceError(f"Cannot read {path}: {error}") from error


def survey(path: Path, limit: int | None = None) -> Survey:
    """Read a trace once from end to end, keeping none of it.

    Raises:
        TraceError: A line is not as it should be, or there is no call.
    """
    calls = 0
    first = datetime.max.replace(tzinfo=UTC)
    last = datetime.min.replace(tzinfo=UTC)
    for call in read_trace(path, limit):
        calls += 1
        first, last = min(first, call.at), max(last, call.at)
    if not calls:
        raise TraceError(f"{path} holds no calls, only a header.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Survey(digest, calls, first, last)


def _calls(path: Path, file: TextIO) -> Iterator[TraceCall]:
    rows = csv.reader(file)
    header = next(rows, [])
    if sorted(header) != sorted(COLUMNS):
        found = ", ".join(header) or "nothing"
        raise TraceError(f"{path}, line 1: expected the columns {', '.join(COLUMNS)}; found {found}.")
    places = [header.index(column) for column in COLUMNS]
    for row, cells in enumerate(filter(None, rows)):
        try:
            yield _call(row, cells, places)
        except ValueError as error:
            raise TraceError(f"{path}, line {rows.line_num}: {error}") from error


def _call(row: int, cells: list[str], places: list[int]) -> TraceCall:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"expected {len(COLUMNS)} values, found {len(cells)}.")
    at, prompt, answer = (cells[place] for place in places)
    return TraceCall(row, _moment(at), _count(COLUMNS[1], prompt), _count(COLUMNS[2], answer))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"TIMESTAMP must read like 2023-11-16 18:17:03.97, not {text!r}.") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _count(column: str, text: str) -> int:
    # Stricter than int(), which takes signs, underscores and digits of other scripts.
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST and int(text) <= _MOST):
        raise ValueError(f"{column} must be a whole number of tokens up to {_MOST:,}, not {text!r}.")
    return int(text)
