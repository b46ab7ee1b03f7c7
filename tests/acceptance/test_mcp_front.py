"""The stdio command from outside: real processes, the real daemon, a client that is not ours."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client

pytestmark = pytest.mark.acceptance

FRONT = ("-m", "revenium_mcp")
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}).encode() + b"\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An account whose platform cannot be reached: the daemon comes up at once and says so."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("MONITOR_", "REVENIUM_"))}
    return {
        **ours,
        "MONITOR_DATA_DIR": str(tmp_path / "data"),
        "MONITOR_HTTP_PORT": "0",
        "REVENIUM_API_KEY": "key",
        "REVENIUM_BASE_URL": "http://127.0.0.1:9",
    }


@asynccontextmanager
async def assistant(environment: dict[str, str], mode: Any = "auto", *arguments: str) -> AsyncIterator[Client]:
    """Start the front as an assistant does, in some project's folder."""
    server = StdioServerParameters(command=sys.executable, args=[*FRONT, *arguments], env=environment)
    with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230, PTH123 - what the daemon logs
        async with Client(stdio_client(server, errlog=nowhere), mode=mode) as client:
            yield client


async def status(client: Client) -> dict[str, Any]:
    result = await client.call_tool("monitor_status", {})
    assert result.structured_content is not None
    return result.structured_content


async def settled(client: Client) -> dict[str, Any]:
    """Ask again where a call is lost together with the daemon that was there a moment ago."""
    for _ in range(5):
        with suppress(MCPError):
            return await status(client)
    pytest.fail("no daemon came up")


async def once(environment: dict[str, str], line: bytes, *arguments: str) -> tuple[list[Any], bytes]:
    """Write one line to a front, close its input, and return what it says: messages and standard error."""
    front = await asyncio.create_subprocess_exec(
        sys.executable,
        *FRONT,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, err = await asyncio.wait_for(front.communicate(line), 40)
    return [json.loads(one) for one in out.splitlines()], err


@asynccontextmanager
async def daemon(environment: dict[str, str]) -> AsyncIterator[str]:
    """Run a daemon of its own, and give the address of its endpoint."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "daemon", "run", "--exit-with-parent"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(40):
        url = None
        while url is None:
            url = re.search(rb"http://127\.0\.0\.1:\d+/mcp", await process.stdout.readline())
    yield url.group().decode()
    process.stdin.close()
    await asyncio.wait_for(process.wait(), 20)


async def test_assistants_share_one_daemon_and_the_second_outlives_the_first(environment: dict[str, str]) -> None:
    joined, alone = asyncio.Event(), asyncio.Event()

    async def second() -> tuple[dict[str, Any], dict[str, Any]]:
        async with assistant(environment, "legacy") as client:
            together = await status(client)
            joined.set()
            await alone.wait()
            return together, await settled(client)

    async with assistant(environment) as first:
        mine = await status(first)
        other = asyncio.create_task(second())
        await asyncio.wait_for(joined.wait(), 20)
    alone.set()
    together, afterwards = await asyncio.wait_for(other, 40)
    assert mine["platform"] == "http://127.0.0.1:9"
    assert together["started_at"] == mine["started_at"]
    assert afterwards["started_at"] > mine["started_at"]


async def test_a_daemon_that_is_killed_is_replaced_at_the_next_question(environment: dict[str, str]) -> None:
    async with assistant(environment) as client:
        before = await status(client)
        lock = Path(environment["MONITOR_DATA_DIR"]) / "daemon.lock"
        os.kill(int(lock.read_text().split()[0]), SIGKILL)
        assert (await settled(client))["started_at"] > before["started_at"]


async def test_one_line_in_gives_one_line_out_and_nothing_else(environment: dict[str, str]) -> None:
    (answer,), log = await once(environment, LIST)
    assert "monitor_status" in [tool["name"] for tool in answer["result"]["tools"]]
    assert b"polling" in log


async def test_a_daemon_that_cannot_start_is_an_error_with_its_reason(environment: dict[str, str]) -> None:
    (answer,), _ = await once({**environment, "MONITOR_HTTP_PORT": "many"}, LIST)
    assert answer["id"] == 1
    assert "MONITOR_HTTP_PORT" in answer["error"]["message"]


async def test_a_daemon_elsewhere_is_reached_by_address_and_token(environment: dict[str, str]) -> None:
    token = Path(environment["MONITOR_DATA_DIR"]) / "http_token"
    async with daemon(environment) as url:
        async with assistant({}, "auto", "--url", url, "--token-file", str(token)) as client:
            assert (await status(client))["platform"] == "http://127.0.0.1:9"
        (refused,), _ = await once({}, LIST, "--url", url)
    (absent,), _ = await once({}, LIST, "--url", url)
    assert "HTTP 401" in refused["error"]["message"]
    assert absent["error"]["message"] == f"no monitor answers at {url}; start it there with 'revenium-monitor run'"


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("--url", "http://user:hunter2@127.0.0.1/mcp"), b"--token-file"),
        (("--url", "127.0.0.1:8787"), b"http://127.0.0.1:8787/mcp"),
        (("--token-file", "x"), b"goes with --url"),
        (("--url", "http://127.0.0.1/mcp", "--token-file", "/nonexistent"), b"/nonexistent"),
    ],
)
async def test_wrong_arguments_are_refused_with_advice(arguments: tuple[str, ...], advice: bytes) -> None:
    answers, words = await once(dict(os.environ), b"", *arguments)
    assert answers == []
    assert advice in words
    assert b"hunter2" not in words


async def test_the_front_does_not_load_the_protocol_package() -> None:
    """It is what would make the front slow to start."""
    code = "import sys, mcp_surface.front; sys.exit(any(name in sys.modules for name in ('mcp', 'pydantic', 'daemon.settings')))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0
