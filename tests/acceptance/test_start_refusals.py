"""A daemon that cannot start says why, in one line that names the setting, and with an exit code of its own."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.commands.status import fetch
from daemon.errors import Exit
from local_platform.server import running_platform

pytestmark = pytest.mark.acceptance


async def refused(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command that ends by itself; return its exit code and what it wrote on standard error."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daemon", *arguments,
        env={"PATH": os.environ["PATH"], "MONITOR_HTTP_PORT": "0", **environment},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode is not None
    return child.returncode, errors.decode()


@asynccontextmanager
async def daemon(data: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    own = {"MONITOR_HTTP_PORT": "0", "MONITOR_DATA_DIR": str(data), "MONITOR_POLL_SECONDS": "1"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daemon", "run", env={"PATH": os.environ["PATH"], **own, **environment},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(child.wait(), 20)


async def until_state(data: Path, state: str, problem: str = "") -> None:
    """Wait until the daemon says that it is in a state; the other process has no event to wait for."""
    async with asyncio.timeout(30):
        while True:
            status = await fetch(data)
            if status and status.state == state and problem in (status.problem or ""):
                return
            await asyncio.sleep(0.05)


async def test_a_bad_settings_file_names_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    config = tmp_path / "monitor.toml"
    config.write_text('poll_seconds = 0.1\nsensitivty = "normal"\n')
    code, words = await refused("run", MONITOR_CONFIG=str(config), MONITOR_DATA_DIR=str(tmp_path / "data"))
    assert code == Exit.BAD_CONFIG == 78
    assert "poll_seconds" in words
    assert "0.1" in words
    assert "greater than or equal to 1" in words
    assert "did you mean 'sensitivity'" in words
    assert len(words.splitlines()) == 1


async def test_a_taken_port_is_named_and_nothing_is_left_running(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, words = await refused("run", MONITOR_HTTP_PORT=port, MONITOR_DATA_DIR=str(tmp_path / "data"))
    assert code == Exit.UNAVAILABLE
    assert f"MONITOR_HTTP_PORT = {port}" in words
    assert "choose another port" in words


async def test_a_second_daemon_on_the_same_directory_is_told_who_holds_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with (
        running_platform(tmp_path / "platform") as platform,
        daemon(data, REVENIUM_API_KEY=platform.api_key, REVENIUM_BASE_URL=platform.url) as first,
    ):
        await until_state(data, "ok")
        code, words = await refused("run", MONITOR_DATA_DIR=str(data), REVENIUM_API_KEY="hak_any_key")
        assert code == Exit.ALREADY_RUNNING
        assert f"process {first.pid}" in words
        assert await fetch(data) is not None, "the first one is undisturbed"


async def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, words = await refused("run", MONITOR_DATA_DIR=str(tmp_path / "file" / "data"), REVENIUM_API_KEY="hak_any_key")
    assert code == Exit.CANNOT_CREATE
    assert str(tmp_path / "file" / "data") in words
    assert "choose a directory" in words


async def test_a_wrong_key_ends_with_the_code_that_service_managers_do_not_retry(tmp_path: Path) -> None:
    async with running_platform(tmp_path / "platform") as platform:
        code, words = await refused(
            "run",
            MONITOR_DATA_DIR=str(tmp_path / "data"),
            REVENIUM_API_KEY="hak_wrong_key",
            REVENIUM_BASE_URL=platform.url,
        )
    assert code == Exit.BAD_CONFIG
    assert "check REVENIUM_API_KEY" in words
    assert "hak_wrong_key" not in words


async def test_a_full_disk_is_survived_and_nothing_metered_meanwhile_is_lost(tmp_path: Path) -> None:
    from aiohttp import ClientSession

    data = tmp_path / "data"
    stamp = (datetime.now(UTC) - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    call = (
        '{"transactionId": "tx-%d", "model": "gpt-4o", "provider": "OPENAI", "costType": "AI", "inputTokenCount": 1, '
        '"outputTokenCount": 1, "totalTokenCount": 2, "requestDuration": 5, "isStreamed": false, "stopReason": "END", '
        f'"requestTime": "{stamp}", "completionStartTime": "{stamp}", "responseTime": "{stamp}"}}'
    )
    async with (
        running_platform(tmp_path / "platform") as platform,
        ClientSession(headers={"x-api-key": platform.api_key}) as session,
        daemon(data, REVENIUM_API_KEY=platform.api_key, REVENIUM_BASE_URL=platform.url) as child,
    ):
        await until_state(data, "ok")
        full = (data / "monitor.sqlite3-wal").stat().st_size
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        lines = "\n".join(call % number for number in range(500))
        async with session.post(f"{platform.url}/local/v1/import", data=lines) as response:
            assert (await response.json())["accepted"] == 500
        await until_state(data, "failing", "free space")
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await until_state(data, "ok")
        status = await fetch(data)
        assert status is not None
        assert status.transactions == 500


async def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-u", "-m", "daemon", "check",
            env={"PATH": os.environ["PATH"], "MONITOR_DATA_DIR": str(tmp_path)}, stdout=writing, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.close(writing)
    _, errors = await asyncio.wait_for(child.communicate(), 30)
    assert (child.returncode, errors) == (0, b"")
