"""`revenium-monitor status`: how the running daemon is doing, asked through its socket."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import aiohttp
from pydantic import ValidationError

from daemon import paths, settings
from daemon.errors import Exit, MonitorError
from daemon.operations.results import Status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--json", action="store_true", help="print the whole status as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the status; the exit code is 0 only if polling works."""
    directory = settings.load().data_dir
    status = asyncio.run(fetch(directory))
    if status is None:
        print(f"not running: no daemon answers in {directory}; start it with 'revenium-monitor run'")
        return Exit.UNAVAILABLE
    print(status.model_dump_json(indent=2) if options.json else _text(status))
    return Exit.OK if status.state == "ok" else Exit.FAILED


async def fetch(directory: Path) -> Status | None:
    """Ask the daemon that works in a directory; None if there is none.

    Raises:
        MonitorError: Something answers, but not with a status.
    """
    connector = aiohttp.UnixConnector(path=str(paths.socket_path(directory)))
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get("http://localhost/status") as response,
        ):
            return Status.model_validate_json(await response.read())
    except (aiohttp.ClientConnectionError, TimeoutError):
        return None
    except (aiohttp.ClientError, ValidationError) as error:
        raise MonitorError(
            f"what answers in {directory} is not a daemon of this version; restart it with 'revenium-monitor run'"
        ) from error


def _text(status: Status) -> str:
    platform = f"{status.platform} ({'embedded, generated data' if status.embedded else f'team {status.team_id}'})"
    last = f"{status.last_poll_at:%Y-%m-%d %H:%M:%S} UTC" if status.last_poll_at else "none yet"
    lines = [
        f"state        {status.state}",
        f"platform     {platform}",
        f"last poll    {last}, {status.polls} since the start",
        f"recorded     {status.transactions} calls since the start, {status.rejected} set aside",
        f"watching     {status.series} series, {status.open_alerts} open alerts",
    ]
    if status.problem:
        lines.insert(1, f"problem      {status.problem}")
    for channel in status.channels:
        held = f", held back: {channel.paused_for}" if channel.paused_for else ""
        lines.append(
            f"{channel.name:12} {channel.delivered} delivered, {channel.pending} on their way, {channel.dead} set aside{held}"
        )
    return "\n".join(lines)
