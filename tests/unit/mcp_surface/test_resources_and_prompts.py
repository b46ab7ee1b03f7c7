"""Context to attach and questions to pick."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import AsyncMock

import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import MCPServer
from mcp.types import TextContent, TextResourceContents

from daemon.errors import StorageError
from daemon.operations import Operations
from mcp_surface.server import build_server


async def read(client: Client, uri: str) -> Any:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    return json.loads(content.text)


async def test_status_and_alerts_can_be_attached(server: MCPServer, mode: Any) -> None:
    async with Client(server, mode=mode) as client:
        assert (await read(client, "monitor://status"))["series"] == 2
        assert (await read(client, "monitor://alerts/a1b2c3"))["alert"]["series"] == "cost/agent/robot"


async def test_an_unknown_alert_is_no_resource_and_recent_ones_are_named(server: MCPServer, mode: Any) -> None:
    async with Client(server, mode=mode) as client:
        with pytest.raises(MCPError, match="recent ones: a1b2c3") as caught:
            await client.read_resource("monitor://alerts/nothing")
    assert caught.value.error.code == -32602


@pytest.mark.parametrize("uri", ["monitor://status", "monitor://alerts/a1b2c3"])
async def test_a_resource_that_cannot_be_read_says_why(uri: str, mode: Any) -> None:
    operations = AsyncMock(spec=Operations)
    operations.status.side_effect = operations.explain_alert.side_effect = StorageError("the disk is full")
    async with Client(build_server(operations), mode=mode) as client:
        with pytest.raises(MCPError, match="the disk is full"):
            await client.read_resource(uri)


async def test_prompts_are_described_and_name_tools_that_exist(server: MCPServer, mode: Any) -> None:
    async with Client(server, mode=mode) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        prompts = (await client.list_prompts()).prompts
        assert [prompt.name for prompt in prompts] == ["why_did_my_costs_spike", "daily_summary"]
        for prompt in prompts:
            assert prompt.description
            (message,) = (await client.get_prompt(prompt.name)).messages
            assert isinstance(message.content, TextContent)
            named = {
                word.strip(":;,.") for word in message.content.text.split() if "list_" in word or "explain_" in word
            }
            assert named
            assert named <= tools
