"""The vendor's tools for agents, priced tools, guardrails, jobs and insights work on the local platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]
Spent = Callable[[int], float]


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


async def test_an_event_of_a_priced_tool_costs_its_price(ask: Ask) -> None:
    price = {"name": "calls", "aggregationType": "COUNT", "unitPrice": "0.05"}
    data = {"name": "Web search", "toolId": "web-search", "toolType": "REST_API"}
    priced = data | {"pricing": {"currency": "USD", "elements": [price]}}
    identifier = (await ask("manage_tools", "create", tool_data=priced)).id
    by_id = (await ask("manage_tools", "get_by_tool_id", tool_id="web-search")).json
    assert (by_id["id"], by_id["toolType"]) == (identifier, "REST_API")
    event = {"toolId": "web-search", "durationMs": 12, "success": True}
    await ask("manage_tools", "meter_event", event_data=event)
    (listed,) = (await ask("manage_tools", "list_events")).json["_embedded"]["toolEventResourceList"]
    assert {name: listed[name] for name in event} == event
    costs = (await ask("business_analytics_management", "get_tool_costs", period="SEVEN_DAYS")).text
    assert "**1. web-search**\n   - Cost: $0.05\n" in costs
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


async def test_a_job_brings_in_what_its_outcome_says_and_costs_what_was_metered_in_it(ask: Ask, spent: Spent) -> None:
    outcome = {"executionStatus": "SUCCESS", "outcomeType": "CONVERTED", "outcomeValue": 1000}
    await ask("manage_jobs", "report_outcome", job_id="nightly", outcome_data=outcome)
    (job,) = (await ask("manage_jobs", "list_jobs")).json["data"]
    assert {name: job[name] for name in outcome} == outcome
    assert (job["agenticJobId"], job["type"]) == ("nightly", "reporting")
    made = (await ask("manage_jobs", "get_job_transactions", job_id="nightly")).json
    assert made["total_count"] == 30
    roi = (await ask("manage_jobs", "get_job_roi", job_id="nightly")).text
    assert f'"totalCost": {spent(30)}' in roi
    assert "reporting" in (await ask("manage_jobs", "get_job_types")).text


async def test_a_run_of_the_investigators_is_listed(ask: Ask) -> None:
    period = {"period_start": "2026-11-01T00:00:00Z", "period_end": "2026-11-22T00:00:00Z"}
    run = (await ask("manage_ai_insights", "trigger_run", **period)).json["result"]["runId"]
    runs = (await ask("manage_ai_insights", "list_runs")).json["result"]["runs"]
    assert run in [each["runId"] for each in runs]
