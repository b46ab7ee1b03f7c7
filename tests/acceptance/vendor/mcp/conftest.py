"""One platform with a month of spending, and the vendor's own MCP server speaking to it, for all tests of this folder."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local_platform.http.tls import Tls
from local_platform.server import Platform, running_platform
from local_platform.workload.metering import meter, open_session

LONGEST_LINE = 16 * 1024 * 1024
QUIET_DAYS = [10.0 + day % 3 for day in range(30)]
SPIKE_DAY = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool of the vendor's server says: prose, often with JSON pasted into it."""

    text: str

    @property
    def json(self) -> Any:
        """The first object pasted into the text."""
        value, _ = json.JSONDecoder().raw_decode(self.text, self.text.index("{"))
        return value

    @property
    def id(self) -> str:
        """The id of the resource that the text is about."""
        found = re.search(r'"id": "(\w+)"|\*\*ID:\*\* `(\w+)`', self.text)
        assert found, self.text
        return found[1] or found[2]


class Assistant:
    """The vendor's server as an assistant sees it: JSON-RPC, one message a line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)

    async def open(self) -> str:
        """Shake hands, and return the server's name."""
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "suite", "version": "1"}}
        welcome = await self.request("initialize", hello)
        await self._say({"jsonrpc": "2.0", "method": "notifications/initialized"})
        name: str = welcome["serverInfo"]["name"]
        return name

    async def tools(self) -> list[str]:
        """Return the names of what the server offers."""
        return [tool["name"] for tool in (await self.request("tools/list", {}))["tools"]]

    async def ask(self, tool: str, action: str, **arguments: Any) -> Answer:
        """Call a tool that is expected to succeed."""
        failed, answer = await self._call(tool, {"action": action, **arguments})
        assert not failed, f"{tool} {action}: {answer.text}"
        return answer

    async def refusal(self, tool: str, action: str, **arguments: Any) -> str:
        """Call a tool that is expected to fail, and return what it says about that."""
        failed, answer = await self._call(tool, {"action": action, **arguments})
        assert failed, f"{tool} {action}: {answer.text}"
        return answer.text

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self._numbers)
        await self._say({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        async with asyncio.timeout(60):
            while (message := await self._hear()).get("id") != number:
                pass
        return message["result"]

    async def _call(self, tool: str, arguments: dict[str, Any]) -> tuple[bool, Answer]:
        result = await self.request("tools/call", {"name": tool, "arguments": arguments})
        text = "\n".join(block["text"] for block in result["content"])
        return bool(result.get("isError")), Answer(text)

    async def _say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()

    async def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the vendor's server has gone; the file standard-error in its home tells why"
        message: dict[str, Any] = json.loads(line)
        return message


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def spending(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform on which one agent spent ten to twelve dollars a day, and a hundred on one of the last days."""
    async with running_platform(tmp_path_factory.mktemp("vendor") / "platform", tls=Tls()) as platform:
        async with open_session(platform.url, platform.api_key) as session:
            for day, dollars in enumerate(daily_dollars()):
                await meter(session, _call_of(day, dollars), f"day-{day}", patience=5)
        yield platform


def daily_dollars() -> list[float]:
    """What was spent on each day, counted backwards from now."""
    return [100.0 if day == SPIKE_DAY else dollars for day, dollars in enumerate(QUIET_DAYS)]


def _call_of(day: int, dollars: float) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(days=day, hours=12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "transactionId": f"night-{day}",
        "model": "claude-sonnet-4-5",
        "provider": "ANTHROPIC",
        "costType": "AI",
        "inputTokenCount": 1000,
        "outputTokenCount": 500,
        "totalTokenCount": 1500,
        "requestTime": at,
        "completionStartTime": at,
        "responseTime": at,
        "requestDuration": 900,
        "isStreamed": False,
        "stopReason": "END",
        "totalCost": dollars,
        "organizationName": "Globex",
        "productName": "Reports",
        "agent": "night-batch",
        "agenticJobId": "nightly",
        "agenticJobType": "reporting",
        "subscriber": {"email": "ops@globex.example", "credential": {"name": "globex-production", "value": "gx-1"}},
    }


@pytest.fixture(scope="session")
def spent() -> Callable[[int], float]:
    """Return what was spent in the last so many days."""
    return lambda days: sum(daily_dollars()[:days])


@asynccontextmanager
async def _serving(python: Path, environment: dict[str, str]) -> AsyncIterator[Assistant]:
    with (Path(environment["HOME"]) / "standard-error").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-m", "revenium_mcp_server"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
            env=environment,
            cwd=environment["HOME"],
            limit=LONGEST_LINE,
        )
    try:
        yield Assistant(process)
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def assistant(
    vendor_python: Path,
    spending: Platform,
    watched: Callable[[Path], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Assistant]:
    """The vendor's server, started once; when it ends, it must not have reached for the outside."""
    attempts = tmp_path_factory.mktemp("attempts") / "of-the-server"
    environment = watched(attempts) | {
        "REVENIUM_API_KEY": spending.api_key,
        "REVENIUM_BASE_URL": spending.url,
        "REVENIUM_APP_BASE_URL": str(spending.tls_url),
        "SSL_CERT_FILE": str(spending.tls_certificate),
        "TOOL_PROFILE": "business",
        "FASTMCP_CHECK_FOR_UPDATES": "off",
        "FASTMCP_SHOW_SERVER_BANNER": "false",
        "LOG_LEVEL": "ERROR",
    }
    async with _serving(vendor_python, environment) as assistant:
        await assistant.open()
        yield assistant
    assert attempts.read_text() == "", "the vendor's server tried to leave the machine"


@pytest.fixture
def ask(assistant: Assistant) -> Callable[..., Awaitable[Answer]]:
    """Call a tool: ``await ask("manage_products", "list")``."""
    return assistant.ask


@pytest.fixture
def refusal(assistant: Assistant) -> Callable[..., Awaitable[str]]:
    """Call a tool that is expected to refuse, and get its words."""
    return assistant.refusal
