"""One poll of many calls: from the request to committed samples and verdicts, on real HTTP and SQLite."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bench import support
from daemon import runtime
from daemon.settings import Settings
from daemon.testing import ManualScheduler


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench poll", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(argv)
    seconds = [asyncio.run(_measure(options.calls)) for _ in range(options.runs)]
    print(
        f"poll of {options.calls} calls to committed samples and verdicts: median {statistics.median(seconds):.2f} s "
        f"(min {min(seconds):.2f}, max {max(seconds):.2f}), {options.calls / statistics.median(seconds):,.0f} calls/s"
    )


async def _measure(calls: int) -> float:
    with tempfile.TemporaryDirectory() as folder, support.platform(Path(folder) / "platform", 10) as target:
        settings = Settings(
            revenium_api_key=target.api_key, revenium_base_url=target.url, data_dir=Path(folder) / "data", http_port=0
        )
        async with runtime.App(settings, scheduler=ManualScheduler()).started() as running:
            await running.engine.poll()
            await support.meter(target, calls, timedelta(seconds=60))
            began = time.perf_counter()
            before = running.engine.counters.added
            await running.engine.poll()
            took = time.perf_counter() - began
            assert running.engine.counters.added - before == calls, running.engine.health
            return took
