"""Metering: calls per second over keep-alive connections, each answered after its commit, and whether each is there once."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bench import support

_WRITTEN_TWICE = 10
"""Every so many calls are sent a second time under their idempotency key."""


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench platform_ingest", description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--calls", type=int, default=10_000, help="calls of one run")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as folder,
        support.platform(Path(folder) / "platform", 0) as target,
        # Another process, so that sending does not take time from the platform's event loop.
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as sender,
    ):
        rates, memory = [], []
        for run in range(options.runs + 1):
            rates.append(sender.submit(send, target, options.connections, options.calls, run).result())
            memory.append(support.resident_mb(target.pid))
        kept = _kept(target)
    measured = sorted(rates[1:])
    sent = options.calls * len(rates)
    print(f"calls/s: median {statistics.median(measured):.0f} (min {measured[0]:.0f}, max {measured[-1]:.0f})")
    print(f"{sent} calls answered, {kept} kept: {abs(kept - sent) / sent:.4%} lost or kept twice")
    print(f"resident: {memory[0]:.0f} MB after the first run, {memory[-1]:.0f} MB after the last")


def _kept(target: support.Platform) -> int:
    request = Request(f"{target.url}/local/v1/status", headers={"x-api-key": target.api_key})  # noqa: S310 - our own
    with urlopen(request) as answer:  # noqa: S310 - the same
        return int(json.load(answer)["transactions"])


def send(target: support.Platform, connections: int, calls: int, run: int) -> float:
    """Send calls over so many connections, one at a time on each; return the calls answered per second."""
    requests = [_request(target, run * calls + number) for number in range(calls)]
    return asyncio.run(_drain(urlsplit(target.url).port or 80, connections, requests))


async def _drain(port: int, connections: int, requests: list[bytes]) -> float:
    repeated = len(requests) // _WRITTEN_TWICE
    waiting = iter([*requests, *requests[:repeated]])
    began = time.perf_counter()
    await asyncio.gather(*(_use(port, waiting) for _ in range(connections)))
    return (len(requests) + repeated) / (time.perf_counter() - began)


async def _use(port: int, waiting: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201"), head
        _, _, length = head.partition(b"Content-Length: ")
        await reader.readexactly(int(length[: length.index(b"\r")]))
    writer.close()
    await writer.wait_closed()


def _request(target: support.Platform, number: int) -> bytes:
    body = json.dumps(support.call(number, datetime.now(UTC))).encode()
    head = (
        "POST /meter/v2/ai/completions HTTP/1.1",
        "Host: 127.0.0.1",
        f"x-api-key: {target.api_key}",
        "Content-Type: application/json",
        f"Idempotency-Key: bench-{number}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
