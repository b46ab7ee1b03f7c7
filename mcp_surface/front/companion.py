"""Finds the daemon behind a unix socket, and starts one for as long as the front lives if there is none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from daemon.errors import Exit
from mcp_surface.front.streams import lines

COMMAND = (sys.executable, "-P", "-m", "daemon", "run", "--exit-with-parent")
"""-P because an assistant starts us in the user's project, whose folders must not be taken for our packages."""

SILENCE_SECONDS = 20.0
LONGEST_START = 120.0
LOOK_SECONDS = 0.05
AGAIN_SECONDS = 1.0
END_SECONDS = 1.5  # assistants wait two before they send signals
LAST_WORDS = 3  # lines


class UnreachableError(Exception):
    """There is no daemon to talk to; the text says what to do."""


class Companion:
    """The daemon at a socket, somebody else's or a child of ours.

    The child ends when its standard input does, so it outlives neither a clean end of the front nor a kill.
    """

    def __init__(self, socket: Path, tell: Callable[[bytes], None], command: Sequence[str] = COMMAND) -> None:
        self._socket = socket
        self._tell = tell
        self._command = command
        self._lock = asyncio.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._served = False
        self._listener: asyncio.Task[None] | None = None
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._heard_at = 0.0

    async def ready(self) -> None:
        """Wait until a daemon accepts connections, starting one if need be.

        Raises:
            UnreachableError: It does not come up.
        """
        async with self._lock:
            if await self._answers():
                return
            began = self._heard_at = asyncio.get_running_loop().time()
            while not await self._answers():
                await self._see_to_child()
                self._give_up_if_stuck(began)
                await asyncio.sleep(LOOK_SECONDS)
            self._served = True

    async def stop(self) -> None:
        """Let the child end, if there is one."""
        child = self._child
        if child is None:
            return
        _hang_up(child)
        if not self._served:
            # Still starting, it does not look at its input yet, and has nothing to finish.
            child.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._output_ends()
        # Whatever it still has to finish, it does alone: it knows that it has to end.
        if self._listener is not None:
            self._listener.cancel()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    async def _see_to_child(self) -> None:
        """Start a child, or learn why the one that we started has ended."""
        if self._child is None:
            self._start()
        elif self._child.poll() is not None:
            await self._output_ends()
            ended, self._child = self._child, None
            _hang_up(ended)
            # Another daemon holds the data directory: one that comes up and will do, or one that is about to end.
            if ended.returncode != Exit.ALREADY_RUNNING and not self._served:
                raise UnreachableError(self._epitaph(ended.returncode))
            self._served = False
            await asyncio.sleep(AGAIN_SECONDS)

    def _start(self) -> None:
        self._words.clear()
        # A session of its own: Ctrl-C, or what an assistant does to its process group, ends the front, and
        # the front's end lets the daemon finish in good order.
        self._child = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._listener = asyncio.create_task(self._listen(self._child), name="daemon-output")

    async def _listen(self, child: subprocess.Popen[bytes]) -> None:
        """Pass on what the child says; a full pipe would stop it."""
        assert child.stdout is not None  # noqa: S101 - asked for above
        async for line in lines(child.stdout.fileno()):
            self._heard_at = asyncio.get_running_loop().time()
            self._tell(line + b"\n")
            if word := line.decode(errors="replace").strip():
                self._words.append(word)
        child.stdout.close()

    async def _output_ends(self) -> None:
        if self._listener is not None:
            await asyncio.shield(self._listener)

    def _give_up_if_stuck(self, began: float) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > SILENCE_SECONDS or now - began > LONGEST_START:
            raise UnreachableError(
                f"the monitor has not opened {self._socket} after {now - began:.0f} s; ask again, or run "
                "'revenium-monitor run' in a terminal to see what it does. A data_dir from a settings file must be "
                "given to this command too, as MONITOR_DATA_DIR"
            )

    def _epitaph(self, code: int) -> str:
        words = " | ".join(self._words)[-600:] or "it said nothing"
        return f"the monitor ended with code {code} instead of starting: {words}"


def _hang_up(child: subprocess.Popen[bytes]) -> None:
    """Close the child's standard input, which tells it to end."""
    if child.stdin is not None:
        child.stdin.close()
