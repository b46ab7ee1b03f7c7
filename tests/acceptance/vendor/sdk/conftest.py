"""A platform for each test, and programs with the vendor's Python SDK that know of it by their environment alone."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from local_platform.server import Platform, running_platform
from local_platform.workload.metering import fetch, open_session

PREFIX = "/profitstream/v2/api"


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path / "platform") as running:
        yield running


@pytest.fixture
def run(platform: Platform, tmp_path: Path, watched: Callable[[Path], dict[str, str]]) -> Callable[..., Awaitable[Any]]:
    """Run a program with the SDK in a process of its own: give it JSON, get the JSON that it prints."""

    async def run(program: str, given: Any = None, *, python: str | Path = sys.executable, **variables: str) -> Any:
        attempts = tmp_path / "attempts"
        environment = watched(attempts) | {
            "REVENIUM_METERING_API_KEY": platform.api_key,
            "REVENIUM_METERING_BASE_URL": platform.url,
            **variables,
        }
        output = await _output(python, program, json.dumps(given).encode(), environment)
        assert attempts.read_text() == "", "the SDK tried to leave the machine"
        return json.loads(output)

    return run


async def _output(python: str | Path, program: str, given: bytes, environment: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-c", program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        async with asyncio.timeout(60):
            output, errors = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return output


@pytest.fixture
def kept(platform: Platform) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Return what the platform holds at a path: the rows of its first page, or of its bare array."""

    async def kept(path: str = "sources/metrics/ai/completions", **query: str) -> list[dict[str, Any]]:
        async with open_session(platform.url, platform.api_key) as session:
            page = await fetch(session, f"{PREFIX}/{path}", teamId=platform.team_id, size="100", **query)
        rows: list[dict[str, Any]] = page
        if isinstance(page, dict):
            (rows,) = page.get("_embedded", {"none": []}).values()
        return rows

    return kept
