"""The `platform` command: serve, seed history, make traffic, until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from local_platform.http.limits import Rate
from local_platform.http.listening import ListenError
from local_platform.http.tls import CertificateError, Tls
from local_platform.server import Platform, running_platform
from local_platform.storage.datadir import DataDirError
from local_platform.wire import dumps, utc_now

_CANNOT_START = 78  # EX_CONFIG: a supervisor should not try again


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port; 0 takes a free one (default)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("var/platform"),
        metavar="DIR",
        help="where the data lies (%(default)s)",
    )
    parser.add_argument("--api-key", metavar="KEY", help="key to accept (default: made once, kept in DIR/api_key)")
    parser.add_argument(
        "--seed-history",
        type=_whole,
        default=0,
        metavar="DAYS",
        help="make sure that there are so many days of generated history",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="random seed of generated calls")
    parser.add_argument(
        "--traffic",
        type=_positive,
        metavar="FACTOR",
        help="make live calls, 1.0 at the rate of the invented company (default: none)",
    )
    parser.add_argument(
        "--incident-after",
        type=_positive,
        metavar="SECONDS",
        help="let an agent run wild after so many seconds of live traffic",
    )
    _add_listening(parser)
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")


def _add_listening(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tls-port",
        type=_port,
        metavar="PORT",
        help="serve TLS, too, on this port; 0 takes a free one (default: none)",
    )
    parser.add_argument(
        "--tls-cert",
        type=Path,
        metavar="FILE",
        help="certificate of the TLS port (default: one made here for this machine, kept in DIR/tls)",
    )
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key (default: in its file)")
    parser.add_argument(
        "--rate-limit",
        type=_positive_whole,
        metavar="N",
        help="answer at most so many requests a minute with each key (default: any number)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT, SIGTERM or the end of standard input; return the exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s")
    try:
        asyncio.run(_serve(args))
    except (CertificateError, DataDirError, ListenError) as error:
        _say(f"error: {error}")
        return _CANNOT_START
    return 0


async def _serve(args: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if args.exit_with_parent:
        _stop_at_end_of_input(loop, stop)
    rate = Rate(args.rate_limit, args.rate_limit) if args.rate_limit else None
    async with running_platform(
        args.data, api_key=args.api_key, host=args.host, port=args.port, tls=_tls(args), rate=rate
    ) as platform:
        await _work_until(stop, platform, args)


def _tls(args: argparse.Namespace) -> Tls | None:
    return None if args.tls_port is None else Tls(args.tls_port, args.tls_cert, args.tls_key)


async def _work_until(stop: asyncio.Event, platform: Platform, args: argparse.Namespace) -> None:
    """Seed, say that all is ready and make traffic; a failure in that ends the command."""
    work = asyncio.create_task(_work(platform, args))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for task in (work, waiting):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _work(platform: Platform, args: argparse.Namespace) -> None:
    if args.seed_history:
        await _seed(platform, args)
    announcement = {
        "url": platform.url,
        "api_key": platform.api_key,
        "team_id": platform.team_id,
        "tenant_id": platform.tenant_id,
        "data": str(platform.data.resolve()),
    }
    if platform.tls_url is not None:
        announcement |= {"tls_url": platform.tls_url, "tls_certificate": str(platform.tls_certificate)}
    sys.stdout.write(dumps(announcement) + "\n")
    sys.stdout.flush()
    if args.traffic is None:
        await asyncio.Event().wait()
    # The generator is not needed to serve, so it is not loaded to serve.
    from local_platform.workload.traffic import run_traffic

    await run_traffic(
        platform.url,
        platform.api_key,
        seed=args.seed,
        factor=args.traffic,
        incident_after=args.incident_after,
    )


async def _seed(platform: Platform, args: argparse.Namespace) -> None:
    from local_platform.workload.history import seed_history

    said = -1

    def progress(done: int, days: int) -> None:
        nonlocal said
        # Ten lines at most, however many days there are.
        tenth = done * 10 // days if days else 10
        if tenth > said:
            said = tenth
            _say(f"history: {done} of {days} days")

    made = await seed_history(
        platform.url,
        platform.api_key,
        days=args.seed_history,
        seed=args.seed,
        until=utc_now(),
        progress=progress,
    )
    _say(f"history: {made} calls added")


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Watch standard input in a thread: what it is (pipe, terminal, file) differs by parent."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        # The loop may have ended first, for another reason.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _say(line: str) -> None:
    sys.stderr.write(f"platform: {line}\n")
    sys.stderr.flush()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; choose 0 to 65535")
    return port


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return number


def _positive_whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
