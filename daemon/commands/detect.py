"""`revenium-monitor detect`: score recorded series, as they would have been scored live."""

from __future__ import annotations

import argparse
import csv
import re
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from detectors import registry
from detectors.base import DetectorError, Sensitivity
from detectors.scoring import score_rows

COLUMNS = ("timestamp", "value")
SCORED = (*COLUMNS, "score", "is_anomaly", "expected", "low", "high", "reason")
AUTO_ROWS = 101  # rows looked at to find the grain: 100 differences
FALLBACK_GRAIN = timedelta(hours=1)  # when there are no differences to look at
PROGRESS_EVERY = 100_000  # rows

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class InputError(ValueError):
    """The command cannot do what it was asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an input file; the texts are written back unchanged."""

    line: int
    stamp: str
    text: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How every file of a run is scored."""

    detector: str
    sensitivity: Sensitivity
    grain: timedelta | None
    zone: ZoneInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.description = (
        "Score CSV files with the columns timestamp and value, row by row and without looking "
        "ahead; one scored row is written for every row read, to a file of the same name."
    )
    parser.add_argument("inputs", nargs="+", type=Path, metavar="IN.csv")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument("--detector", default="spend", metavar="NAME", help=f"one of {', '.join(registry.names())}")
    parser.add_argument(
        "--grain",
        default="auto",
        help="length of a window: 5m, 1h, 1d, or auto, the median distance of the first rows",
    )
    parser.add_argument(
        "--sensitivity",
        default=Sensitivity.NORMAL,
        choices=[one.value for one in Sensitivity],
        help="how little evidence an anomaly needs",
    )
    parser.add_argument("--timezone", default="UTC", help="zone whose clock shapes the series (stamps default to UTC)")


def run(args: argparse.Namespace) -> int:
    """Score every file; returns 0, or 2 when an input cannot be used."""
    try:
        plan = _plan(args)
        for source, target in _targets(args.inputs, args.output):
            _score_file(source, target, plan)
    except (InputError, DetectorError, OSError) as error:
        print(f"revenium-monitor detect: {error}", file=sys.stderr)
        return 2
    return 0


def _plan(args: argparse.Namespace) -> Plan:
    registry.create(args.detector)  # an unknown name is better told before any file is read
    try:
        zone = ZoneInfo(args.timezone)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(f"there is no time zone {args.timezone!r}; use a name like Europe/Berlin") from error
    return Plan(args.detector, Sensitivity(args.sensitivity), _grain(args.grain), zone)


def _grain(text: str) -> timedelta | None:
    if text == "auto":
        return None
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if match is None:
        raise InputError(f"the grain is {text!r}: it must be like 5m, 1h or 1d, or auto")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def _targets(inputs: list[Path], output: Path) -> list[tuple[Path, Path]]:
    """Pair every input with its output, refusing to overwrite an input or to write one twice."""
    targets = [output / source.name for source in inputs]
    for source, target in zip(inputs, targets, strict=True):
        if targets.count(target) > 1:
            raise InputError(f"two inputs are called {source.name}: score them in separate runs")
        if target.resolve() in {one.resolve() for one in inputs}:
            raise InputError(f"{target} would overwrite an input: choose another --output")
    return list(zip(inputs, targets, strict=True))


def _score_file(source: Path, target: Path, plan: Plan) -> None:
    with _opened(source) as lines, _replacing(target) as out:
        rows = _rows(source, lines, plan.zone)
        head = list(islice(rows, AUTO_ROWS))
        if not head:
            raise InputError(f"{source}: no rows below the header")
        span = plan.grain or _median_distance(head)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(SCORED)
        count = 0
        for count, scored in enumerate(_scored(source, chain(head, rows), plan, span), start=1):
            writer.writerow(scored)
            if count % PROGRESS_EVERY == 0:
                print(f"{source}: {count:,} rows", file=sys.stderr)
    print(f"{source} -> {target}: {count:,} rows of {span}", file=sys.stderr)


def _scored(source: Path, rows: Iterator[Row], plan: Plan, span: timedelta) -> Iterator[tuple[object, ...]]:
    detector = registry.create(plan.detector, sensitivity=plan.sensitivity)
    for row in rows:
        try:
            # One row at a time, so that an error knows its line.
            ((_, verdict),) = score_rows([(row.at, row.value)], detector, span)
        except DetectorError as error:
            raise InputError(f"{source}:{row.line}: {error}") from error
        yield (
            row.stamp,
            row.text,
            verdict.score,
            "true" if verdict.is_anomaly else "false",
            verdict.expected,
            verdict.low,
            verdict.high,
            verdict.reason,
        )


def _rows(source: Path, lines: TextIO, zone: ZoneInfo) -> Iterator[Row]:
    reader = csv.reader(lines)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        places = [_place(source, header, column) for column in COLUMNS]
        for fields in reader:
            if any(field.strip() for field in fields):
                yield _row(source, reader.line_num, fields, places, zone)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{source}:{reader.line_num + 1}: not a CSV text: {error}") from error


def _place(source: Path, header: list[str], column: str) -> int:
    if column not in header:
        found = ", ".join(header) or "nothing"
        raise InputError(f"{source}: the header has no column {column!r}, only {found}")
    return header.index(column)


def _row(source: Path, line: int, fields: list[str], places: list[int], zone: ZoneInfo) -> Row:
    if len(fields) <= max(places):
        raise InputError(f"{source}:{line}: {len(fields)} fields, fewer than the header")
    stamp, text = (fields[place].strip() for place in places)
    try:
        at = _in_zone(datetime.fromisoformat(stamp), zone)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{source}:{line}: the timestamp is {stamp!r}; write it like 2026-01-31 15:00:00") from error
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{source}:{line}: the value is {text!r}, not a number") from error
    return Row(line, stamp, text, at, value)


def _in_zone(at: datetime, zone: ZoneInfo) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone)


def _median_distance(rows: list[Row]) -> timedelta:
    stamps = [row.at.timestamp() for row in rows]
    steps = [later - earlier for earlier, later in pairwise(stamps) if later > earlier]
    return timedelta(seconds=statistics.median(steps)) if steps else FALLBACK_GRAIN


@contextmanager
def _opened(source: Path) -> Iterator[TextIO]:
    with source.open(newline="", encoding="utf-8-sig") as lines:
        yield lines


@contextmanager
def _replacing(target: Path) -> Iterator[TextIO]:
    """Write beside the target and rename at the end, so that no half-written file is ever seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("w", newline="", encoding="utf-8") as out:
            yield out
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
