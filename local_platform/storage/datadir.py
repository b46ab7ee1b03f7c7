"""The data directory: one platform at a time, and clear words when it cannot be used."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DataDirError(Exception):
    """The directory cannot be used; the message says what to do."""


@contextmanager
def held(path: Path) -> Iterator[Path]:
    """Create the directory if need be and hold it for this process.

    Raises:
        DataDirError: It cannot be written, or another platform holds it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirError(f"cannot write to {path}: {error.strerror}; choose another directory with --data") from error
    try:
        _lock(descriptor, path)
        yield path
    finally:
        # The lock goes with the descriptor, at a kill too; the file stays for the next holder.
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        raise DataDirError(
            f"another platform (pid {holder}) uses {path}; stop it, or choose another directory with --data"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
