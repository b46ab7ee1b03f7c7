"""`revenium-monitor demo`: the whole product on the embedded platform for a while, then a report that counts.

The exit code is 0 only if the injected incident was alerted on and delivered and nothing was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from daemon import composition, logsetup
from daemon.client.revenium import Revenium
from daemon.clock import to_ms
from daemon.embedded import Demo
from daemon.errors import Exit
from daemon.runtime import Running
from daemon.settings import Settings

SETTLED = timedelta(seconds=3)
"""Calls metered this shortly before the count may still be in flight; both sides leave them out."""


@dataclass(frozen=True, slots=True)
class Report:
    """What happened; `lost` counts calls that did not arrive and messages that were not delivered."""

    polls: int
    samples: int
    series: int
    transactions_metered: int
    alerts: list[dict[str, Any]]
    notifications: list[dict[str, Any]]
    lost: int

    @property
    def passed(self) -> bool:
        """Whether the incident was told and nothing lost."""
        told = any(note["status"] == "delivered" for note in self.notifications)
        return self.lost == 0 and bool(self.alerts) and told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("--seconds", type=float, default=90.0, help="how long to watch (default 90)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--history", type=int, default=60, help="days of generated history (default 60)")
    parser.add_argument("--incident-after", type=float, default=20.0, help="seconds until the incident (default 20)")
    parser.add_argument("--seed", type=int, default=7, help="chooses the generated history")


def run(options: argparse.Namespace) -> int:
    """Run the demo in a directory of its own and report."""
    logsetup.configure("WARNING", sys.stderr)
    with tempfile.TemporaryDirectory(prefix="revenium-monitor-demo-") as directory:
        report = asyncio.run(_demo(options, Path(directory)))
    print(json.dumps(asdict(report), indent=2) if options.json else _text(report))
    return Exit.OK if report.passed else Exit.FAILED


async def _demo(options: argparse.Namespace, directory: Path) -> Report:
    demo = Demo(history_days=options.history, incident_after=options.incident_after, seed=options.seed)
    app = composition.app(_settings(directory), demo=demo, console=sys.stderr if options.json else sys.stdout)
    async with app.started() as running:
        await app.stopped(options.seconds)
        return await _report(running)


def _settings(directory: Path) -> Settings:
    """Return settings that owe nothing to the surroundings: the demo uses neither an account nor channels."""
    return Settings.model_construct(data_dir=directory, http_port=0, poll_seconds=2.0)


async def _report(running: Running) -> Report:
    engine = running.engine
    until = engine.clock.now() - SETTLED
    await engine.poll()
    await _delivered(running)
    since = until - timedelta(days=engine.settings.backfill_days)
    metered = await _metered(engine.platform, engine.store.tenant, since, until)
    recorded, _ = await engine.store.totals(to_ms(since), to_ms(until))
    alerts = await engine.store.alerts()
    messages = await engine.store.messages(1000)
    undelivered = sum(message["state"] != "delivered" for message in messages)
    return Report(
        polls=engine.counters.polls,
        samples=recorded,
        series=len(engine.states),
        transactions_metered=metered,
        alerts=[
            {
                "series": str(alert.series),
                "opened_at": alert.opened_at.isoformat(),
                "observed": round(alert.observed, 4),
                "expected": round(alert.expected, 4),
                "reason": alert.summary,
            }
            for alert in alerts
        ],
        notifications=[{"channel": message["channel"], "status": message["state"]} for message in messages],
        lost=abs(metered - recorded) + undelivered,
    )


async def _metered(platform: Revenium, team: str, since: datetime, until: datetime) -> int:
    """Ask the platform itself how many calls it holds."""
    return (await platform.log_page(team, since, until, 0, 1)).total


async def _delivered(running: Running, seconds: float = 10.0) -> None:
    """Wait until no message is on its way any more, within bounds."""
    deadline = running.engine.clock.monotonic() + seconds
    while running.engine.clock.monotonic() < deadline:
        counts = await running.engine.store.outbox_counts()
        if not any(states.get("pending", 0) + states.get("sending", 0) for states in counts.values()):
            return
        running.engine.dispatcher.poke()
        await asyncio.sleep(0.1)


def _text(report: Report) -> str:
    lines = [
        f"{report.transactions_metered} calls metered, {report.samples} recorded in {report.polls} polls, {report.series} series watched",
        *(f"alert  {alert['series']}: {alert['reason']}" for alert in report.alerts),
        *(f"sent   {note['channel']}: {note['status']}" for note in report.notifications),
        f"lost   {report.lost}",
        "the injected incident was told and nothing was lost" if report.passed else "NOT as promised",
    ]
    return "\n".join(lines)
