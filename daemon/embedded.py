"""The embedded platform as a child process: started, waited for, and never left behind.

It is a process of its own, so that the daemon speaks to it over HTTP as to any other platform and
neither memory nor a crash of one touches the other. It ends when the pipe to its standard input
closes, which the kernel does even for a daemon that was killed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import TransientError

log = logging.getLogger(__name__)

READY_SECONDS = 180.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Demo:
    """What the embedded platform plays; nothing at all with zeros and None.

    Attributes:
        history_days: Days of generated history.
        traffic: Live calls as a multiple of what the invented company ordinarily makes.
        incident_after: Seconds of live traffic until an agent goes wild.
        seed: Chooses the history.
    """

    history_days: int = 60
    traffic: float = 1.0
    incident_after: float | None = 25.0
    seed: int = 7


class EmbeddedPlatform:
    """One child process that serves the platform."""

    def __init__(self, data: Path, demo: Demo | None = None) -> None:
        self._data = data
        self._demo = demo or Demo()
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.api_key = ""

    async def start(self) -> None:
        """Start the child and wait until it serves and its history is there.

        Raises:
            TransientError: It did not come up; its own words are on standard error.
        """
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "daemon", *self._arguments(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            # A group of its own: Ctrl-C is for the daemon, which stops the child in its turn.
            start_new_session=True,
        )  # fmt: skip
        output = self._process.stdout
        assert output is not None  # noqa: S101 - asked for above
        try:
            async with asyncio.timeout(READY_SECONDS):
                line = await output.readline()
            hello = json.loads(line)
            self.url, self.api_key = hello["url"], hello["api_key"]
        except (TimeoutError, ValueError, KeyError) as error:
            await self.stop()
            raise TransientError(
                f"the embedded platform in {self._data} did not start; its reason is above. "
                "Set REVENIUM_API_KEY to use a Revenium account instead"
            ) from error

    def _arguments(self) -> Sequence[str]:
        demo = self._demo
        arguments = [
            "platform",
            "--port",
            "0",
            "--data",
            str(self._data),
            "--seed",
            str(demo.seed),
            "--exit-with-parent",
        ]
        if demo.history_days:
            arguments += ["--seed-history", str(demo.history_days)]
        if demo.traffic:
            arguments += ["--traffic", str(demo.traffic)]
        if demo.incident_after is not None:
            arguments += ["--incident-after", str(demo.incident_after)]
        return arguments

    async def watch(self) -> None:
        """Return only by an error: when the child ends although nobody stopped it.

        Raises:
            TransientError: It ended; a fresh start of the daemon brings it back.
        """
        process = self._process
        if process is not None:
            code = await process.wait()
            raise TransientError(f"the embedded platform ended by itself with code {code}; start the daemon again")

    async def stop(self) -> None:
        """End the child: ask by closing its input, insist after a while."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            log.warning("the embedded platform did not stop by itself; ending it")
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
