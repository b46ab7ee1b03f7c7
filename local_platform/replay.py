"""The replay command: meters recorded LLM calls through the API, moved to the present."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path
from typing import TextIO

from local_platform.workload.calls import Body, stamp
from local_platform.workload.metering import MeteringError
from local_platform.workload.replayer import Replay, Tally, perform
from local_platform.workload.trace import TraceError, survey

OK = 0
USAGE = 2
UNAVAILABLE = 69
INTERRUPTED = 130


class UsageError(Exception):
    """The arguments do not make a replay; the text says what to give."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add = parser.add_argument
    add("file", nargs="?", type=Path, help="CSV with TIMESTAMP, ContextTokens, GeneratedTokens")
    add("--sample", action="store_true", help="replay the excerpt that is built in")
    add("--speed", type=_positive, metavar="N", help="1: in real time; 60: an hour in a minute; default: unpaced")
    add("--limit", type=_whole, metavar="N", help="only the first N calls")
    add("--url", default=os.environ.get("REVENIUM_BASE_URL"), help="default: REVENIUM_BASE_URL")
    add("--api-key-file", type=Path, metavar="F", help="default: the key in REVENIUM_API_KEY")
    add("--model", default="gpt-4o", help="default: %(default)s")
    add("--provider", default="OPENAI", help="default: %(default)s")
    add("--agent", default="trace-replay", help="default: %(default)s")
    for name in ("organization", "product", "credential", "task"):
        add(f"--{name}", help=f"the {name} to put the calls on")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--ends-now", action="store_true", help="the last call is now (default unless --speed is 1)")
    when.add_argument("--starts-now", action="store_true", help="the first call is now (default at --speed 1)")
    when.add_argument("--resume-at", type=_anchor, metavar="TIME", help="continue a replay; it printed the time")


def run(args: argparse.Namespace) -> int:
    """Replay a trace.

    Returns:
        0 when every call was metered, 2 for bad arguments or a bad file, 69 when the platform does
        not take a call, 130 when interrupted.
    """
    try:
        url, api_key = _target(args)
        with _file(args) as path:
            return _carry_out(_prepare(args, path, datetime.now(UTC)), url, api_key)
    except (TraceError, UsageError) as error:
        _say(str(error), sys.stderr)
        return USAGE


def _target(args: argparse.Namespace) -> tuple[str, str]:
    if not args.url:
        raise UsageError("Where to? Give --url or set REVENIUM_BASE_URL.")
    if not args.url.startswith(("http://", "https://")):
        raise UsageError("The URL must begin with http:// or https://.")
    api_key = os.environ.get("REVENIUM_API_KEY", "")
    if args.api_key_file is not None:
        try:
            api_key = args.api_key_file.read_text().strip()
        except OSError as error:
            raise UsageError(f"Cannot read the API key: {error}") from error
    if not api_key:
        raise UsageError("Which key? Give --api-key-file or set REVENIUM_API_KEY.")
    return args.url, api_key


@contextmanager
def _file(args: argparse.Namespace) -> Iterator[Path]:
    if args.sample == (args.file is not None):
        raise UsageError("Give either a trace file or --sample.")
    if not args.sample:
        yield args.file
        return
    with as_file(files("local_platform") / "samples" / "azure_llm_2023.csv") as path:
        yield path


def _prepare(args: argparse.Namespace, path: Path, now: datetime) -> Replay:
    """Survey the trace and decide which time its first call is moved to."""
    real_time = args.speed is not None and args.speed <= 1
    if args.starts_now and not real_time:
        raise UsageError("--starts-now would meter calls of the future; combine it with --speed 1 or less.")
    trace = survey(path, args.limit)
    anchor = now if args.starts_now or (real_time and not args.ends_now) else now - (trace.last - trace.first)
    return Replay(path, args.limit, trace, args.resume_at or anchor, args.speed, _constants(args))


def _constants(args: argparse.Namespace) -> Body:
    texts = {
        "model": args.model,
        "provider": args.provider,
        "agent": args.agent,
        "organizationName": args.organization,
        "productName": args.product,
        "taskType": args.task,
    }
    body: Body = {key: value for key, value in texts.items() if value}
    if args.credential:
        body["subscriber"] = {"credential": {"name": args.credential, "value": args.credential}}
    return body | {"costType": "AI", "operationType": "CHAT", "stopReason": "END", "isStreamed": False}


def _carry_out(replay: Replay, url: str, api_key: str) -> int:
    anchor = stamp(replay.anchor)
    hint = f"Nothing is metered twice when you continue with --resume-at {anchor}"
    _say(f"Replaying {replay.trace.calls:,} calls from {anchor} on. {hint}")
    tally = Tally()
    begin = time.monotonic()
    try:
        cost = asyncio.run(perform(replay, url, api_key, tally))
    except MeteringError as error:
        _say(f"{error}\n{tally.calls:,} of {replay.trace.calls:,} calls are metered. {hint}", sys.stderr)
        return UNAVAILABLE
    except KeyboardInterrupt:
        _say(f"\nInterrupted after {tally.calls:,} calls. {hint}", sys.stderr)
        return INTERRUPTED
    _say(_summary(tally, cost, time.monotonic() - begin))
    return OK


def _summary(tally: Tally, cost: Decimal | None, seconds: float) -> str:
    dollars = "cost not in the log yet" if cost is None else f"${cost:,.4f} as the platform priced them"
    return (
        f"Metered {tally.calls:,} calls, {tally.prompt:,} input and {tally.answer:,} output tokens, {dollars},"
        f" in {seconds:.1f} s ({tally.calls / max(seconds, 1e-3):,.0f} calls/s)"
    )


def _say(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(text + "\n")
    stream.flush()  # the time to resume at must be out before anything can go wrong


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _anchor(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("must name its zone, as the Z in 2026-11-22T13:00:00.000Z")
    return at.astimezone(UTC)
