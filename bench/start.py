"""Start of a daemon: seconds to the end of the first poll, and resident memory with 60 days of history learnt."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import support
from daemon.commands.status import fetch


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench start", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--days", type=int, default=60)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, support.platform(Path(folder) / "platform", options.days) as target:
        first = asyncio.run(_start(target, Path(folder) / "data"))
        print(
            f"first start, reading {options.days} days: first poll done after {first[1]:.1f} s, {first[2]:.0f} MB resident"
        )
        runs = [asyncio.run(_start(target, Path(folder) / "data")) for _ in range(options.runs)]
    for label, column, unit in (
        ("answering on its socket", 0, "s"),
        ("first poll done", 1, "s"),
        ("resident", 2, "MB"),
    ):
        values = sorted(run[column] for run in runs)
        print(
            f"restart, {label}: median {statistics.median(values):.2f} {unit} (min {values[0]:.2f}, max {values[-1]:.2f})"
        )


async def _start(target: support.Platform, data: Path) -> tuple[float, float, float]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "daemon", "run"]
    child = subprocess.Popen(command, env=support.environment(target, data), stdout=subprocess.DEVNULL)
    try:
        answering = 0.0
        while True:
            status = await fetch(data)
            answering = answering or (time.perf_counter() - began if status else 0.0)
            if status and status.last_poll_at:
                break
            await asyncio.sleep(0.02)
        polled = time.perf_counter() - began
        await asyncio.sleep(3)
        return answering, polled, support.resident_mb(child.pid)
    finally:
        child.terminate()
        child.wait()
