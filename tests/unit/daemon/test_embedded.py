"""The embedded platform as a child: it comes up, goes down, and never outlives its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from daemon import embedded
from daemon.embedded import Demo, EmbeddedPlatform
from daemon.errors import TransientError

Soon = Callable[[Awaitable[Any]], Awaitable[Any]]

QUIET = Demo(history_days=0, traffic=0, incident_after=None)

PARENT = """
import asyncio, sys
from pathlib import Path
from daemon.embedded import Demo, EmbeddedPlatform

async def main():
    platform = EmbeddedPlatform(Path(sys.argv[1]), Demo(history_days=0, traffic=0, incident_after=None))
    await platform.start()
    print(platform.url, platform._process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def _gone(pid: int) -> None:
    """Wait until a process has ended; it is not ours, so that nobody can be waited for."""
    async with asyncio.timeout(10):
        while _lives(pid):  # noqa: ASYNC110 - another process's end raises no event here
            await asyncio.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # a zombie that nobody collects has ended too


def _child_of(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Start a program of ours where the platform would be started."""
    real = asyncio.create_subprocess_exec

    async def start(_: str, *__: str, **given: Any) -> asyncio.subprocess.Process:
        return await real(sys.executable, "-c", program, **given)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)


@asynccontextmanager
async def _started(data: Path) -> AsyncIterator[EmbeddedPlatform]:
    platform = EmbeddedPlatform(data, QUIET)
    await platform.start()
    try:
        yield platform
    finally:
        await platform.stop()


async def test_it_serves_with_the_key_it_tells_and_ends_when_stopped(tmp_path: Path) -> None:
    async with _started(tmp_path) as platform:
        assert platform._process is not None
        pid = platform._process.pid
        headers = {"x-api-key": platform.api_key}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{platform.url}/profitstream/v2/api/users/me") as response,
        ):
            assert response.status == 200
    assert not _lives(pid)
    await platform.stop()


async def test_the_child_ends_by_itself_when_its_parent_is_killed(tmp_path: Path, soon: Soon) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    line = await soon(parent.stdout.readline())
    child = int(line.split()[1])
    assert _lives(child)
    os.kill(parent.pid, signal.SIGKILL)
    await soon(parent.wait())
    await _gone(child)


@pytest.mark.parametrize(
    "program",
    ["raise SystemExit(1)", "print('not what was agreed')", "print('{}')", "print('{\"url\": 1}')"],
    ids=["dies", "babbles", "tells nothing", "tells half"],
)
async def test_a_child_that_does_not_come_up_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    _child_of(monkeypatch, program)
    platform = EmbeddedPlatform(tmp_path, QUIET)
    with pytest.raises(TransientError, match=r"did not start.*Set REVENIUM_API_KEY"):
        await platform.start()
    assert platform._process is None


async def test_a_child_that_says_nothing_is_given_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "READY_SECONDS", 0.05)
    _child_of(monkeypatch, "import sys; sys.stdin.read()")
    with pytest.raises(TransientError):
        await EmbeddedPlatform(tmp_path, QUIET).start()


async def test_a_child_that_does_not_stop_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(embedded, "STOP_SECONDS", 0.05)
    hello = json.dumps({"url": "http://127.0.0.1:1", "api_key": "key"})
    _child_of(monkeypatch, f"import signal; print({hello!r}, flush=True); signal.pause()")
    platform = EmbeddedPlatform(tmp_path, QUIET)
    await platform.start()
    assert platform._process is not None
    pid = platform._process.pid
    await platform.stop()
    assert not _lives(pid)
    assert "did not stop by itself" in caplog.text


async def test_stopping_what_never_started_does_nothing(tmp_path: Path) -> None:
    await EmbeddedPlatform(tmp_path).stop()


@pytest.mark.parametrize(
    ("demo", "present", "absent"),
    [
        (QUIET, ["--exit-with-parent"], ["--seed-history", "--traffic", "--incident-after"]),
        (Demo(seed=3), ["--seed-history 60", "--traffic 1.0", "--incident-after 25.0", "--seed 3"], []),
        (Demo(incident_after=None), ["--traffic 1.0"], ["--incident-after"]),
    ],
    ids=["quiet", "everything", "no incident"],
)
def test_the_child_is_told_what_to_play(tmp_path: Path, demo: Demo, present: list[str], absent: list[str]) -> None:
    arguments = " ".join(EmbeddedPlatform(tmp_path, demo)._arguments())
    assert all(words in arguments for words in present)
    assert not any(words in arguments for words in absent)


async def test_a_platform_that_dies_is_reported_with_what_to_do(tmp_path: Path, soon: Soon) -> None:
    async with _started(tmp_path) as platform:
        watching = asyncio.create_task(platform.watch())
        assert platform._process is not None
        platform._process.kill()
        with pytest.raises(TransientError, match="ended by itself with code -9; start the daemon again"):
            await soon(watching)
