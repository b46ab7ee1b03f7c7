"""What the benchmarks share: a local platform as a real process, filled through its API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

AGENTS = 20
CUSTOMERS = 10


@dataclass(frozen=True, slots=True)
class Platform:
    url: str
    api_key: str
    pid: int


@contextmanager
def platform(data: Path, history_days: int) -> Iterator[Platform]:
    """Run a platform with generated history for as long as the context lasts."""
    command = [sys.executable, "-m", "daemon", "platform", "--port", "0", "--data", str(data)]
    command += ["--seed-history", str(history_days)] if history_days else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        hello = json.loads(child.stdout.readline())
        try:
            yield Platform(hello["url"], hello["api_key"], child.pid)
        finally:
            child.terminate()


async def meter(target: Platform, calls: int, spread: timedelta) -> None:
    """Meter so many calls, evenly over the time just gone by."""
    now = datetime.now(UTC)
    lines = (json.dumps(call(number, now - spread * (1 - number / calls))) for number in range(calls))
    async with aiohttp.ClientSession() as session:
        headers = {"x-api-key": target.api_key, "Content-Type": "application/x-ndjson"}
        async with session.post(f"{target.url}/local/v1/import", data="\n".join(lines), headers=headers) as response:
            assert response.status < 300, await response.text()
            assert (await response.json())["accepted"] == calls


def call(number: int, at: datetime) -> dict[str, object]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "transactionId": f"bench-{number}", "model": "gpt-4o", "provider": "OPENAI", "costType": "AI",
        "inputTokenCount": 1000 + number % 500, "outputTokenCount": 200, "totalTokenCount": 1200 + number % 500,
        "requestTime": stamp, "completionStartTime": stamp, "responseTime": stamp, "requestDuration": 900,
        "isStreamed": False, "stopReason": "END", "agent": f"agent-{number % AGENTS}",
        "organizationName": f"customer-{number % CUSTOMERS}", "taskType": f"task-{number % 5}",
    }  # fmt: skip


def environment(target: Platform, data: Path) -> dict[str, str]:
    """Return the environment of a daemon on that platform."""
    return {
        "PATH": os.environ["PATH"],
        "REVENIUM_API_KEY": target.api_key,
        "REVENIUM_BASE_URL": target.url,
        "MONITOR_DATA_DIR": str(data),
        "MONITOR_HTTP_PORT": "0",
    }


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)
