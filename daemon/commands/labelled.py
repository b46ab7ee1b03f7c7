"""Reads what people said about recorded series from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from daemon.commands.recorded import InputError
from detectors.backtest.labels import Label
from detectors.feedback import Kind

COLUMNS = ("series", "start", "end", "kind")


def label_file(source: Path) -> list[Label]:
    """Return the labels of a file with the columns series, start, end and kind; stamps default to UTC.

    Raises:
        InputError: The file cannot be read as that; the message names the line.
    """
    with source.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        try:
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{source}: the header lacks {', '.join(missing)}")
            return [_label(f"{source}:{reader.line_num}", row) for row in reader]
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"{source}:{reader.line_num + 1}: not a CSV text: {error}") from error


def _label(where: str, row: Mapping[str, str | None]) -> Label:
    series, start, end, kind = (str(row[name] or "").strip() for name in COLUMNS)
    if kind not in list(Kind):
        raise InputError(f"{where}: the kind is {kind!r}; it must be one of {', '.join(Kind)}")
    label = Label(series, _moment(where, start), _moment(where, end), Kind(kind))
    if label.start >= label.end:
        raise InputError(f"{where}: the end {end} is not after the start {start}")
    return label


def _moment(where: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{where}: the time is {text!r}; write it like 2026-01-31 15:00:00") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
