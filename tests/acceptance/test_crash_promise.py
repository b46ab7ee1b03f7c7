"""Kill -9 at any moment and start again: nothing missing, nothing doubled, nothing untold.

Real processes, a real SQLite file, the real local platform, a Slack look-alike on a real socket and a
real SMTP server. The seed of the random kills is printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiosmtpd.smtp import SMTP

from daemon.commands.status import fetch
from notifiers.testing import FakeSlack

DEAREST_CALL = 10**6
"""More than this for one call the platform refuses."""
LAST_WORDS = 4000
"""How much of the daemons' log a failure shows, in characters."""

KILLS = int(os.environ.get("MONITOR_KILLS", "12"))
FAILPOINTS = ("before-commit", "after-ingest", "after-commit", "after-claim", "after-send")
MEASURES = ("calls", "errors", "cost_nanos", "input_tokens", "output_tokens", "total_tokens", "latency_ms")


@dataclass
class Mailbox:
    """Collects what an SMTP server accepts."""

    ids: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.ids.append(message_from_bytes(envelope.content)["Message-ID"])
        return "250 accepted"


@dataclass
class Stage:
    """Everything around the daemon."""

    data: Path
    platform: dict[str, str]
    platform_data: Path
    slack: FakeSlack
    mailbox: Mailbox
    smtp_port: int
    session: aiohttp.ClientSession
    spent: float = 10.0
    metered: int = 0

    @property
    def log(self) -> Path:
        return self.data.with_suffix(".log")

    def environment(self, **extra: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "REVENIUM_API_KEY": self.platform["api_key"],
            "REVENIUM_BASE_URL": self.platform["url"],
            "MONITOR_DATA_DIR": str(self.data),
            "MONITOR_POLL_SECONDS": "1",
            "MONITOR_HTTP_PORT": "0",
            "MONITOR_BACKFILL_DAYS": "10",
            "MONITOR_SLACK_TOKEN": "xoxb-test",
            "MONITOR_SLACK_CHANNEL": "C0123456789",
            "MONITOR_SLACK_BASE_URL": self.slack.base_url,
            "MONITOR_SMTP_URL": f"smtp+plain://127.0.0.1:{self.smtp_port}",
            "MONITOR_EMAIL_FROM": "monitor@example.com",
            "MONITOR_EMAIL_TO": "owner@example.com",
            **extra,
        }

    async def meter(self, cost: float) -> None:
        """Meter one call of a runaway agent through the public API."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.metered += 1
        body = {
            "transactionId": f"runaway-{self.metered}", "model": "gpt-4o", "provider": "OPENAI", "costType": "AI",
            "inputTokenCount": 1000, "outputTokenCount": 100, "totalTokenCount": 1100, "requestDuration": 900,
            "requestTime": now, "completionStartTime": now, "responseTime": now, "isStreamed": False,
            "stopReason": "END", "agent": "research-agent", "totalCost": cost,
        }  # fmt: skip
        headers = {"x-api-key": self.platform["api_key"], "Idempotency-Key": f"runaway-{self.metered}"}
        async with self.session.post(
            f"{self.platform['url']}/meter/v2/ai/completions", json=body, headers=headers
        ) as response:
            assert response.status == 201, await response.text()

    async def escalate(self) -> None:
        """Spend enough for one more message: each is due at a fourfold excess."""
        await self.meter(self.spent)
        self.spent *= 4.3


@asynccontextmanager
async def process(*arguments: str, environment: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command; what it says on its standard error is added to `log`."""
    with log.open("ab") as words:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "daemon", *arguments,
            env=environment, stdout=asyncio.subprocess.PIPE, stderr=words,
        )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        # Read to the end so that the pipe is closed with the child.
        await child.communicate()


@asynccontextmanager
async def monitor(scene: Stage, **extra: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the daemon; if anything fails meanwhile, its last words explain it."""
    try:
        async with process("run", environment=scene.environment(**extra), log=scene.log) as daemon:
            yield daemon
    except BaseException:
        print(f"what the daemons said last:\n{scene.log.read_text()[-LAST_WORDS:]}")
        raise


@asynccontextmanager
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    mailbox = Mailbox()
    smtp = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", 0)
    platform_data = tmp_path / "platform"
    arguments = ("platform", "--port", "0", "--data", str(platform_data), "--seed-history", "8")
    async with (
        smtp,
        FakeSlack() as slack,
        aiohttp.ClientSession() as session,
        process(*arguments, environment={"PATH": os.environ["PATH"]}, log=tmp_path / "platform.log") as platform,
    ):
        assert platform.stdout is not None
        hello = json.loads(await asyncio.wait_for(platform.stdout.readline(), 60))
        port = smtp.sockets[0].getsockname()[1]
        yield Stage(tmp_path / "data", hello, platform_data, slack, mailbox, port, session)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)  # the other process has no event to wait for


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def database(scene: Stage) -> Path:
    return scene.data / "monitor.sqlite3"


async def settled(scene: Stage) -> bool:
    """Everything metered is recorded and every message delivered."""
    status = await fetch(scene.data)
    if status is None or status.last_poll_at is None or status.last_poll_at < datetime.now(UTC) - timedelta(seconds=5):
        return False
    mine = rows(database(scene), "SELECT count(*) FROM transactions WHERE transaction_id LIKE 'runaway-%'")[0][0]
    waiting = rows(database(scene), "SELECT count(*) FROM outbox WHERE state <> 'delivered'")[0][0]
    return mine == scene.metered and waiting == 0


async def warm_up(scene: Stage) -> None:
    """Start once, read the history, stop cleanly."""
    async with monitor(scene) as daemon:
        await until(lambda: settled(scene))
        daemon.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.wait(), 15) == 0


async def recover(scene: Stage) -> None:
    """Start once more without disturbance and let everything settle."""
    async with monitor(scene) as daemon:
        await until(lambda: settled(scene))
        daemon.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.wait(), 15) == 0


def assert_every_call_counts_once(scene: Stage) -> None:
    theirs = dict(
        rows(scene.platform_data / "platform.sqlite3", "SELECT transaction_id, count(*) FROM completion GROUP BY 1")
    )
    ours = dict(rows(database(scene), "SELECT transaction_id, count(*) FROM transactions GROUP BY 1"))
    assert ours == theirs
    sums = ", ".join(f"sum({name})" for name in MEASURES)
    for grain, width in ((3600, 3_600_000), (60, 60_000)):
        oldest = rows(database(scene), f"SELECT min(start) FROM windows WHERE grain = {grain}")[0][0]
        # Minutes are kept for two days only, so the oldest one may hold a part of its calls.
        since = oldest if grain == 3600 else oldest + 3_600_000
        windows = rows(
            database(scene),
            f"SELECT {sums} FROM windows JOIN entities ON id = entity_id "
            f"WHERE dimension = 'total' AND grain = {grain} AND start >= {since}",
        )
        calls = rows(database(scene), f"SELECT {sums} FROM transactions WHERE at - at % {width} >= {since}")
        assert windows == calls, f"windows of {grain} s disagree with the calls they are made of"


def assert_every_message_arrived(scene: Stage, kills: int) -> int:
    """Return how many messages arrived twice."""
    queued = rows(database(scene), "SELECT id, channel FROM outbox")
    alerts = rows(database(scene), "SELECT id, body FROM alerts WHERE id = incident")
    expected = {(name, number) for name, body in alerts for number in range(1, json.loads(body)["sequence"] + 1)}
    stored = rows(database(scene), "SELECT DISTINCT alert_id, sequence FROM outbox")
    assert set(stored) == expected, "an alert's state and its messages disagree"
    slack = Counter(
        request.body["metadata"]["event_payload"]["delivery_id"]
        for request in scene.slack.requests
        if request.method == "chat.postMessage"
    )
    mail = Counter(name.strip("<>").partition("@")[0] for name in scene.mailbox.ids)
    assert set(slack) == {name for name, channel in queued if channel == "slack"}
    assert len(mail) == sum(channel == "email" for _, channel in queued)
    twice = sum(number - 1 for number in (*slack.values(), *mail.values()))
    assert twice <= kills, f"{twice} duplicates after {kills} kills"
    return twice


@pytest.mark.acceptance
@pytest.mark.slow
async def test_random_kills_lose_nothing_and_double_at_most_one_message_each(tmp_path: Path) -> None:
    seed = int(os.environ.get("MONITOR_KILL_SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    print(f"seed {seed}, {KILLS} kills")
    async with stage(tmp_path) as scene:
        await warm_up(scene)
        for _ in range(KILLS):
            async with monitor(scene) as daemon:
                metering = asyncio.create_task(_meter_for_a_while(scene, chance))
                await asyncio.sleep(chance.uniform(0.8, 4.0))  # the kill must fall anywhere, start-up included
                assert daemon.returncode is None, f"the daemon ended by itself, with {daemon.returncode}"
                daemon.kill()
                await daemon.wait()
                await metering
        await recover(scene)
        assert_every_call_counts_once(scene)
        twice = assert_every_message_arrived(scene, KILLS)
        sent = len(rows(database(scene), "SELECT id FROM outbox"))
        print(f"{scene.metered} calls metered, {sent} messages, {twice} arrived twice")
        assert sent >= 4, "the loop raised too few alerts to prove anything"


async def _meter_for_a_while(scene: Stage, chance: random.Random) -> None:
    if scene.spent < DEAREST_CALL:
        await scene.escalate()
    for _ in range(chance.randrange(5, 30)):
        await scene.meter(0.01)


@pytest.mark.acceptance
@pytest.mark.slow
@pytest.mark.parametrize("point", FAILPOINTS)
async def test_a_kill_at_each_step_loses_nothing(tmp_path: Path, point: str) -> None:
    async with stage(tmp_path) as scene:
        await warm_up(scene)
        kills = 0
        for skip in range(3):
            await scene.escalate()
            async with monitor(scene, MONITOR_FAILPOINT=f"{point}:{skip}") as daemon:
                assert await asyncio.wait_for(daemon.wait(), 60) == -signal.SIGKILL, f"{point} was never reached"
                kills += 1
        await recover(scene)
        assert_every_call_counts_once(scene)
        twice = assert_every_message_arrived(scene, kills)
        print(f"{point}: {kills} kills, {twice} messages arrived twice")
        if point != "after-send":
            assert twice == 0, "a message may only repeat when the crash fell between acceptance and our commit"
