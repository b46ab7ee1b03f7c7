"""The file itself: whole transactions, errors that say what to do, and life after them."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from daemon.errors import DataDirectoryError, StorageError
from daemon.storage import database as module
from daemon.storage.database import Database

BOUND = 10.0

HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


def note(text: str) -> Callable[[sqlite3.Connection], None]:
    """Return work that keeps one line."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO audit (at, actor, action, detail) VALUES (0, 'test', 'note', ?)", (text,))

    return work


def notes(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT detail FROM audit ORDER BY id")]


class Gate:
    """Work that writes one line, waits to be let through, and writes another."""

    def __init__(self, name: str) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self._name = name

    def __call__(self, connection: sqlite3.Connection) -> None:
        note(f"{self._name} begins")(connection)
        self.entered.set()
        assert self.open.wait(BOUND)
        note(f"{self._name} ends")(connection)


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, BOUND)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.sqlite3"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = Database(path)
    await database.open()
    yield database
    await database.close()


# -- transactions


async def test_a_write_gives_back_what_its_work_returns_and_a_read_sees_it(database: Database) -> None:
    assert await database.write(lambda connection: connection.execute("SELECT 7").fetchone()[0]) == 7
    await database.write(note("one"))
    assert await database.read(notes) == ["one"]


async def test_work_that_fails_keeps_nothing_and_passes_its_error_on(database: Database) -> None:
    def breaks(connection: sqlite3.Connection) -> None:
        note("lost")(connection)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await database.write(breaks)
    await database.write(note("kept"))
    assert await database.read(notes) == ["kept"]


async def test_a_cancelled_callers_transaction_still_ends_whole(database: Database) -> None:
    gate = Gate("cancelled")
    writing = asyncio.create_task(database.write(gate))
    await until(gate.entered)
    writing.cancel()
    await asyncio.wait([writing], timeout=0)
    assert not writing.done(), "the caller must not go on while its transaction is open"
    gate.open.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await database.read(notes) == ["cancelled begins", "cancelled ends"]


async def test_a_cancelled_callers_failing_transaction_leaves_the_database_usable(database: Database) -> None:
    gate = Gate("doomed")

    def breaks(connection: sqlite3.Connection) -> None:
        gate(connection)
        raise sqlite3.OperationalError("disk I/O error")

    writing = asyncio.create_task(database.write(breaks))
    await until(gate.entered)
    writing.cancel()
    gate.open.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.write(note("next"))
    assert await database.read(notes) == ["next"]


async def test_two_tasks_writes_do_not_interleave(database: Database) -> None:
    gates = [Gate("first"), Gate("second")]
    writing = [asyncio.create_task(database.write(gate)) for gate in gates]
    await until(gates[0].entered)
    gates[1].open.set()
    assert not gates[1].entered.is_set()
    gates[0].open.set()
    await asyncio.gather(*writing)
    assert await database.read(notes) == ["first begins", "first ends", "second begins", "second ends"]


async def test_a_read_beside_an_open_write_sees_what_was_committed_before(database: Database) -> None:
    await database.write(note("before"))
    gate = Gate("open")
    writing = asyncio.create_task(database.write(gate))
    await until(gate.entered)
    assert await database.read(notes) == ["before"]
    gate.open.set()
    await writing


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError, match="readonly"):
        await database.read(note("sneaked in"))


async def test_closing_finishes_what_is_queued_and_twice_does_no_harm(database: Database, path: Path) -> None:
    gate = Gate("slow")
    writing = [asyncio.create_task(database.write(work)) for work in (gate, note("queued"))]
    await until(gate.entered)
    closing_down = asyncio.create_task(database.close())
    await asyncio.wait([closing_down], timeout=0)
    gate.open.set()
    await asyncio.gather(closing_down, *writing)
    await database.close()
    with closing(sqlite3.connect(path)) as connection:
        assert notes(connection) == ["slow begins", "slow ends", "queued"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == [path.name], "the log was folded into the file"


async def test_a_closed_database_says_so(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageError, match="closed"):
        await database.write(note("late"))
    with pytest.raises(StorageError, match="closed"):
        await database.read(notes)


# -- trouble while running


async def test_a_full_disk_loses_nothing_committed_and_passes(database: Database) -> None:
    await database.write(note("before"))

    def limit(pages: int) -> Callable[[sqlite3.Connection], None]:
        return lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").close()

    await database.write(limit(1))  # SQLite takes the present size for a smaller limit
    with pytest.raises(StorageError, match=r"full; free space"):
        await database.write(note("x" * 500_000))
    assert await database.read(notes) == ["before"]
    await database.write(limit(2**30))
    await database.write(note("after"))
    assert await database.read(notes) == ["before", "after"]


async def test_a_file_that_may_not_grow_loses_nothing_committed_and_passes(path: Path) -> None:
    """Like the one before, with the kernel refusing instead of SQLite."""
    script = """
import asyncio, resource, signal, sys
from pathlib import Path
from daemon.errors import StorageError
from daemon.storage.database import Database

def note(text):
    return lambda c: c.execute("INSERT INTO audit (at, actor, action, detail) VALUES (0, '', '', ?)", (text,)).close()

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    database = Database(Path(sys.argv[1]))
    await database.open()
    await database.write(note("before"))
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
    try:
        await database.write(note("x" * 500_000))
    except StorageError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    await database.write(note("after"))
    await database.close()

asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path), stdout=subprocess.PIPE)
    said, _ = await asyncio.wait_for(child.communicate(), BOUND)
    assert child.returncode == 0
    assert b"free space or repair the disk" in said
    with closing(sqlite3.connect(path)) as connection:
        assert notes(connection) == ["before", "after"]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_database_that_another_process_locks_is_an_error_and_works_afterwards(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PRAGMAS", re.sub(r"busy_timeout = \d+", "busy_timeout = 20", module.PRAGMAS))
    database = Database(path)
    await database.open()
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_THE_LOCK, str(path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin
    assert holder.stdout
    assert await asyncio.wait_for(holder.stdout.readline(), BOUND) == b"held\n"
    with pytest.raises(StorageError, match="locked"):
        await database.write(note("refused"))
    await asyncio.wait_for(holder.communicate(b"\n"), BOUND)
    await database.write(note("kept"))
    assert await database.read(notes) == ["kept"]
    await database.close()


async def test_a_file_damaged_inside_is_an_error_that_names_it(database: Database, path: Path) -> None:
    await database.write(note("x" * 200_000))
    await database.close()
    with path.open("r+b") as file:
        file.seek(-100_000, os.SEEK_END)
        file.write(b"\xff" * 100_000)
    damaged = Database(path)
    await damaged.open()
    with pytest.raises(StorageError, match=re.escape(str(path))):
        await damaged.read(notes)
    await damaged.close()


# -- files that cannot be opened


def bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def not_sqlite(path: Path) -> None:
    path.write_bytes(b"this is a letter to my aunt, not a database " * 100)


def a_directory(path: Path) -> None:
    path.mkdir()


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")


def another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


@pytest.mark.parametrize(
    ("spoil", "advice"),
    [
        (not_sqlite, "must be one of ours"),
        (a_directory, "must be writable"),
        (newer, "install the newer version again"),
        (another_program, "choose another MONITOR_DATA_DIR"),
    ],
)
async def test_a_file_that_cannot_be_ours_is_refused_with_advice_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], None], advice: str
) -> None:
    spoil(path)
    before = bytes_of(path)
    database = Database(path)
    with pytest.raises(DataDirectoryError, match=advice):
        await database.open()
    await database.close()
    assert bytes_of(path) == before


async def test_a_directory_that_is_missing_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match="the data directory must be writable"):
        await Database(tmp_path / "missing" / "monitor.sqlite3").open()


async def test_a_directory_that_takes_no_files_is_refused_with_advice() -> None:
    with pytest.raises(DataDirectoryError, match="the data directory must be writable"):
        await Database(Path("/proc/monitor.sqlite3")).open()


# -- migrations


async def test_migrations_run_once(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = ["CREATE TABLE audit (id INTEGER PRIMARY KEY, at, actor, action, detail);", "CREATE TABLE second (x);"]
    monkeypatch.setattr(module, "_migrations", lambda: iter(steps))
    caplog.set_level("INFO", logger=module.__name__)
    for _ in range(2):
        database = Database(path)
        await database.open()
        await database.write(note("kept"))
        await database.close()
    assert [record.message for record in caplog.records] == [f"database schema is now {n}" for n in (1, 2)]
    with closing(sqlite3.connect(path)) as connection:
        assert notes(connection) == ["kept", "kept"]


async def test_a_migration_that_fails_half_way_is_undone_and_can_be_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = "CREATE TABLE first (x);"
    monkeypatch.setattr(module, "_migrations", lambda: iter([first, "CREATE TABLE half (x); CREATE TABLE first (x);"]))
    with pytest.raises(DataDirectoryError, match="already exists"):
        await Database(path).open()
    monkeypatch.setattr(module, "_migrations", lambda: iter([first, "CREATE TABLE half (x);"]))
    database = Database(path)
    await database.open()
    assert await database.read(lambda connection: connection.execute("PRAGMA user_version").fetchone()[0]) == 2
    await database.close()


async def test_every_commit_reaches_the_disk_before_it_is_acknowledged(database: Database) -> None:
    def pragmas(connection: sqlite3.Connection) -> tuple[str, int]:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        return mode, connection.execute("PRAGMA synchronous").fetchone()[0]

    full = 2
    assert await database.write(pragmas) == ("wal", full)
