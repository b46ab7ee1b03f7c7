"""The pump between an assistant's lines and a daemon on a unix socket, in both generations of the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import Tool

from daemon.operations import Operations
from mcp_surface.front import link as link_module
from mcp_surface.front.companion import UnreachableError
from mcp_surface.front.link import Link, Target
from mcp_surface.front.messages import Message
from mcp_surface.front.pump import Pump
from mcp_surface.server import build_server

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
PATIENCE = 10.0


class Conversation:
    """An assistant at one end of a pump."""

    def __init__(self, modern: bool) -> None:
        self.modern = modern
        self.said: list[Message] = []
        self._heard = asyncio.Event()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()

    def hear(self, message: Message) -> None:
        self.said.append(message)
        self._heard.set()

    async def lines(self) -> AsyncIterator[bytes]:
        while (line := await self._lines.get()) is not None:
            yield line

    def hang_up(self) -> None:
        self._lines.put_nowait(None)

    def write(self, line: bytes) -> None:
        self._lines.put_nowait(line)

    def send(self, method: str, identity: int | None = None, **params: Any) -> None:
        if self.modern:
            params["_meta"] = {**META, **params.get("_meta", {})}
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self.write(json.dumps(message if identity is None else {**message, "id": identity}).encode())

    async def until(self, fits: Callable[[Message], bool]) -> Message:
        """Wait for a message from the daemon."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in self.said:
                    if fits(message):
                        return message
                self._heard.clear()
                await self._heard.wait()

    async def ask(self, method: str, identity: int, **params: Any) -> Message:
        """Send a request and return its answer."""
        self.send(method, identity, **params)
        return await self.until(lambda message: message.get("id") == identity and "method" not in message)

    async def greet(self) -> None:
        """Shake hands, where that is the custom."""
        if not self.modern:
            answer = await self.ask("initialize", 0, **HELLO)
            assert answer["result"]["protocolVersion"] == "2025-11-25"
            self.send("notifications/initialized")


Connect = Callable[..., Any]


@pytest.fixture(params=["stateless", "handshake"])
def modern(request: pytest.FixtureRequest) -> bool:
    return cast(str, request.param) == "stateless"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daemon.sock"


@pytest.fixture
def connect(path: Path, modern: bool) -> Connect:
    @asynccontextmanager
    async def open_pump(ready: Any = None, to: bool = modern) -> AsyncIterator[Conversation]:
        async def missing() -> None:
            raise UnreachableError("no daemon; start it")

        conversation = Conversation(to)
        link = Link(Target("http://localhost/mcp", path), ready or missing)
        pump = Pump(link, conversation.hear)
        running = asyncio.create_task(pump.run(conversation.lines()))
        yield conversation
        conversation.hang_up()
        await asyncio.wait_for(running, PATIENCE)
        await pump.aclose()
        await link.aclose()

    return open_pump


async def test_tools_are_listed_and_called_through_the_pump(
    server: MCPServer, serve: Any, path: Path, connect: Connect
) -> None:
    async with serve(server, path), connect() as ai:
        await ai.greet()
        tools = (await ai.ask("tools/list", 1))["result"]["tools"]
        called = await ai.ask("tools/call", 2, name="list_series", arguments={})
    assert Tool.model_validate(tools[0]).name == "monitor_status"
    assert called["result"]["structuredContent"]["total"] == 2


async def test_lines_that_are_no_messages_are_answered_and_the_conversation_goes_on(
    server: MCPServer, serve: Any, path: Path, connect: Connect
) -> None:
    async with serve(server, path), connect() as ai:
        ai.write(b"this is not JSON")
        ai.write(b"   ")
        ai.write(b"[]")
        await ai.greet()
        await ai.ask("tools/list", 1)
    assert [message["error"]["code"] for message in ai.said[:2]] == [-32700, -32600]
    assert all(message["id"] is None for message in ai.said[:2])


async def test_progress_arrives_before_the_result(server: MCPServer, serve: Any, path: Path, connect: Connect) -> None:
    @server.tool(name="climb")
    async def climb(ctx: Context) -> str:
        await ctx.report_progress(1, 2, "half")
        return "up"

    async with serve(server, path), connect() as ai:
        await ai.greet()
        await ai.ask("tools/call", 1, name="climb", arguments={}, _meta={"progressToken": "p"})
    kinds = [message.get("method", message.get("id")) for message in ai.said]
    assert kinds[-2:] == ["notifications/progress", 1]


async def test_cancelling_reaches_the_tool_and_nothing_is_answered(
    server: MCPServer, serve: Any, path: Path, connect: Connect
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    @server.tool(name="endless")
    async def endless(ctx: Context) -> None:
        await ctx.report_progress(0, 1)
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with serve(server, path), connect() as ai:
        await ai.greet()
        ai.send("tools/call", 7, name="endless", arguments={}, _meta={"progressToken": "p"})
        await ai.until(lambda message: message.get("method") == "notifications/progress")
        ai.send("notifications/cancelled", requestId=7)
        await asyncio.wait_for(ended.wait(), PATIENCE)
        assert (await ai.ask("tools/list", 8))["result"]
    assert not [message for message in ai.said if "result" in message and message["id"] == 7]


async def test_changes_are_heard_on_a_listening_stream_until_the_daemon_ends_it(
    server: MCPServer, serve: Any, path: Path, connect: Connect
) -> None:
    @server.tool(name="announce")
    async def announce(ctx: Context) -> None:
        await ctx.notify_tools_changed()

    async with connect(to=True) as ai:
        async with serve(server, path):
            ai.send("subscriptions/listen", 1, notifications={"toolsListChanged": True})
            await ai.until(lambda message: message.get("method") == "notifications/subscriptions/acknowledged")
            await ai.ask("tools/call", 2, name="announce", arguments={})
            await ai.until(lambda message: message.get("method") == "notifications/tools/list_changed")
        ended = await ai.until(lambda message: message.get("id") == 1)
    assert "result" in ended


async def test_results_of_any_size_pass(server: MCPServer, serve: Any, path: Path, connect: Connect) -> None:
    @server.tool(name="novel")
    async def novel(ctx: Context) -> str:
        await ctx.report_progress(0, 1)  # makes the answer an event stream
        return "word " * 200_000

    async with serve(server, path), connect() as ai:
        await ai.greet()
        answer = await ai.ask("tools/call", 1, name="novel", arguments={}, _meta={"progressToken": "p"})
    assert len(answer["result"]["content"][0]["text"]) == 1_000_000


async def test_every_request_is_answered_where_there_is_no_daemon(connect: Connect, modern: bool) -> None:
    async with connect() as ai:
        first = await ai.ask("server/discover" if modern else "initialize", 1, **({} if modern else HELLO))
        second = await ai.ask("tools/list", 2)
        ai.send("notifications/initialized")
        ai.send("notifications/cancelled", requestId=99)
    assert first["error"]["message"] == second["error"]["message"] == "no daemon; start it"
    assert len(ai.said) == 2


async def test_the_next_daemon_takes_the_conversation_up(
    operations: Operations, serve: Any, path: Path, connect: Connect
) -> None:
    wanted, up, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def succeed() -> None:
        await wanted.wait()
        async with serve(build_server(operations), path):
            up.set()
            await over.wait()

    async def ready() -> None:
        wanted.set()
        await up.wait()

    successor = asyncio.create_task(succeed())
    async with connect(ready) as ai:
        async with serve(build_server(operations), path):
            await ai.greet()
            await ai.ask("tools/list", 1)
        answers = await asyncio.gather(*(ai.ask("tools/call", n, name="list_series", arguments={}) for n in (2, 3, 4)))
    over.set()
    await successor
    assert [answer["result"]["structuredContent"]["total"] for answer in answers] == [2, 2, 2]
    assert [message["id"] for message in ai.said if message.get("id") == 0] == ([] if ai.modern else [0])


async def test_a_daemon_that_vanishes_in_the_middle_of_a_call_is_reported_once(path: Path, connect: Connect) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(hang_up, path), connect() as ai:
        answer = await ai.ask("tools/call", 1, name="tune_detectors", arguments={})
    assert "went away before it answered" in answer["error"]["message"]
    assert len(ai.said) == 1


@pytest.mark.parametrize(("method", "attempts"), [("tools/call", 1), ("tools/list", 2)])
async def test_only_what_does_no_harm_twice_is_sent_again_when_the_line_breaks(
    path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch, method: str, attempts: int
) -> None:
    monkeypatch.setattr(link_module, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(link_module, "TRIES", 2)
    asked: list[bytes] = []

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with await asyncio.start_unix_server(break_off, path), connect() as ai:
        assert "ask again" in (await ai.ask(method, 1, name="x", arguments={}))["error"]["message"]
    assert len(asked) == attempts


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": "send a token"}', "the monitor answered HTTP 401: send a token"),
        (b"<html>no</html>", "the monitor answered HTTP 401: <html>no</html>"),
        (b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "go away"}}', "go away"),
    ],
)
async def test_a_refusal_is_an_answer_to_the_request_it_refuses(
    path: Path, connect: Connect, body: bytes, expected: str
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(refuse, path), connect() as ai:
        answer = await ai.ask("tools/list", 5)
    assert answer["error"]["message"] == expected
