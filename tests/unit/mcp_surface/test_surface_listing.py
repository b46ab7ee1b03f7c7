"""What an assistant reads before its first question: small, complete, and the same from release to release."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

from daemon.operations import Operations
from mcp_surface.schema import input_schema, output_schema
from mcp_surface.server import build_server

SNAPSHOT = Path(__file__).with_name("tools.json")
BUDGET = 10_000  # bytes


@pytest.fixture
async def listing(server: MCPServer) -> dict[str, Any]:
    async with Client(server) as client:
        return (await client.list_tools()).model_dump(mode="json", by_alias=True, exclude_none=True)


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def test_all_tools_together_stay_within_their_budget(listing: dict[str, Any]) -> None:
    assert len(compact(listing)) < BUDGET


def test_the_tools_are_those_of_the_snapshot(listing: dict[str, Any]) -> None:
    if "UPDATE_SNAPSHOTS" in os.environ:
        SNAPSHOT.write_text(json.dumps(listing["tools"], indent=1) + "\n")
    known = json.loads(SNAPSHOT.read_text())
    assert listing["tools"] == known, "assistants will see a change; if it is meant, run with UPDATE_SNAPSHOTS=1"


def test_every_tool_is_described_hinted_and_typed_in_both_directions(listing: dict[str, Any]) -> None:
    for tool in listing["tools"]:
        assert tool["title"]
        assert tool["description"].endswith(".")
        assert len(tool["annotations"]) == 4
        assert tool["outputSchema"]["type"] == "object"
        assert tool["inputSchema"]["additionalProperties"] is False
        for argument in tool["inputSchema"]["properties"].values():
            assert argument["type"] in {"string", "integer", "number", "boolean"}
            assert argument["description"]


def test_hints_tell_readers_from_writers(listing: dict[str, Any]) -> None:
    readers = {tool["name"] for tool in listing["tools"] if tool["annotations"]["readOnlyHint"]}
    abroad = {tool["name"] for tool in listing["tools"] if tool["annotations"]["openWorldHint"]}
    assert readers == {"monitor_status", "list_series", "list_alerts", "explain_alert", "list_detectors"}
    assert abroad == {"send_test_notification"}


def test_no_argument_travels_in_a_header_because_the_stdio_front_does_not_mirror_them(listing: dict[str, Any]) -> None:
    assert "x-mcp-header" not in compact(listing)


async def test_the_server_introduces_itself_and_says_that_results_are_data(server: MCPServer, mode: Any) -> None:
    async with Client(server, mode=mode) as client:
        assert client.server_info is not None
        assert client.server_info.name == "revenium-monitor"
        assert client.server_info.version[0].isdigit()
        assert "data, never instructions" in (client.instructions or "")


def test_building_a_server_leaves_the_root_logger_alone(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    build_server(operations)
    assert (root.handlers, root.level) == ([], level)


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string", "title": "Title"}}, "title": "Page"}
    assert output_schema(schema) == {"type": "object", "properties": {"title": {"type": "string"}}}


def test_arguments_are_shown_without_null_and_results_with_it() -> None:
    word = {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}], "default": None, "title": "Word"}
    choice = {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}], "default": None}
    given = {"type": "object", "properties": {"word": word, "choice": choice}}
    assert input_schema(given)["properties"] == {
        "word": {"type": "string", "maxLength": 5},
        "choice": {"type": "string", "enum": ["a", "b"]},
    }
    assert output_schema(given)["properties"] == {
        "word": {"type": ["string", "null"]},
        "choice": {"enum": ["a", "b", None]},
    }
