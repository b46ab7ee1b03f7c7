"""The SQLite file: one thread writes, one function call per transaction; reads go beside it.

A transaction is one function run in one thread, so that a cancelled task can neither interleave
with it nor leave it open.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TypeVar

from daemon.errors import DataDirectoryError, StorageError
from daemon.failpoints import failpoint

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

log = logging.getLogger(__name__)

CLOSED = "the database is closed; start the daemon again"

PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 67108864;
"""


class Database:
    """Owns the file. `write` and `read` are safe to call from any task."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reader")
        self._closed = False
        self._write_connection: sqlite3.Connection | None = None
        self._read_connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, creating and migrating it as needed.

        Raises:
            DataDirectoryError: The file cannot be created, written or understood.
        """
        loop = asyncio.get_running_loop()
        try:
            self._write_connection = await loop.run_in_executor(self._writer, self._connect_writer)
            self._read_connection = await loop.run_in_executor(self._readers, self._connect_reader)
        except DataDirectoryError:
            await self.close()
            raise
        except sqlite3.Error as error:
            await self.close()
            raise DataDirectoryError(
                f"{self._path}: {error}; the data directory must be writable, on a local disk with free space, "
                "and the file must be one of ours"
            ) from error

    async def open_to_read(self) -> None:
        """Open a file that is there without ever writing to it, beside the daemon that does; only `read` works then.

        Raises:
            DataDirectoryError: There is no such file, or it is of another version.
        """
        loop = asyncio.get_running_loop()
        try:
            self._read_connection = await loop.run_in_executor(self._readers, self._connect_visitor)
        except sqlite3.Error as error:
            await self.close()
            raise DataDirectoryError(
                f"{self._path}: {error}; start 'revenium-monitor run' first, or choose its MONITOR_DATA_DIR"
            ) from error
        except DataDirectoryError:
            await self.close()
            raise

    def _connect_visitor(self) -> sqlite3.Connection:
        connection = self._connect_reader()
        try:
            check(connection)
            check_is_current(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_writer(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            check(connection)
            connection.executescript(PRAGMAS)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_reader(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA busy_timeout = 5000")
        return connection

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction on the writer thread: all of it is kept, or none.

        Cancelling the caller does not stop the transaction; it is awaited to its end.

        Raises:
            StorageError: SQLite refused; nothing was kept.
        """
        self._refuse_if_closed()
        return await _finish(asyncio.get_running_loop().run_in_executor(self._writer, self._transact, work))

    def _transact(self, work: Work[T]) -> T:
        connection = self._write_connection
        if connection is None:
            raise StorageError(CLOSED)
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                failpoint("before-commit")
                connection.execute("COMMIT")
            except BaseException:
                # After a full disk SQLite may have rolled back by itself; a second attempt would mask the cause.
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StorageError(
                f"{self._path}: {error}; free space or repair the disk, the daemon goes on by itself"
            ) from error
        return result

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a read-only connection.

        Raises:
            StorageError: SQLite refused.
        """

        def run() -> T:
            if self._read_connection is None:
                raise StorageError(CLOSED)
            try:
                return work(self._read_connection)
            except sqlite3.Error as error:
                raise StorageError(f"{self._path}: {error}") from error

        self._refuse_if_closed()
        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StorageError(CLOSED)

    async def close(self) -> None:
        """Finish what is queued, fold the log into the file and close; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        # Each thread closes its own connection behind the work that is queued for it.
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._readers, self._close_reader)
        await loop.run_in_executor(self._writer, self._close_writer)
        self._readers.shutdown()
        self._writer.shutdown()

    def _close_reader(self) -> None:
        if self._read_connection is not None:
            self._read_connection.close()
            self._read_connection = None

    def _close_writer(self) -> None:
        if self._write_connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._write_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._write_connection.close()
            self._write_connection = None


async def _finish(future: asyncio.Future[T]) -> T:
    """Await a future to its end even when the caller is cancelled meanwhile, then pass the cancellation on."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


def check(connection: sqlite3.Connection) -> None:
    """Look whether the file is ours and not from the future, before anything in it is changed.

    Raises:
        DataDirectoryError: The file was written by a newer version, or by another program.
    """
    current, known = _version(connection), len(list(_migrations()))
    if current > known:
        raise DataDirectoryError(
            f"the database has schema {current}, this version knows {known}; install the newer version again"
        )
    if current == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise DataDirectoryError(
            "the database belongs to another program; choose another MONITOR_DATA_DIR or move the file away"
        )


def check_is_current(connection: sqlite3.Connection) -> None:
    """Look whether the file has everything that this version reads.

    Raises:
        DataDirectoryError: It was written by an older version.
    """
    if _version(connection) < len(list(_migrations())):
        raise DataDirectoryError(
            "the database was written by an older version; start 'revenium-monitor run' once, it brings it up to date"
        )


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step in a transaction of its own."""
    for number, script in enumerate(_migrations(), start=1):
        if number > _version(connection):
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
            log.info("database schema is now %d", number)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrations() -> Iterator[str]:
    folder = resources.files("daemon.storage") / "migrations"
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")):
        yield (folder / name).read_text(encoding="utf-8")
