"""`revenium-mcp`: what assistants start to talk to the monitor over standard input and output."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from daemon import paths
from mcp_surface.front.companion import Companion, UnreachableError
from mcp_surface.front.link import Link, Target
from mcp_surface.front.messages import Message
from mcp_surface.front.pump import Pump
from mcp_surface.front.streams import Outlet, lines

STDIN, STDOUT, STDERR = 0, 1, 2
WAITING_LINES = 1000  # of the daemon's log, while nobody reads our standard error


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until standard input ends."""
    options = _parser().parse_args(arguments)
    try:
        target = _target(options)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"revenium-mcp: {error}\n")
        raise SystemExit(2) from error
    asyncio.run(_run(target))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="revenium-mcp",
        description="Connects an assistant to the monitor over standard input and output. Without --url it joins the "
        "daemon that works in MONITOR_DATA_DIR, or starts one for as long as it runs itself.",
    )
    parser.add_argument("--url", help="MCP endpoint of a daemon elsewhere, such as http://127.0.0.1:8787/mcp")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="file that holds the token for --url")
    return parser


def _target(options: argparse.Namespace) -> Target:
    """Return where the daemon is.

    Raises:
        ValueError: The arguments do not fit together.
        OSError: The token file cannot be read.
    """
    if options.url is None:
        if options.token_file is not None:
            raise ValueError("--token-file goes with --url; the local socket needs no token")
        return Target("http://localhost/mcp", paths.socket_path(paths.data_dir().absolute()))
    parts = urlsplit(options.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("--url must be an address such as http://127.0.0.1:8787/mcp")
    if parts.username is not None or parts.password is not None:
        raise ValueError("--url must hold no credentials; put the token into a file and name that with --token-file")
    token = options.token_file.read_text(encoding="utf-8").strip() if options.token_file else None
    return Target(options.url, token=token)


async def _run(target: Target) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with _output(lambda: loop.call_soon_threadsafe(stop.set)) as emit:
        async with _daemon(target) as ready:
            link = Link(target, ready)
            pump = Pump(link, emit)
            try:
                await _either(pump.run(lines(STDIN)), stop.wait())
            finally:
                await pump.aclose()
                await link.aclose()


@contextmanager
def _output(broken: Callable[[], object]) -> Iterator[Callable[[Message], None]]:
    """Keep standard output for messages: whatever else prints there goes to standard error instead."""
    private = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)
    outlet = Outlet(private, broken=broken)
    try:
        yield lambda message: outlet.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    finally:
        outlet.close()


@asynccontextmanager
async def _daemon(target: Target) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Give what waits for the daemon, and end it afterwards if it is ours."""
    if target.socket is None:
        yield partial(_absent, target.url)
        return
    log = Outlet(STDERR, limit=WAITING_LINES)
    companion = Companion(target.socket, log.write)
    early = asyncio.create_task(_attempt(companion.ready))
    try:
        yield companion.ready
    finally:
        early.cancel()
        await asyncio.wait([early])
        await companion.stop()
        log.close()


async def _attempt(ready: Callable[[], Awaitable[None]]) -> None:
    """Start early; who asks first is told if it fails."""
    with suppress(UnreachableError):
        await ready()


async def _absent(url: str) -> None:
    raise UnreachableError(f"no monitor answers at {url}; start it there with 'revenium-monitor run'")


async def _either(*works: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first to end, and raise what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for task in done:
        task.result()
