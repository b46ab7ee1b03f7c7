"""The data directory: made private, checked for writing, and held by one daemon at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon import paths
from daemon.errors import AlreadyRunningError, DataDirectoryError


@contextmanager
def held(directory: Path) -> Iterator[Path]:
    """Create the directory if needed and hold its lock.

    Raises:
        DataDirectoryError: It cannot be created or written.
        AlreadyRunningError: Another daemon holds it; the text names its process id.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(paths.lock_path(directory), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirectoryError(
            f"MONITOR_DATA_DIR = {directory}: {error.strerror}; choose a directory that this user can write"
        ) from error
    try:
        _take(handle, directory)
        yield directory
    finally:
        os.close(handle)


def _take(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 32, 0).decode().strip() or "unknown"
        raise AlreadyRunningError(
            f"another revenium-monitor (process {holder}) works in {directory}; stop it or choose another MONITOR_DATA_DIR"
        ) from None
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise DataDirectoryError(f"{directory}: {error.strerror}; free some space") from error


def http_token(directory: Path) -> str:
    """Return the token that HTTP callers must show, made once and readable by the owner only.

    Raises:
        DataDirectoryError: The file cannot be read or written.
    """
    path = paths.token_path(directory)
    try:
        # A file that is empty was never finished; an empty token would let nobody in, or everybody.
        return _read(path) or _make_token(path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataDirectoryError(f"{path}: {error}; delete the file and start again, a new token is made") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(32)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    unfinished.replace(path)
    return token
