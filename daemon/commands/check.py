"""`revenium-monitor check`: tries everything the daemon will need, and says what to mend."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable

from daemon import channels, settings
from daemon.account import told_by, transport_of
from daemon.client.revenium import Revenium
from daemon.commands.status import fetch
from daemon.errors import Exit, MonitorError
from daemon.settings import Settings

Check = Callable[[Settings], Awaitable[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command; it takes no options."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Run every check; the exit code is 0 only if all hold."""
    del options
    configured = settings.load()
    results = asyncio.run(_all(configured))
    for name, good, words in results:
        print(f"{'ok' if good else 'FAIL':4}  {name:10} {words}")
    return Exit.OK if all(good for _, good, _ in results) else Exit.FAILED


async def _all(configured: Settings) -> list[tuple[str, bool, str]]:
    results = [("settings", True, "; ".join(["valid", *settings.ignored_variables()]))]
    for name, check in (("data", _data), ("platform", _platform), ("channels", _channels), ("daemon", _daemon)):
        try:
            results.append((name, True, await check(configured)))
        except MonitorError as error:
            results.append((name, False, str(error)))
    return results


async def _data(configured: Settings) -> str:
    def probe() -> str:
        directory = configured.data_dir
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=directory):
                return f"{directory} can be written"
        except OSError as error:
            raise MonitorError(f"MONITOR_DATA_DIR = {directory}: {error.strerror}; choose another directory") from error

    return await asyncio.to_thread(probe)


async def _platform(configured: Settings) -> str:
    if configured.embedded:
        return "embedded; set REVENIUM_API_KEY to watch a Revenium account"
    transport = transport_of(configured)
    try:
        identity = await Revenium(transport, told_by(configured)).identity()
    finally:
        await transport.aclose()
    return f"{configured.revenium_base_url} knows the key: team {identity.team_id}, tenant {identity.tenant_id}"


async def _channels(configured: Settings) -> str:
    notifiers = channels.build(configured, sys.stdout)
    names = ", ".join(notifier.name for notifier in notifiers)
    for notifier in notifiers:
        await notifier.aclose()
    return f"{names}; 'revenium-monitor status' shows what was delivered"


async def _daemon(configured: Settings) -> str:
    status = await fetch(configured.data_dir)
    return "not running" if status is None else f"running, {status.state}"
