"""Finding, starting and ending the daemon; a small script stands in for it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mcp_surface.front import companion as module
from mcp_surface.front.companion import Companion, UnreachableError

DAEMON = """
import os, socket, sys
path, marks = sys.argv[1:]
with open(marks, "a") as file:
    print(os.getpid(), file=file)
print("hello from the daemon", flush=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
sys.stdin.read()
os.unlink(path)
print("goodbye", flush=True)
"""

Make = Callable[..., Companion]


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
async def make(tmp_path: Path, heard: list[bytes], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.05)
    made: list[Companion] = []

    def build(script: str = DAEMON) -> Companion:
        command = (sys.executable, "-c", script, str(tmp_path / "s"), str(tmp_path / "marks"))
        made.append(Companion(tmp_path / "s", heard.append, command))
        return made[-1]

    yield build
    for one in made:
        await one.stop()
        if one._child is not None:
            one._child.wait()


def starts(folder: Path) -> list[int]:
    marks = folder / "marks"
    return [int(line) for line in marks.read_text().split()] if marks.exists() else []


async def test_a_daemon_is_started_where_there_is_none_and_ends_with_its_companion(
    make: Make, tmp_path: Path, heard: list[bytes]
) -> None:
    companion = make()
    await companion.ready()
    await companion.ready()
    assert len(starts(tmp_path)) == 1
    await companion.stop()
    assert heard == [b"hello from the daemon\n", b"goodbye\n"]
    assert not (tmp_path / "s").exists()


async def test_a_daemon_that_is_there_already_is_joined_and_left_alone(make: Make, tmp_path: Path) -> None:
    first, second = make(), make()
    await first.ready()
    await second.ready()
    await second.stop()
    await first.ready()
    assert len(starts(tmp_path)) == 1


async def test_many_callers_at_once_start_one_daemon(make: Make, tmp_path: Path) -> None:
    companion = make()
    await asyncio.gather(*(companion.ready() for _ in range(5)))
    assert len(starts(tmp_path)) == 1


async def test_a_daemon_that_was_killed_is_replaced(make: Make, tmp_path: Path) -> None:
    companion = make()
    await companion.ready()
    os.kill(starts(tmp_path)[0], signal.SIGKILL)
    assert companion._child is not None
    companion._child.wait()
    (tmp_path / "s").unlink()
    await companion.ready()
    assert len(starts(tmp_path)) == 2


async def test_a_daemon_that_does_not_start_is_reported_with_its_last_words(make: Make) -> None:
    companion = make("import sys; print('MONITOR_HTTP_PORT = 8787 is taken'); sys.exit(69)")
    with pytest.raises(UnreachableError, match="ended with code 69 instead of starting: MONITOR_HTTP_PORT = 8787"):
        await companion.ready()


async def test_a_daemon_that_finds_the_directory_taken_is_started_again_until_it_is_free(
    make: Make, tmp_path: Path
) -> None:
    busy_once = f"import os, sys\nif not os.path.exists(sys.argv[2] + '1'): open(sys.argv[2] + '1', 'w').close(); sys.exit(75)\n{DAEMON}"
    companion = make(busy_once)
    await companion.ready()
    assert len(starts(tmp_path)) == 1


async def test_a_daemon_that_neither_speaks_nor_listens_is_given_up(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.3)
    companion = make("import sys; sys.stdin.read()")
    with pytest.raises(UnreachableError, match="'revenium-monitor run' in a terminal"):
        await companion.ready()


async def test_a_daemon_that_tells_of_progress_may_take_longer(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 1.0)
    busy = "import time\nfor day in range(25):\n    print('history', day, flush=True); time.sleep(0.06)\n"
    companion = make(busy + DAEMON)
    await companion.ready()


async def test_the_daemon_goes_even_if_its_companion_is_killed(tmp_path: Path) -> None:
    front = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom mcp_surface.front.companion import Companion\n"
        "async def main():\n"
        f"    await Companion(Path(sys.argv[1]), print, [sys.executable, '-c', {DAEMON!r}, *sys.argv[1:]]).ready()\n"
        "    print('up', flush=True)\n    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", front, str(tmp_path / "s"), str(tmp_path / "marks"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    while b"up" not in await asyncio.wait_for(process.stdout.readline(), 20):
        pass
    process.kill()
    await process.wait()
    async with asyncio.timeout(10):
        while (tmp_path / "s").exists():  # noqa: ASYNC110 - another process removes it
            await asyncio.sleep(0.02)
