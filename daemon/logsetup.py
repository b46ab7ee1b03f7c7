"""Logs: one line per event with its fields; priorities for the journal, plain stamps elsewhere."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

from typing_extensions import override

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}

NOISY = ("aiohttp.access", "uvicorn", "mcp", "slack_sdk", "asyncio", "httpx2")


class JournalFormatter(logging.Formatter):
    """Puts the priority before every line, as the journal reads it."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def configure(level: str, stream: TextIO | None = None) -> None:
    """Set up the root logger once, before anything else can."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    if os.environ.get("JOURNAL_STREAM"):
        handler.setFormatter(JournalFormatter("%(name)s: %(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Our own listener reports what APScheduler sees, without its repeats.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
