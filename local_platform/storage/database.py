"""One SQLite file: a thread that writes, a few connections that read.

Nothing here blocks the event loop. Writes that arrive together share one transaction, and each is
answered only after the commit, so that an acknowledged record survives a kill.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from local_platform import ids
from local_platform.storage import schema

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_READERS = 3
_LARGEST_BATCH = 256
# Rows are inserted by statements of 1 to 64 rows, into two tables.
_STATEMENTS = 256


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: Future[Any]


class Database:
    """The platform's file.

    Attributes:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        writing = _open(path, schema.migrate)
        self._idle = queue.SimpleQueue[sqlite3.Connection]()
        for _ in range(_READERS):
            self._idle.put(_open(path, _for_reading))
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="platform-read")
        self._writer = threading.Thread(target=self._write_loop, args=(writing,), name="platform-write", daemon=True)
        self._writer.start()

    async def write(self, work: Work[T]) -> T:
        """Run `work` in the writer's transaction and return its result once it is committed."""
        if self._closed:
            raise RuntimeError("the database is closed")
        future: Future[T] = Future()
        self._jobs.put(_Job(work, future))
        return await asyncio.wrap_future(future)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a connection that sees what is committed."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Commit what is waiting and close every connection."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        while not self._idle.empty():
            self._idle.get().close()

    def _read(self, work: Work[T]) -> T:
        connection = self._idle.get()
        try:
            return work(connection)
        finally:
            self._idle.put(connection)

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        try:
            while (batch := self._next_batch()) is not None:
                _commit(connection, batch)
        finally:
            connection.close()

    def _next_batch(self) -> list[_Job] | None:
        """Wait for one job and take along those that wait with it; None at the end."""
        job = self._jobs.get()
        if job is None:
            return None
        batch = [job]
        while len(batch) < _LARGEST_BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch


def _commit(connection: sqlite3.Connection, batch: list[_Job]) -> None:
    wanted = [job for job in batch if job.future.set_running_or_notify_cancel()]
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_attempt(connection, job.work) for job in wanted]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        # A full disk, say: none of the batch is stored, and each caller must hear of it.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for job in wanted:
            job.future.set_exception(error)
        return
    for job, (result, failure) in zip(wanted, outcomes, strict=True):
        if failure is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(failure)


def _attempt(connection: sqlite3.Connection, work: Work[Any]) -> tuple[Any, Exception | None]:
    """Run one job so that its failure leaves the others of the batch alone."""
    connection.execute("SAVEPOINT job")
    try:
        result = work(connection)
    except Exception as error:  # noqa: BLE001 - the job's own caller gets it
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        return None, error
    connection.execute("RELEASE job")
    return result, None


def _open(path: Path, prepare: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """Open the file, which may turn out to be none of ours; then nothing stays open."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=10, cached_statements=_STATEMENTS
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # An acknowledged write survives a loss of power, too.
        connection.execute("PRAGMA synchronous = FULL")
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _for_reading(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    connection.create_function("decoded", 2, ids.decode, deterministic=True)
