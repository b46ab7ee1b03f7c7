"""The daemon's life: up in order, told to systemd, reloaded, and down again whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from daemon import directory, runtime
from daemon.delivery import Dispatcher
from daemon.errors import DataDirectoryError, MonitorError
from daemon.runtime import App, until_input_ends
from daemon.settings import Settings
from daemon.testing import ManualClock, ManualScheduler
from detectors.base import Sensitivity
from local_platform.server import Platform, running_platform

MakeApp = Callable[[], App]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path / "platform") as platform:
        yield platform


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make_app(platform: Platform, tmp_path: Path, clock: ManualClock) -> MakeApp:
    settings = Settings(
        revenium_api_key=platform.api_key, revenium_base_url=platform.url, data_dir=tmp_path / "data", http_port=0
    )
    return lambda: App(settings, clock=clock, scheduler=ManualScheduler(), console=io.StringIO())


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen where systemd would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


async def told(manager: socket.socket) -> str:
    return (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 4096), 5)).decode()


async def silent(manager: socket.socket) -> bool:
    """Take what was sent before, then tell whether nothing more comes."""
    with contextlib.suppress(BlockingIOError):
        while manager.recv(4096):
            pass
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 4096), 0.2)
    except TimeoutError:
        return True
    return False


async def test_systemd_is_told_ready_only_when_everything_is_up_and_stopping_first_of_all(
    make_app: MakeApp, manager: socket.socket
) -> None:
    async with make_app().started() as running:
        assert (await told(manager)).startswith(f"READY=1\nSTATUS=polling {running.engine.platform_url}")
    assert await told(manager) == "STOPPING=1"


async def test_the_watchdog_is_fed_while_polling_lives_and_starves_when_it_does_not(
    make_app: MakeApp, manager: socket.socket, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    async with make_app().started() as running:
        await told(manager)
        await running.engine.poll()
        async with asyncio.timeout(5):
            while await told(manager) != "WATCHDOG=1\nSTATUS=ok, 0 calls recorded":
                pass  # earlier ones tell of the start
        clock.advance(timedelta(hours=1))
        assert await silent(manager)
        await running.engine.poll()
        assert (await told(manager)).startswith("WATCHDOG=1")


async def test_a_hangup_takes_over_what_the_file_says_now(
    make_app: MakeApp, manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "monitor.toml"
    config.write_text('sensitivity = "aggressive"\n')
    monkeypatch.setenv("MONITOR_CONFIG", str(config))
    async with make_app().started() as running:
        await told(manager)
        os.kill(os.getpid(), signal.SIGHUP)
        assert [await told(manager), await told(manager)] == ["RELOADING=1", "READY=1"]
        assert running.engine.rules.sensitivity is Sensitivity.AGGRESSIVE


async def test_a_hangup_with_a_wrong_file_changes_nothing_and_says_so(
    make_app: MakeApp,
    manager: socket.socket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = tmp_path / "monitor.toml"
    config.write_text('sensitivity = "deaf"\n')
    monkeypatch.setenv("MONITOR_CONFIG", str(config))
    async with make_app().started() as running:
        await told(manager)
        os.kill(os.getpid(), signal.SIGHUP)
        assert [await told(manager), await told(manager)] == ["RELOADING=1", "READY=1"]
        assert running.engine.rules.sensitivity is Sensitivity.NORMAL
    assert "the old ones stay: " in caplog.text
    assert "'deaf'" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_run_without_an_error(make_app: MakeApp, number: signal.Signals) -> None:
    await asyncio.wait_for(make_app().run(lambda _: os.kill(os.getpid(), number)), 10)


async def test_a_part_that_dies_takes_the_daemon_down_loudly(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(self: Dispatcher) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(Dispatcher, "run", dies)
    with pytest.raises(MonitorError, match=r"delivery ended unexpectedly: a bug; see the log"):
        await asyncio.wait_for(make_app().run(), 10)


async def test_a_start_that_fails_half_way_leaves_port_and_lock_to_the_next(make_app: MakeApp, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "monitor.sqlite3").write_text("not a database, however long this text may be" * 50)
    with pytest.raises(DataDirectoryError, match=r"monitor\.sqlite3"):
        await make_app().run()
    with directory.held(data):
        assert not (data / "daemon.sock").exists()


async def test_everything_is_given_back_so_that_the_same_process_can_start_again(make_app: MakeApp) -> None:
    for _ in range(2):
        async with make_app().started() as running:
            await running.engine.poll()
            assert running.engine.health.state == "ok"


async def test_the_end_of_the_parents_pipe_stops_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "w") as parent:
        monkeypatch.setattr(runtime.sys, "stdin", stdin)
        stopped = asyncio.Event()
        watching = asyncio.create_task(until_input_ends(stopped.set))
        parent.write("anything a parent says is ignored")
        parent.close()
        await asyncio.wait_for(stopped.wait(), 5)
        await watching
