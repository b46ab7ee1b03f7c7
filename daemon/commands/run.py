"""`revenium-monitor run`: the main job."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from importlib.metadata import version

from daemon import composition, logsetup, paths, settings
from daemon.embedded import Demo
from daemon.errors import Exit
from daemon.runtime import App, Running, until_input_ends
from daemon.settings import Settings

log = logging.getLogger(__name__)

QUIET = Demo(history_days=0, traffic=0, incident_after=None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    parser.add_argument("--no-traffic", action="store_true", help="embedded platform: no generated history or calls")


def run(options: argparse.Namespace) -> int:
    """Run until a signal."""
    configured = settings.load()
    logsetup.configure(configured.log_level)
    for words in settings.ignored_variables():
        log.warning(words)
    os.umask(0o077)  # whatever this writes is for the owner alone
    asyncio.run(_run(configured, options))
    return Exit.OK


async def _run(configured: Settings, options: argparse.Namespace) -> None:
    demo = QUIET if options.no_traffic else Demo()
    app = composition.app(configured, demo=demo)
    if configured.embedded:
        print(f"Preparing the embedded platform in {paths.platform_dir(configured.data_dir)} ...", flush=True)
    lifeline = asyncio.create_task(until_input_ends(app.stop)) if options.exit_with_parent else None
    try:
        await app.run(lambda running: _announce(app, running, demo))
    finally:
        if lifeline is not None:
            lifeline.cancel()


def _announce(app: App, running: Running, demo: Demo) -> None:
    """Say what goes on and where to connect."""
    configured = app.settings
    directory = configured.data_dir.absolute()
    if configured.embedded:
        platform = f"embedded at {running.engine.platform_url} (no REVENIUM_API_KEY is set); generated data, nobody's real spend"
    else:
        platform = running.engine.platform_url
    names = running.engine.dispatcher.channels
    messages = ", ".join(names) + (f" ({paths.inbox_path(directory)}/index.html)" if "inbox" in names else "")
    rows = (
        ("platform", platform),
        (
            "polling",
            f"every {configured.poll_interval:g} s; first reads up to {configured.backfill_days} days of history",
        ),
        ("messages", messages),
        (
            "MCP",
            f"http://{configured.http_host}:{running.http_port}/mcp, token in {paths.token_path(directory)}; or stdio: revenium-mcp",
        ),
        ("health", f"http://{configured.http_host}:{running.http_port}/healthz; or: revenium-monitor status"),
        ("data", str(directory)),
    )
    print(f"revenium-monitor {version('revenium-monitor')}", *(f"  {name:9} {text}" for name, text in rows), sep="\n")
    if configured.embedded and demo.incident_after is not None:
        print(f"In about {demo.incident_after:.0f} s an agent of the invented company goes wild; watch for the alert.")
    print("Ctrl-C stops it.", flush=True)
