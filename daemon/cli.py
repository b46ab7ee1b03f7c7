"""The command line: one parser, one module per command. With `daemon.composition` the only place that knows everybody."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from daemon.errors import Exit, MonitorError

COMMANDS = {
    "run": ("daemon.commands.run", "watch, detect and alert until stopped (the main job)"),
    "demo": ("daemon.commands.demo", "run on the embedded platform for a while and report what happened"),
    "status": ("daemon.commands.status", "say how the running daemon is doing"),
    "feedback": ("daemon.commands.feedback", "say what an alert was, list what was said, take it back"),
    "check": ("daemon.commands.check", "check settings, platform, data directory and channels"),
    "detect": ("daemon.commands.detect", "score CSV files as they would have been seen live"),
    "backtest": ("daemon.commands.backtest", "say what other settings would have told about the past"),
    "platform": ("local_platform.command", "serve the embedded, Revenium-compatible platform by itself"),
    "replay": ("local_platform.replay", "meter recorded LLM calls through the API"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="revenium-monitor", description="Watches what you spend on AI.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('revenium-monitor')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        # Only the command that was asked for is imported: some of them are heavy.
        if name in given[:1]:
            importlib.import_module(module).add_arguments(sub)
    options = parser.parse_args(given)
    try:
        return int(importlib.import_module(COMMANDS[options.command][0]).run(options))
    except MonitorError as error:
        sys.stderr.write(f"revenium-monitor: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        # The reader left early, as `head` does; what Python flushes at its exit must go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except KeyboardInterrupt:
        return Exit.OK
