"""Telling systemd: datagrams to path and abstract sockets, silence where nobody listens."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.sdnotify import notify, watchdog_seconds


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen as systemd does, in both forms of address."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@monitor-test-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1) if request.param == "abstract" else name)
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)


def test_lines_arrive_as_one_datagram(manager: socket.socket) -> None:
    assert notify("READY=1", "STATUS=watching") is True
    assert manager.recv(1000) == b"READY=1\nSTATUS=watching"


def test_a_manager_that_does_not_keep_up_holds_nobody_up(manager: socket.socket) -> None:
    assert notify("WATCHDOG=1") is True
    assert not all(notify("WATCHDOG=1") for _ in range(10_000))


def test_without_systemd_nothing_is_sent() -> None:
    assert notify("READY=1") is False


@pytest.mark.parametrize("address", ["/nonexistent/notify", "@monitor-nobody-listens", "x" * 200 + "/"])
def test_an_address_where_nobody_listens_is_no_error(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert notify("READY=1") is False


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        (None, None, None),
        ("", None, None),
        ("30000000", None, 15.0),
        pytest.param("30000000", str(os.getpid()), 15.0, id="this process"),
        pytest.param("30000000", str(os.getpid() + 1), None, id="another process"),
        ("1000000", "", 0.5),
    ],
)
def test_the_watchdog_is_fed_at_half_its_time_if_it_watches_this_process(
    monkeypatch: pytest.MonkeyPatch, usec: str | None, pid: str | None, seconds: float | None
) -> None:
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert watchdog_seconds() == seconds
