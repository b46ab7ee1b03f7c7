"""The vendor's alert tools keep their rules, budgets and history on the local platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local_platform.server import Platform
from local_platform.workload.metering import open_session, post

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]
TO = "oncall@globex.example"


async def alerts(ask: Ask, action: str, **arguments: Any) -> Any:
    return await ask("manage_alerts", action, **arguments)


async def spike(ask: Ask, name: str, **arguments: Any) -> str:
    rule = {"metric": "TOTAL_COST", "threshold": 1.5, "period_minutes": 60, "email": TO}
    identifier: str = (await alerts(ask, "create_threshold_alert", name=name, **rule | arguments)).id
    return identifier


async def budget(ask: Ask, name: str, threshold: float) -> str:
    rule = {"metric": "TOTAL_COST", "threshold": threshold, "period": "monthly", "email": TO}
    identifier: str = (await alerts(ask, "create_cumulative_usage_alert", name=name, **rule)).id
    return identifier


async def test_a_threshold_alert_is_kept_as_it_was_asked_for(ask: Ask) -> None:
    rule = await spike(ask, "Spike as asked")
    card = (await alerts(ask, "get", anomaly_id=rule)).text
    for line in (
        "**Name:** Spike as asked",
        f"**ID:** `{rule}`",
        "**Status:** Enabled",
        "**Type:** THRESHOLD",
        "**Metric:** TOTAL_COST",
        "**Threshold:** > $1.50",
        "**Frequency:** Every hour",
        f"**Email Notifications:** {TO}",
    ):
        assert line in card


async def test_a_list_names_rules_of_both_kinds(ask: Ask) -> None:
    rule, monthly = await spike(ask, "Listed spike"), await budget(ask, "Listed budget", 500)
    listed = (await alerts(ask, "list", size=100)).text
    assert f"**Listed spike**\n  • ID: `{rule}`\n  • Type: THRESHOLD\n" in listed
    assert f"**Listed budget**\n  • ID: `{monthly}`\n  • Type: CUMULATIVE_USAGE\n" in listed


async def test_an_update_changes_the_threshold_and_nothing_else(ask: Ask) -> None:
    rule = await spike(ask, "Raised spike")
    before = (await alerts(ask, "get", anomaly_id=rule)).text
    await alerts(ask, "update", anomaly_id=rule, anomaly_data={"threshold": 2.5})
    after = (await alerts(ask, "get", anomaly_id=rule)).text
    assert without_update_time(after) == without_update_time(before.replace("> $1.50", "> $2.50"))


def without_update_time(card: str) -> list[str]:
    return [line for line in card.splitlines() if not line.startswith("**Updated:**")]


async def test_a_rule_can_be_switched_off_and_on(ask: Ask) -> None:
    rule = await spike(ask, "Switched spike")
    await alerts(ask, "disable", anomaly_id=rule)
    assert "**Status:** Disabled" in (await alerts(ask, "get", anomaly_id=rule)).text
    await alerts(ask, "enable", anomaly_id=rule)
    assert "**Status:** Enabled" in (await alerts(ask, "get", anomaly_id=rule)).text


async def test_a_deleted_rule_is_gone(ask: Ask, refusal: Ask) -> None:
    for rule in (await spike(ask, "Short-lived"), await budget(ask, "Short-lived", 500)):
        assert rule in (await alerts(ask, "delete", anomaly_id=rule)).text
        await refusal("manage_alerts", "get", anomaly_id=rule)
    assert "Short-lived" not in (await alerts(ask, "list", size=100)).text


async def test_a_rule_keeps_its_filters(ask: Ask) -> None:
    data = {
        "name": "Anthropic this month",
        "alertType": "CUMULATIVE_USAGE",
        "metricType": "TOTAL_COST",
        "operatorType": "GREATER_THAN",
        "threshold": 500,
        "periodDuration": "MONTHLY",
        "filters": [{"dimension": "PROVIDER", "operator": "IS", "value": "Anthropic"}],
        "notificationAddresses": [TO],
    }
    rule = (await alerts(ask, "create", anomaly_data=data)).id
    assert "PROVIDER IS 'Anthropic'" in (await alerts(ask, "get", anomaly_id=rule)).text


async def test_a_budget_knows_how_much_of_it_is_used(ask: Ask) -> None:
    rule = await budget(ask, "Watched budget", 5000)
    progress = (await alerts(ask, "get_budget_progress", anomaly_id=rule)).json
    assert progress["metricType"] == "TOTAL_COST"
    assert progress["threshold"] == 5000
    assert progress["currentValue"] + progress["remaining"] == pytest.approx(5000)
    assert progress["percentUsed"] == pytest.approx(progress["currentValue"] / 5000)
    portfolio = (await alerts(ask, "get_budget_portfolio", size=100)).text
    assert f"- Watched budget (`{rule}`)" in portfolio


async def test_a_budget_that_is_reset_starts_from_nothing(ask: Ask) -> None:
    rule = await budget(ask, "Budget to reset", 5000)
    answer = (await alerts(ask, "reset_budget", anomaly_id=rule, confirm=True)).json
    assert (answer["currentValue"], answer["remaining"]) == (0, 5000)


async def test_a_rule_that_fires_is_in_the_history_and_one_that_does_not_is_not(ask: Ask, spending: Platform) -> None:
    await spike(ask, "Loud spike", threshold=0.000001)
    await spike(ask, "Quiet spike", threshold=1e9)
    call = {"model": "gpt-4o", "provider": "openai", "input_tokens": 1000, "output_tokens": 500, "duration_ms": 20}
    await ask("manage_metering", "submit_ai_transaction", **call)
    await told(spending, "evaluations")
    history = (await alerts(ask, "list", resource_type="alerts", size=100)).text
    assert "Loud spike" in history
    assert "Quiet spike" not in history


async def test_a_rule_can_notify_a_slack_channel(ask: Ask, spending: Platform) -> None:
    channel = {"name": "oncall", "teamName": "Globex", "channelName": "spend-alerts"}
    slack = (await told(spending, "slack-configurations", **channel))["id"]
    listed = (await ask("slack_management", "list_configurations")).text
    assert f"oncall\n- **ID:** `{slack}`\n- **Workspace:** Globex\n- **Channel:** spend-alerts\n" in listed
    rule = await spike(ask, "Spike for the channel", slack_config_id=slack)
    assert "oncall (#spend-alerts) - Workspace: Globex" in (await alerts(ask, "get", anomaly_id=rule)).text


async def told(platform: Platform, path: str, **body: Any) -> Any:
    """Ask the platform itself for what no tool can do."""
    async with open_session(platform.url, platform.api_key) as session:
        return await post(session, f"/local/v1/{path}?teamId={platform.team_id}", body)
