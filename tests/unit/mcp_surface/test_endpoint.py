"""The endpoint over HTTP: both generations, old clients, and a stop that leaves nobody hanging."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import MCPServer

from mcp_surface import door
from mcp_surface.http import Endpoint

HEADERS = {"Accept": "application/json, text/event-stream"}


async def test_tools_are_called_over_http(server: MCPServer, serve: Any, mode: Any) -> None:
    async with serve(server) as url, Client(url, mode=mode) as client:
        result = await client.call_tool("list_series", {})
    assert result.structured_content is not None
    assert result.structured_content["total"] == 2


async def test_clients_that_know_no_structured_results_get_the_data_as_text(server: MCPServer, serve: Any) -> None:
    async with serve(server) as url, aiohttp.ClientSession(headers=HEADERS) as http:
        hello = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
        first = await http.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
        session = {"Mcp-Session-Id": first.headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-03-26"}
        await http.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=session)
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_series", "arguments": {}}}
        answer = await http.post(url, json=call, headers=session)
        data = next(line[5:] for line in (await answer.text()).splitlines() if line.startswith("data: {"))
    _, spelled_out = json.loads(data)["result"]["content"]
    assert json.loads(spelled_out["text"])["total"] == 2


async def test_nothing_but_the_endpoint_is_at_other_paths(server: MCPServer, serve: Any) -> None:
    async with serve(server) as url, aiohttp.ClientSession() as http, http.post(url + "/x", json={}) as answer:
        assert answer.status == 404


async def test_before_and_after_its_time_callers_are_told_to_come_again(server: MCPServer) -> None:
    endpoint = Endpoint(server)
    assert await _status(endpoint) == 503
    async with endpoint.running():
        assert await _status(endpoint) != 503
    assert await _status(endpoint) == 503


async def test_a_stop_ends_streams_in_good_order_and_answers_calls_that_never_end(
    server: MCPServer, serve: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door, "DRAIN_SECONDS", 0.2)
    running, listening = asyncio.Event(), asyncio.Event()

    @server.tool(name="endless")
    async def endless() -> None:
        running.set()
        await asyncio.Event().wait()

    async def converse(url: str) -> tuple[str, int]:
        # The older client holds its standing stream open meanwhile.
        async with Client(url, mode="legacy"), Client(url) as client:
            call = asyncio.create_task(client.call_tool("endless", {}))
            async with client.listen(tools_list_changed=True) as changes:
                listening.set()
                seen = [change async for change in changes]
            with pytest.raises(MCPError) as caught:
                await call
            return "ended politely", len(seen) + caught.value.error.code

    caplog.set_level(logging.ERROR)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serve(server))
        conversation = asyncio.create_task(converse(url))
        await asyncio.wait_for(asyncio.gather(running.wait(), listening.wait()), 10)
        began = asyncio.get_running_loop().time()
        await stack.aclose()
        assert asyncio.get_running_loop().time() - began < 3
    assert await asyncio.wait_for(conversation, 10) == ("ended politely", -32603)
    assert not caplog.records


async def _status(endpoint: Endpoint) -> int:
    """Return the HTTP status that a POST of nothing gets."""
    statuses: list[int] = []
    scope = {"type": "http", "method": "POST", "path": "/mcp", "root_path": "", "query_string": b"", "headers": []}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    await endpoint.app(scope, receive, send)
    return statuses[0]
