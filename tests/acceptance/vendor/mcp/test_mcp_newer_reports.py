"""The reports that the vendor's server reads over https only agree with what was metered, too."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]
Spent = Callable[[int], float]


async def analytics(ask: Ask, action: str, **arguments: Any) -> str:
    text: str = (await ask("business_analytics_management", action, **arguments)).text
    return text


async def count(ask: Ask) -> int:
    report = await analytics(ask, "get_transaction_count", period="SEVEN_DAYS")
    found = re.search(r"\*\*Total Transactions\*\*: ([\d,]+)", report)
    assert found, report
    return int(found[1].replace(",", ""))


async def test_one_more_transaction_is_counted_once(ask: Ask) -> None:
    before = await count(ask)
    call = {"model": "gpt-4o", "provider": "openai", "input_tokens": 10, "output_tokens": 5, "duration_ms": 20}
    await ask("manage_metering", "submit_ai_transaction", **call)
    assert await count(ask) == before + 1


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("get_provider_costs", "Anthropic"),
        ("get_model_costs", "claude-sonnet-4-5"),
        ("get_customer_costs", "Globex"),
        ("get_agent_costs", "night-batch"),
    ],
)
async def test_a_report_between_two_days_shows_what_was_metered_on_them(
    ask: Ask, spent: Spent, action: str, name: str
) -> None:
    today = datetime.now(UTC).date()
    days = {"start_date": str(today - timedelta(days=32)), "end_date": str(today)}
    report = await analytics(ask, action, **days)
    assert re.search(rf"{name}\*\*\n\s+- Cost: \${re.escape(f'{spent(30):,.2f}')}\n", report), report


async def test_costs_are_known_by_user(ask: Ask, spent: Spent) -> None:
    report = await analytics(ask, "get_user_costs", period="THIRTY_DAYS")
    assert "ops@globex.example" in report
    assert f"${spent(30):,.2f}" in report


async def test_agents_are_offered_as_filter_values(ask: Ask) -> None:
    options = await analytics(ask, "get_filter_options", dimension="agents")
    assert "- night-batch\n" in options


async def test_the_agent_that_began_to_spend_is_a_mover(ask: Ask, spent: Spent) -> None:
    movers = await analytics(ask, "get_top_movers", period="THIRTY_DAYS", group_by="agent")
    found = re.search(r"- \*\*night-batch\*\*: .*\(trend new, \$([\d.]+) → \$([\d.]+)\)", movers)
    assert found, movers
    assert (float(found[1]), float(found[2])) == (0, spent(30))
