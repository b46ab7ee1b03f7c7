"""Reading and writing descriptors of any kind."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_surface.front import streams
from mcp_surface.front.streams import Outlet, lines


async def everything(descriptor: int) -> list[bytes]:
    return [line async for line in lines(descriptor)]


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300).map(lambda data: data.replace(b"a", b"\n")), st.integers(1, 9))
def test_lines_come_out_as_they_went_in_however_they_are_cut(data: bytes, size: int) -> None:
    reading, writing = os.pipe()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "CHUNK", size)
        os.write(writing, data)
        os.close(writing)
        found = asyncio.run(everything(reading))
    os.close(reading)
    assert found == data.removesuffix(b"\n").split(b"\n") if data else found == []


async def test_a_file_can_be_read_too(tmp_path: Path) -> None:
    path = tmp_path / "requests"
    path.write_bytes(b"one\ntwo")
    descriptor = os.open(path, os.O_RDONLY)
    assert await everything(descriptor) == [b"one", b"two"]
    os.close(descriptor)


def test_pieces_are_written_in_order_and_completely() -> None:
    reading, writing = os.pipe()
    outlet = Outlet(writing)
    big = b"x" * 300_000  # more than a pipe holds
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(_read_all(reading)))
    reader.start()
    outlet.write(big)
    outlet.write(b"end")
    outlet.close()
    os.close(writing)
    reader.join(5)
    os.close(reading)
    assert received == [big + b"end"]


def test_nobody_reading_is_noticed() -> None:
    reading, writing = os.pipe()
    noticed = threading.Event()
    outlet = Outlet(writing, broken=noticed.set)
    os.close(reading)
    outlet.write(b"hello?")
    assert noticed.wait(5)
    os.close(writing)


def test_a_reader_that_has_stopped_costs_pieces_but_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FLUSH_SECONDS", 0.05)
    reading, writing = os.pipe()
    outlet = Outlet(writing, limit=3)
    for _ in range(50):
        outlet.write(b"x" * 100_000)
    outlet.close()
    os.close(reading)
    outlet._thread.join(5)
    os.close(writing)
    assert not outlet._thread.is_alive()


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 16):
        parts.append(part)
    return b"".join(parts)
