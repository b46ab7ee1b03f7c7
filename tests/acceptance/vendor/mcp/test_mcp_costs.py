"""The vendor's analytics tools show what was metered, down to the cent, and find the one day that stands out."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]
Spent = Callable[[int], float]

REPORTS = {
    "get_provider_costs": "Anthropic",
    "get_model_costs": "claude-sonnet-4-5",
    "get_customer_costs": "Globex",
    "get_agent_costs": "night-batch",
    "get_api_key_costs": r"glob\*+tion",
}
WINDOWS = {"SEVEN_DAYS": 7, "THIRTY_DAYS": 30}


async def analytics(ask: Ask, action: str, **arguments: Any) -> str:
    text: str = (await ask("business_analytics_management", action, **arguments)).text
    return text


@pytest.mark.parametrize("period", WINDOWS)
@pytest.mark.parametrize("action", REPORTS)
async def test_a_report_shows_what_was_metered_in_its_period(ask: Ask, spent: Spent, action: str, period: str) -> None:
    report = await analytics(ask, action, period=period)
    found = re.search(rf"{REPORTS[action]}\*\*\n\s+- Cost: \$([\d,.]+)", report)
    assert found, report
    assert found[1].replace(",", "") == f"{spent(WINDOWS[period]):.2f}"


async def test_a_mean_is_of_the_days(ask: Ask, spent: Spent) -> None:
    report = await analytics(ask, "get_agent_costs", period="SEVEN_DAYS", group="MEAN")
    assert f"**1. night-batch**\n   - Cost: ${spent(7) / 7:.2f}" in report


async def test_the_summary_names_the_top_of_every_dimension(ask: Ask, spent: Spent) -> None:
    summary = await analytics(ask, "get_cost_summary", period="THIRTY_DAYS")
    amount = f"${spent(30):,.2f}"
    for title, name in TOP.items():
        part = summary.partition(f"**Top {title}:**\n")[2].partition("\n\n")[0]
        assert re.search(rf"^- {name}: {re.escape(amount)}$", part, re.MULTILINE), summary


TOP = {
    "Providers": "Anthropic",
    "Models": "claude-sonnet-4-5",
    "Customers": "Globex",
    "Agents": "night-batch",
    "API Keys": r"glob\*+tion",
}


async def test_the_anomaly_analysis_finds_the_day_that_cost_a_hundred_in_every_dimension(ask: Ask) -> None:
    report = await analytics(
        *(ask, "analyze_cost_anomalies"),
        period="THIRTY_DAYS",
        include_dimensions=["providers", "models", "api_keys", "agents", "customers"],
        min_impact_threshold=20,
    )
    assert "**Total anomalies detected:** 5" in report
    for entity, kind in FLAGGED.items():
        assert re.search(rf"^\| {entity} \| {kind} \| \w+ \| \$100\.00 \|", report, re.MULTILINE), report


FLAGGED = {
    "ANTHROPIC": "provider",
    "CLAUDE-SONNET-4-5": "model",
    "GLOBEX-PRODUCTION": "api_key",
    "NIGHT-BATCH": "agent",
    "GLOBEX": "customer",
}


async def test_a_short_period_without_calls_is_empty_and_no_error(ask: Ask) -> None:
    report = await analytics(ask, "get_agent_costs", period="HOUR")
    assert "night-batch" not in report
