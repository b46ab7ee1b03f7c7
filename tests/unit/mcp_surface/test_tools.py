"""What each tool answers, in both generations of the protocol."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import TextContent

from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.errors import StorageError
from daemon.operations import Operations
from mcp_surface.server import build_server


class Assistant:
    """Calls tools and takes the answers apart."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, tool: str, **arguments: Any) -> tuple[str, Any]:
        """Return text and data of a call that works."""
        result = await self._client.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert not result.is_error, content.text
        return content.text, result.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        """Return the text of a call that fails."""
        result = await self._client.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert result.is_error
        return content.text


@pytest.fixture
def assistant(server: MCPServer, mode: Any) -> Any:
    @asynccontextmanager
    async def connect(to: MCPServer = server) -> AsyncIterator[Assistant]:
        async with Client(to, mode=mode) as client:
            yield Assistant(client)

    return connect


async def test_the_status_tells_state_series_and_open_alerts(assistant: Any) -> None:
    async with assistant() as ai:
        text, data = await ai.ask("monitor_status")
    assert text == "starting: 2 series watched; 1 open alert; last successful poll never"
    assert (data["state"], data["series"], data["team_id"]) == ("starting", 2, "team-1")


async def test_the_status_names_what_fails_and_channels_that_are_held_back(assistant: Any, engine: Engine) -> None:
    engine.health.state, engine.health.problem = "failing", "the key was refused"
    engine.dispatcher.workers[0].health.paused_for = "wrong token"
    async with assistant() as ai:
        text, _ = await ai.ask("monitor_status")
    assert text.startswith("failing")
    assert text.endswith("inbox held back: wrong token; the key was refused")


async def test_series_with_an_open_alert_come_first_and_pages_tell_how_to_go_on(assistant: Any) -> None:
    async with assistant() as ai:
        text, page = await ai.ask("list_series", limit=1)
        rest, last = await ai.ask("list_series", limit=1, offset=1)
    assert text == "1 of 2 series; 1 of these with an open alert; more with offset 1"
    assert rest == "1 of 2 series; 0 of these with an open alert"
    assert [one["series"] for one in page["series"] + last["series"]] == ["cost/agent/robot", "cost/total"]


async def test_alerts_are_listed_by_state(assistant: Any) -> None:
    async with assistant() as ai:
        text, firing = await ai.ask("list_alerts", state="firing")
        nothing, resolved = await ai.ask("list_alerts", state="resolved")
    assert text == "1 of 1 alert: a1b2c3 cost/agent/robot (firing)"
    assert firing["alerts"][0]["excess"] == 90.0
    assert (nothing, resolved["alerts"]) == ("0 of 0 alerts; nothing unusual was found", [])


async def test_an_alert_is_explained_with_its_cause(assistant: Any) -> None:
    async with assistant() as ai:
        text, detail = await ai.ask("explain_alert", alert_id="a1b2c3")
    assert "Agent robot spent $100.00 where $10.00 was expected. Causes: model big-one: $90.00." in text
    assert (detail["low"], detail["high"], detail["reason"]) == (5.0, 20.0, "far above")


async def test_an_unknown_alert_is_an_error_that_names_recent_ones(assistant: Any) -> None:
    async with assistant() as ai:
        assert await ai.refused("explain_alert", alert_id="x") == "there is no alert 'x'; recent ones: a1b2c3"


async def test_detectors_are_listed_with_what_was_tuned(assistant: Any) -> None:
    async with assistant() as ai:
        text, found = await ai.ask("list_detectors")
    assert text.endswith("tuned: nothing")
    assert "spend" in [one["name"] for one in found["detectors"]]


async def test_tuning_is_kept_and_noted_under_the_name_of_this_surface(
    assistant: Any, operations: Operations, tmp_path: Path
) -> None:
    async with assistant() as ai:
        text, result = await ai.ask("tune_detectors", pattern="cost/agent/*", sensitivity="aggressive", min_impact=5)
    assert text == "tuned 1 series, such as cost/agent/robot"
    assert result["tuning"]["min_impact"] == 5.0
    (tuning,) = (await operations.list_detectors()).tunings
    assert (tuning.pattern, tuning.sensitivity) == ("cost/agent/*", "aggressive")
    with sqlite3.connect(tmp_path / "monitor.sqlite3") as connection:
        assert connection.execute("SELECT actor, action FROM audit").fetchall() == [("mcp", "tune")]
    connection.close()


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(assistant: Any, operations: Operations) -> None:
    async with assistant() as ai:
        text, result = await ai.ask("tune_detectors", pattern="cost/*", enabled=False, dry_run=True)
    assert text == "would tune 2 series, such as cost/agent/robot, cost/total; nothing was changed"
    assert result["tuning"]["enabled"] is False
    assert (await operations.list_detectors()).tunings == []


@pytest.mark.parametrize("dry_run", [True, False])
async def test_tuning_that_cannot_work_is_refused_with_what_can(assistant: Any, dry_run: bool) -> None:
    async with assistant() as ai:
        unknown = await ai.refused("tune_detectors", pattern="cost/agent/robo", enabled=False, dry_run=dry_run)
        detector = await ai.refused("tune_detectors", pattern="*", detector="magic", dry_run=dry_run)
        nothing = await ai.refused("tune_detectors", pattern="*", dry_run=dry_run)
    assert "such as cost/agent/robot" in unknown
    assert "choose from" in detector
    assert "nothing to change; give enabled" in nothing


async def test_tuning_can_be_reset(assistant: Any, operations: Operations) -> None:
    async with assistant() as ai:
        await ai.ask("tune_detectors", pattern="cost/*", enabled=False)
        text, result = await ai.ask("reset_tuning", pattern="cost/*")
        again = await ai.refused("reset_tuning", pattern="cost/*")
    assert text.startswith("reset 2 series")
    assert result["tuning"] is None
    assert again == "nothing was tuned for 'cost/*'; tuned patterns: none"


async def test_a_test_message_is_queued_for_the_channel(assistant: Any, engine: Engine) -> None:
    async with assistant() as ai:
        text, result = await ai.ask("send_test_notification", channel="inbox")
        wrong = await ai.refused("send_test_notification", channel="pager")
    assert text == f"1 test message queued: {result['queued'][0]}"
    assert (await engine.store.outbox_counts())["inbox"]["pending"] == 1
    assert wrong == "there is no channel 'pager'; configured ones: inbox"


async def test_an_unknown_argument_is_refused_with_the_nearest_name(assistant: Any) -> None:
    async with assistant() as ai:
        near = await ai.refused("list_series", patern="cost/*")
        far = await ai.refused("monitor_status", verbose=True)
    assert near == ("list_series has no argument 'patern'; did you mean 'pattern'? It takes pattern, limit, offset.")
    assert far == "monitor_status has no argument 'verbose'. It takes none."


async def test_a_wrong_value_is_refused_with_what_is_allowed(assistant: Any) -> None:
    async with assistant() as ai:
        value = await ai.refused("list_series", limit=500)
        word = await ai.refused("list_alerts", state="open")
        missing = await ai.refused("explain_alert")
    assert value == "limit: should be less than or equal to 200, not 500"
    assert word == "state: should be 'firing', 'resolved' or 'any', not 'open'"
    assert missing == "alert_id is required"


async def test_an_expected_failure_keeps_its_words_and_any_other_is_hidden(assistant: Any) -> None:
    operations = AsyncMock(spec=Operations)
    operations.status.side_effect = StorageError("the disk is full; free some space")
    operations.list_alerts.side_effect = RuntimeError("password=hunter2")
    async with assistant(build_server(operations)) as ai:
        told = await ai.refused("monitor_status")
        hidden = await ai.refused("list_alerts")
    assert told == "the disk is full; free some space"
    assert hidden == "Error executing tool list_alerts"


async def test_invisible_characters_of_names_are_shown_and_the_name_still_works_as_a_pattern(
    assistant: Any, engine: Engine, watch_series: Any
) -> None:
    await watch_series(engine, SeriesKey.parse("cost/agent/evil\u202e\u200b\x1b[2J"))
    async with assistant() as ai:
        _, page = await ai.ask("list_series")
        shown = page["series"][0]["series"]
        _, found = await ai.ask("list_series", pattern=shown.replace("[", "?"))
    assert shown == "cost/agent/evil???[2J"
    assert found["total"] == 1


async def test_a_band_without_an_edge_is_null_because_json_has_no_infinity(
    assistant: Any, engine: Engine, watch_series: Any, alert: Any
) -> None:
    await watch_series(engine, alert.series, alert=replace(alert, id="open-ended", high=math.inf))
    async with assistant() as ai:
        _, detail = await ai.ask("explain_alert", alert_id="open-ended")
    assert (detail["low"], detail["high"]) == (5.0, None)
