"""`revenium-monitor backtest`: what other settings would have told about the past, and which ones fit a budget."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from itertools import product
from pathlib import Path

from daemon import paths, settings
from daemon.clock import SystemClock
from daemon.commands.backtest_text import comparison_text, suggestion_text
from daemon.commands.labelled import label_file
from daemon.commands.recorded import InputError, Table, grain_named, grain_of, parameters_named, trouble, zone_named
from daemon.errors import Exit
from daemon.operations.backtest import DAYS
from daemon.operations.backtest_results import Candidate, comparison_result, suggestion_result
from daemon.operations.history import Recording, recorded
from daemon.rules import Rules
from daemon.storage.sqlite import SqliteStore
from detectors.backtest.compare import compare
from detectors.backtest.history import Headway, History
from detectors.backtest.labels import Label
from detectors.backtest.suggest import suggest
from detectors.base import DetectorError, Observation, Sensitivity
from detectors.budget import PROMISED
from detectors.registry import names

NAMED = 3
"""Series that a message names."""

REPORT_EVERY = 5.0  # seconds, where nobody watches a terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.description = (
        "Replay what was recorded through other settings, beside today's: what would have been told, when, and worth "
        "how much. The database is only read, so it does not matter whether the daemon runs."
    )
    parser.add_argument(
        "series", nargs="*", metavar="PATTERN", help="names such as cost/total or cost/agent/*; default all"
    )
    parser.add_argument(
        "--csv", nargs="+", type=Path, default=[], metavar="FILE", help="recorded series from files instead"
    )
    parser.add_argument("--grain", default="auto", help="length of a window in the files: 5m, 1h, 1d or auto")
    parser.add_argument(
        "--days",
        type=int,
        help=f"days judged, older ones are learnt (default {DAYS}; files are judged from their first row)",
    )
    parser.add_argument("--detector", nargs="+", default=[], metavar="NAME", help=f"candidates: {', '.join(names())}")
    parser.add_argument("--sensitivity", nargs="+", default=[], choices=[one.value for one in Sensitivity])
    parser.add_argument(
        "--min-impact", nargs="+", type=float, default=[], metavar="AMOUNT", help="candidates, in the metric's unit"
    )
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="of every candidate's detector"
    )
    parser.add_argument("--suggest", action="store_true", help="find the settings that keep to --budget instead")
    parser.add_argument(
        "--budget",
        type=float,
        default=PROMISED[Sensitivity.NORMAL],
        help="told episodes that nobody labelled real, per series and week (default %(default)s)",
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="CSV with series, start, end and kind, besides the feedback given"
    )
    parser.add_argument(
        "--timezone", help="zone whose clock shapes the series; default that of the settings, UTC for files"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the answer; every refusal says what to change."""
    try:
        recording = _recording(args)
        with _reporting() as progress:
            answer = _answer(args, recording, progress)
    except (DetectorError, OSError) as error:
        raise InputError(trouble(error)) from error
    print(answer)
    return Exit.OK


def _answer(args: argparse.Namespace, recording: Recording, progress: Callable[[Headway], None]) -> str:
    histories = recording.histories
    labels = [*recording.labels, *(_labels(args.labels, histories) if args.labels else ())]
    if args.suggest:
        suggestion = suggest(histories, budget=args.budget, labels=labels, detectors=args.detector, progress=progress)
        found = suggestion_result(list(histories), suggestion)
        return found.model_dump_json(indent=2) if args.json else suggestion_text(found)
    changes = [one.change() for one in _candidates(args)]
    compared = comparison_result(list(histories), compare(histories, changes, labels=labels, progress=progress))
    return compared.model_dump_json(indent=2) if args.json else comparison_text(compared)


def _labels(source: Path, histories: Collection[str]) -> list[Label]:
    """Return the labels of a file; a misspelt series would else count for nothing in silence."""
    labels = label_file(source)
    others = sorted({label.series for label in labels if label.series not in histories})
    if others:
        named = ", ".join(others[:NAMED]) + (", ..." if len(others) > NAMED else "")
        print(f"{source}: labels of series that are not compared are left out: {named}", file=sys.stderr)
    return labels


def _candidates(args: argparse.Namespace) -> list[Candidate]:
    """Return every combination of what was given; the sensitivities where nothing was."""
    parameters = parameters_named(args.parameter) or None
    if not (args.detector or args.sensitivity or args.min_impact or parameters):
        return [Candidate(sensitivity=one.value) for one in Sensitivity]
    choices = (args.detector or [None], args.sensitivity or [None], args.min_impact or [None])
    return [
        Candidate(detector=detector, sensitivity=sensitivity, parameters=parameters, min_impact=min_impact)
        for detector, sensitivity, min_impact in product(*choices)
    ]


def _recording(args: argparse.Namespace) -> Recording:
    if args.days is not None and not 1 <= args.days <= 365:
        raise InputError(f"--days is {args.days}: it must lie between 1 and 365")
    if args.min_impact and min(args.min_impact) < 0:
        raise InputError(f"--min-impact is {min(args.min_impact):g}: it must not be negative")
    if not args.budget >= 0:  # this way round NaN is refused as well
        raise InputError(f"--budget is {args.budget:g}: it must not be negative")
    if args.csv and args.series:
        raise InputError("give patterns of recorded series or --csv, not both")
    return _from_files(args) if args.csv else asyncio.run(_from_database(args))


async def _from_database(args: argparse.Namespace) -> Recording:
    configured = settings.load()
    zone = zone_named(args.timezone) if args.timezone else configured.zone
    store = SqliteStore(paths.database_path(configured.data_dir))
    await store.open_to_read()
    try:
        rules = Rules(configured.watch, Sensitivity(configured.sensitivity), await store.overrides())
        return await recorded(store, rules, zone, args.series or ["*"], args.days or DAYS)
    finally:
        await store.close()


def _from_files(args: argparse.Namespace) -> Recording:
    histories = {}
    for source in args.csv:
        if source.stem in histories:
            raise InputError(f"two files are called {source.stem}: compare them in separate runs")
        histories[source.stem] = _history(source, args)
    return Recording(histories, ())


def _history(source: Path, args: argparse.Namespace) -> History:
    with source.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(Table(str(source), lines, zone_named(args.timezone or "UTC")).rows())
    if not rows:
        raise InputError(f"{source}: no rows below the header")
    span = grain_named(args.grain) or grain_of(source, rows)
    for row in rows:
        if not math.isfinite(row.value):
            raise InputError(f"{source}:{row.line}: the value is {row.text!r}: leave out what is not known")
    observations = [Observation(row.at, row.value, span) for row in rows]
    end = max(row.at.astimezone(UTC) for row in rows) + span
    return History(observations, judged_from=None if args.days is None else end - timedelta(days=args.days))


@contextmanager
def _reporting() -> Iterator[Callable[[Headway], None]]:
    """Say on the standard error how far the work is: in place on a terminal, else every few seconds."""
    clock, terminal = SystemClock(), sys.stderr.isatty()
    told_at = clock.monotonic()
    shown = False

    def report(headway: Headway) -> None:
        nonlocal told_at, shown
        if clock.monotonic() - told_at >= (0.2 if terminal else REPORT_EVERY):
            told_at, shown = clock.monotonic(), True
            text = f"{headway.done:,} of {headway.total:,} windows"
            print(f"\r{text}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)

    try:
        yield report
    finally:
        if shown and terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
