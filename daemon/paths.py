"""Where things lie in the data directory. Imports nothing heavy: the stdio front starts with it."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """Return where state lives: MONITOR_DATA_DIR, else systemd's state directory, else the user's."""
    if chosen := os.environ.get("MONITOR_DATA_DIR"):
        return Path(chosen)
    if state := os.environ.get("STATE_DIRECTORY"):
        return Path(state.split(":", 1)[0])
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "revenium-monitor"


def socket_path(directory: Path) -> Path:
    """Return the unix socket of the daemon that works in `directory`."""
    return directory / "daemon.sock"


def database_path(directory: Path) -> Path:
    """Return the database file."""
    return directory / "monitor.sqlite3"


def lock_path(directory: Path) -> Path:
    """Return the file whose lock says who works here."""
    return directory / "daemon.lock"


def token_path(directory: Path) -> Path:
    """Return the file that holds the HTTP token."""
    return directory / "http_token"


def inbox_path(directory: Path) -> Path:
    """Return the local inbox, used where no channel is configured."""
    return directory / "inbox"


def platform_dir(directory: Path) -> Path:
    """Return the embedded platform's own directory."""
    return directory / "platform"
