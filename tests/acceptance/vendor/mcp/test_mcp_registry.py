"""The vendor's tools for agents, priced tools, guardrails and jobs work on the local platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]


async def test_an_agent_is_registered_listed_renamed_and_deleted(ask: Ask, refusal: Ask) -> None:
    data = {"telemetryKey": "registered-bot", "displayName": "Bot"}
    identifier = (await ask("manage_agents", "create", agent_data=data)).id
    await ask("manage_agents", "update", agent_id=identifier, agent_data={"displayName": "Robot"})
    listed = (await ask("manage_agents", "list", size=100)).json["agents"]
    assert [(each["telemetryKey"], each["displayName"]) for each in listed if each["id"] == identifier] == [
        ("registered-bot", "Robot")
    ]
    await ask("manage_agents", "delete", agent_id=identifier)
    await refusal("manage_agents", "get", agent_id=identifier)


async def test_an_agent_that_only_metered_is_discovered(ask: Ask) -> None:
    found = (await ask("manage_agents", "list_discovered", period="THIRTY_DAYS")).text
    assert "night-batch" in found


async def test_a_tool_is_registered_and_its_events_are_listed(ask: Ask) -> None:
    data = {"name": "Web search", "toolId": "web-search", "toolType": "REST_API"}
    identifier = (await ask("manage_tools", "create", tool_data=data)).id
    by_id = (await ask("manage_tools", "get_by_tool_id", tool_id="web-search")).json
    assert (by_id["id"], by_id["toolType"]) == (identifier, "REST_API")
    event = {"toolId": "web-search", "durationMs": 12, "success": True}
    await ask("manage_tools", "meter_event", event_data=event)
    assert '"toolId": "web-search"' in (await ask("manage_tools", "list_events")).text
    await ask("manage_tools", "delete", tool_id=identifier)


async def test_a_guardrail_is_kept_changed_and_deleted(ask: Ask, refusal: Ask) -> None:
    data = {"name": "Daily stop", "metricType": "TOTAL_COST", "windowType": "DAILY", "action": "BLOCK"}
    identifier = (await ask("manage_cost_controls", "create", control_data=data | {"hardLimit": 1000})).id
    await ask("manage_cost_controls", "update", control_id=identifier, control_data={"hardLimit": 2000})
    kept = (await ask("manage_cost_controls", "get", control_id=identifier)).json
    assert {name: kept[name] for name in data} == data
    assert kept["hardLimit"] == 2000
    rules = (await ask("manage_cost_controls", "get_enforcement_rules")).json["rules"]
    assert [rule["threshold"] for rule in rules if rule["name"] == "Daily stop"] == [2000]
    await ask("manage_cost_controls", "delete", control_id=identifier)
    await refusal("manage_cost_controls", "get", control_id=identifier)


async def test_jobs_and_their_types_can_be_listed(ask: Ask) -> None:
    assert (await ask("manage_jobs", "list_jobs")).json["data"] == []
    await ask("manage_jobs", "get_job_types")
