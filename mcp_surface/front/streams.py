"""Standard streams without blocking the event loop, whatever they are: pipes, files, terminals.

Threads do the reading and writing. asyncio's own pipes refuse files, and switch descriptors that are shared
with the parent to non-blocking.
"""

from __future__ import annotations

import asyncio
import os
import queue
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from threading import Thread

CHUNK = 1 << 16
FLUSH_SECONDS = 2.0


async def lines(descriptor: int) -> AsyncIterator[bytes]:
    """Yield lines without their ends, until the input ends."""
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        chunk = b"-"
        # A loop that is closed has nobody left to read for.
        with suppress(RuntimeError):
            while chunk:
                chunk = _read(descriptor)
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)

    Thread(target=read, name="stdin", daemon=True).start()
    rest: list[bytes] = []
    while chunk := await chunks.get():
        *whole, tail = chunk.split(b"\n")
        if whole:
            yield b"".join((*rest, whole[0]))
            for line in whole[1:]:
                yield line
            rest = []
        rest.append(tail)
    if any(rest):
        yield b"".join(rest)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:
        return b""


class Outlet:
    """Writes in order from a thread of its own.

    Attributes:
        limit: How many pieces may wait; more are dropped. No limit with 0.
        broken: Called from the thread when nobody reads any more.
    """

    def __init__(self, descriptor: int, *, limit: int = 0, broken: Callable[[], object] = lambda: None) -> None:
        self._descriptor = descriptor
        self._broken = broken
        self._pieces: queue.Queue[bytes | None] = queue.Queue(limit)
        self._thread = Thread(target=self._run, name="outlet", daemon=True)
        self._thread.start()

    def write(self, piece: bytes) -> None:
        """Queue a piece."""
        with suppress(queue.Full):
            self._pieces.put_nowait(piece)

    def close(self) -> None:
        """Write what is queued, within a bound: a reader that has stopped reading must not keep us."""
        with suppress(queue.Full):
            self._pieces.put_nowait(None)
        self._thread.join(FLUSH_SECONDS)

    def _run(self) -> None:
        try:
            while (piece := self._pieces.get()) is not None:
                view = memoryview(piece)
                while view:
                    view = view[os.write(self._descriptor, view) :]
        except OSError:
            self._broken()
