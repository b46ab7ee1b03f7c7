"""Reports of the local platform over 30 days with a million calls: milliseconds over HTTP, and the server's memory."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench import support
from local_platform.analytics.catalogue import GROUPS, REPORTS
from local_platform.wire import to_ms, utc_now

_SPAN_MS = 30 * 86_400_000
_STALE_MS = 86_400_000
_MODELS = (
    ("OPENAI", "gpt-4o"), ("OPENAI", "gpt-5-mini"), ("ANTHROPIC", "claude-sonnet-4-5"),
    ("ANTHROPIC", "claude-haiku-4-5"), ("GOOGLE", "gemini-2.5-pro"), ("GOOGLE", "gemini-2.5-flash"),
)  # fmt: skip
_ORGANIZATIONS, _PRODUCTS, _AGENTS, _CREDENTIALS, _USERS, _TASKS = 100, 10, 25, 50, 2000, 8
_COLUMNS = (
    "request_ms", "created_ms", "team", "transaction_id", "priced", "provider", "model", "agent", "task_type",
    "trace_id", "organization", "organization_id", "product", "product_id", "credential", "subscriber_email",
    "input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "total_tokens", "duration_ms", "input_cost",
    "output_cost", "total_cost",
)  # fmt: skip
_NEWER = (
    "cost-by-provider", "cost-by-model", "cost-by-api-key", "cost-by-organization", "cost-by-product", "cost-by-agent",
    "cost-by-task", "cost-by-user-aggregated", "cost-by-organization-aggregated?models=gpt-4o", "top-movers",
    "response-time-by-model?metricType=p95", "filter-options/users", "trace-cost-distribution",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    api_key: str
    team: str
    pid: int


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench platform_reports", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", type=Path, help="where the calls are kept for the next time")
    options = parser.parse_args(argv)
    data = options.data or Path(tempfile.gettempdir()) / f"revenium-monitor-bench-{options.calls}"
    _prepare(data, options.calls)
    with _serving(data) as server:
        asyncio.run(_measure(server, options.runs))


def _prepare(data: Path, calls: int) -> None:
    """Fill a platform's file, unless an earlier run did so within a day."""
    file = data / "platform.sqlite3"
    if file.exists():
        with closing(sqlite3.connect(file)) as connection:
            count, newest = connection.execute("SELECT count(*), max(request_ms) FROM completion").fetchone()
        if count == calls and to_ms(utc_now()) - newest < _STALE_MS:
            return
        shutil.rmtree(data)
    with _serving(data):
        pass
    began = time.perf_counter()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        (team,) = connection.execute("SELECT id FROM document WHERE kind = 'team'").fetchone()
        (tenant,) = connection.execute("SELECT id FROM document WHERE kind = 'tenant'").fetchone()
        connection.execute("BEGIN")
        for kind, count in (("organization", _ORGANIZATIONS), ("product", _PRODUCTS)):
            names = ((kind, number, tenant, team, f"{kind} {number}") for number in range(1000, 1000 + count))
            connection.executemany("INSERT INTO document VALUES (?, ?, ?, ?, ?, NULL, 0, 0, '{}')", names)
        marks = ", ".join("?" * len(_COLUMNS))
        connection.executemany(
            f"INSERT INTO completion ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - our own columns
            _calls(calls, team),
        )
        connection.execute("COMMIT")
    print(f"{calls} calls stored in {time.perf_counter() - began:.0f} s")


def _calls(calls: int, team: int) -> Iterator[tuple[object, ...]]:
    rng = random.Random(1)  # noqa: S311 - no secret
    start = to_ms(utc_now()) - _SPAN_MS
    for number in range(calls):
        at = start + number * _SPAN_MS // calls
        provider, model = rng.choice(_MODELS)
        organization = rng.randrange(_ORGANIZATIONS)
        cost, given, taken = rng.randrange(1, 10**8), rng.randrange(8000), rng.randrange(2000)
        yield (
            at, at, team, f"bench-{number}", 1, provider, model, f"agent-{rng.randrange(_AGENTS)}",
            f"task-{rng.randrange(_TASKS)}", f"trace-{number // 4}", f"organization {organization}",
            1000 + organization, f"product {organization % _PRODUCTS}", 1000 + organization % _PRODUCTS,
            f"key-{rng.randrange(_CREDENTIALS)}", f"user{rng.randrange(_USERS)}@example.com", given, taken, 0, 0,
            given + taken, rng.randrange(200, 9000), cost // 3, cost - cost // 3, cost,
        )  # fmt: skip


@contextmanager
def _serving(data: Path) -> Iterator[_Server]:
    command = [sys.executable, "-m", "daemon", "platform", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        hello = json.loads(child.stdout.readline())
        try:
            yield _Server(hello["url"], hello["api_key"], hello["team_id"], child.pid)
        finally:
            child.terminate()


async def _measure(server: _Server, runs: int) -> None:
    print(f"at the start: {support.resident_mb(server.pid):.0f} MB resident")
    async with aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {server.api_key}"}) as session:
        metrics = "/profitstream/v2/api/sources/metrics/ai"
        first = f"{metrics}/total-cost-by-model?teamId={server.team}&period=THIRTY_DAYS"
        print(f"first report, whose calls may have to be copied yet: {await _milliseconds(session, first):.0f} ms")
        print(f"{'report (ms, median of ' + str(runs) + ')':44}" + "".join(f"{group:>9}" for group in GROUPS))
        for name in REPORTS:
            paths = [f"{metrics}/{name}?teamId={server.team}&period=THIRTY_DAYS&group={group}" for group in GROUPS]
            medians = [await _median(session, path, runs) for path in paths]
            print(f"{name:44}" + "".join(f"{median:9.0f}" for median in medians), flush=True)
        for name in _NEWER:
            print(f"{name:44}{await _median(session, f'/api/v2/analytics/{name}', runs):9.0f}", flush=True)
    print(f"at the end: {support.resident_mb(server.pid):.0f} MB resident, {_peak_mb(server.pid):.0f} MB at most")


async def _median(session: aiohttp.ClientSession, path: str, runs: int) -> float:
    return statistics.median([await _milliseconds(session, path) for _ in range(runs)])


async def _milliseconds(session: aiohttp.ClientSession, path: str) -> float:
    began = time.perf_counter()
    async with session.get(path) as response:
        body = await response.read()
    assert response.status == 200, body
    return (time.perf_counter() - began) * 1000


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(sys.argv[1:])
