"""The main job as a user starts it: the embedded platform, an incident, an alert, a clean stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from daemon.commands.status import fetch

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

COMMAND = (sys.executable, "-m", "daemon")


def environment(data: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "MONITOR_DATA_DIR": str(data), "MONITOR_HTTP_PORT": "0"}


@asynccontextmanager
async def started(*arguments: str, data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, env=environment(data), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


def children_of(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_the_demo_catches_its_incident_and_loses_nothing(tmp_path: Path) -> None:
    async with started("demo", "--seconds", "75", "--json", data=tmp_path) as demo:
        output, _ = await asyncio.wait_for(demo.communicate(), 180)
        report = json.loads(output)
        assert demo.returncode == 0, report
    assert report["lost"] == 0
    assert report["samples"] == report["transactions_metered"] > 30_000
    assert any(alert["series"] == "cost/agent/research-agent" for alert in report["alerts"])
    assert all("$" in alert["reason"] for alert in report["alerts"] if alert["series"].startswith("cost/"))
    assert {note["status"] for note in report["notifications"]} == {"delivered"}


async def test_the_run_announces_itself_and_stops_cleanly_with_its_platform(tmp_path: Path) -> None:
    async with started("run", "--no-traffic", data=tmp_path) as run:
        assert run.stdout is not None
        words = ""
        async with asyncio.timeout(60):
            while "Ctrl-C stops it" not in words:
                words += (await run.stdout.readline()).decode()
            while (status := await fetch(tmp_path)) is None or status.state != "ok":
                await asyncio.sleep(0.05)  # the other process has no event to wait for
        assert "/mcp" in words
        (platform,) = children_of(run.pid)
        run.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(run.wait(), 15) == 0
        assert not Path(f"/proc/{platform}").exists()
        assert not (tmp_path / "daemon.sock").exists()
