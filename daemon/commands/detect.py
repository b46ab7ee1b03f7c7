"""`revenium-monitor detect`: score recorded series, as they would have been scored live."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import TextIOWrapper
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from daemon.commands.recorded import (
    AUTO_ROWS,
    COLUMNS,
    InputError,
    Row,
    Table,
    grain_named,
    grain_of,
    length_text,
    parameters_named,
    trouble,
    zone_named,
)
from daemon.errors import Exit
from detectors import registry
from detectors.base import Detector, DetectorError, Sensitivity, Verdict
from detectors.scoring import score_rows

SCORED = (*COLUMNS, "score", "is_anomaly", "expected", "low", "high", "reason")
STREAM = Path("-")
ENCODING = "utf-8-sig"  # spreadsheets put a mark before the header
PROGRESS_EVERY = 100_000  # rows


@dataclass(frozen=True, slots=True)
class Plan:
    """How every file of a run is scored."""

    detector: str
    sensitivity: Sensitivity
    grain: timedelta | None
    zone: ZoneInfo
    parameters: Mapping[str, float | bool] = field(default_factory=dict)

    def build(self) -> Detector:
        """Return a fresh detector."""
        return registry.create(self.detector, sensitivity=self.sensitivity, **self.parameters)


@dataclass(slots=True)
class _Count:
    rows: int = 0
    anomalies: int = 0
    warming_up: int = 0

    def add(self, verdict: Verdict) -> None:
        self.rows += 1
        self.anomalies += verdict.is_anomaly
        self.warming_up += verdict.warming_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.description = (
        "Score CSV files with the columns timestamp and value, row by row and without looking "
        "ahead; one scored row is written for every row read. Other columns are handed on behind those of the score."
    )
    parser.add_argument(
        "inputs", nargs="+", type=Path, metavar="IN.csv", help="files to score; - is the standard input"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where a file of the same name is written; one input may do without, it goes to the standard output",
    )
    parser.add_argument("--detector", default="spend", metavar="NAME", help=f"one of {', '.join(registry.names())}")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the detector; may be repeated"
    )
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
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="files scored at the same time (default 1)")


def run(args: argparse.Namespace) -> int:
    """Score every file; returns 0, or 2 when an input cannot be used."""
    try:
        plan = _plan(args)
        tasks = _targets(args.inputs, args.output)
        for line in _score_all(tasks, plan, args.jobs):
            print(line, file=sys.stderr)
    except BrokenPipeError:
        raise  # whoever read the output has enough; the command line knows how to leave quietly
    except (InputError, DetectorError, OSError) as error:
        print(f"revenium-monitor detect: {trouble(error)}", file=sys.stderr)
        return Exit.USAGE
    return Exit.OK


def _plan(args: argparse.Namespace) -> Plan:
    if args.jobs < 1:
        raise InputError(f"--jobs is {args.jobs}: it must be 1 or more")
    plan = Plan(
        args.detector,
        Sensitivity(args.sensitivity),
        grain_named(args.grain),
        zone_named(args.timezone),
        parameters_named(args.parameter),
    )
    plan.build()  # an unknown name is better told before any file is read
    return plan


def _targets(inputs: Sequence[Path], output: Path | None) -> list[tuple[Path, Path]]:
    """Pair every input with its output, refusing to overwrite an input or to write one twice."""
    if output is None:
        if len(inputs) > 1:
            raise InputError("several inputs need --output, the directory where their results are written")
        return [(inputs[0], STREAM)]
    targets = [output / ("stdin.csv" if source == STREAM else source.name) for source in inputs]
    for source, target in zip(inputs, targets, strict=True):
        if targets.count(target) > 1:
            raise InputError(f"two inputs are called {source.name}: score them in separate runs")
        if target.resolve() in {one.resolve() for one in inputs}:
            raise InputError(f"{target} would overwrite an input: choose another --output")
    return list(zip(inputs, targets, strict=True))


def _score_all(tasks: Sequence[tuple[Path, Path]], plan: Plan, jobs: int) -> Iterator[str]:
    """Yield one line about each file when it is done, in the order given."""
    if jobs == 1 or len(tasks) == 1:
        for source, target in tasks:
            yield _score_file(source, target, plan)
        return
    # Fresh processes: a copy of this one would share its open files.
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_score_file, source, target, plan) for source, target in tasks]
        try:
            for one in running:
                yield one.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _score_file(source: Path, target: Path, plan: Plan) -> str:
    with _opened(source) as lines, _written(target) as out:
        table = Table(str(source), lines, plan.zone)
        rows = table.rows()
        head = list(islice(rows, AUTO_ROWS))
        if not head:
            raise InputError(f"{source}: no rows below the header")
        span = plan.grain or grain_of(source, head)
        scored = _scored(source, chain(head, rows), plan.build(), span)
        count = _write(scored, out, source, table.others)
    judged = f"anomalous: {count.anomalies:,}, too little history: {count.warming_up:,}"
    return f"{source} -> {target}: {count.rows:,} row{'' if count.rows == 1 else 's'} of {length_text(span)}; {judged}"


def _write(scored: Iterable[tuple[Row, Verdict]], out: TextIO, source: Path, others: Sequence[str]) -> _Count:
    """Write what was scored behind a header; returns how much it was."""
    # A file that was scored before gets its score anew rather than twice.
    kept = [place for place, name in enumerate(others) if name not in SCORED]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*SCORED, *(others[place] for place in kept)])
    count = _Count()
    for row, verdict in scored:
        writer.writerow([*_fields(row, verdict), *(row.others[place] for place in kept)])
        count.add(verdict)
        if count.rows % PROGRESS_EVERY == 0:
            print(f"{source}: {count.rows:,} rows", file=sys.stderr)
    return count


def _fields(row: Row, verdict: Verdict) -> tuple[object, ...]:
    return (
        row.stamp,
        row.text,
        verdict.score,
        "true" if verdict.is_anomaly else "false",
        verdict.expected,
        verdict.low,
        verdict.high,
        verdict.reason,
    )


def _scored(source: Path, rows: Iterable[Row], detector: Detector, span: timedelta) -> Iterator[tuple[Row, Verdict]]:
    for row in rows:
        try:
            # One row at a time, so that an error knows its line.
            ((_, verdict),) = score_rows([(row.at, row.value)], detector, span)
        except DetectorError as error:
            raise InputError(f"{source}:{row.line}: {error}") from error
        yield row, verdict


@contextmanager
def _opened(source: Path) -> Iterator[TextIO]:
    if source == STREAM:
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding=ENCODING, newline="")
        yield sys.stdin
        return
    with source.open(newline="", encoding=ENCODING) as lines:
        yield lines


@contextmanager
def _written(target: Path) -> Iterator[TextIO]:
    """Write beside the target and rename at the end, so that no half-written file is ever seen."""
    if target == STREAM:
        yield sys.stdout
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("w", newline="", encoding="utf-8") as out:
            yield out
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
