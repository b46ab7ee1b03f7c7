"""The vendor's metering tool submits to the local platform, finds what was submitted and reads its price list."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from genai_prices import Usage, calc_price

from local_platform.server import Platform
from local_platform.workload.metering import fetch, open_session

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]
LOG = "/profitstream/v2/api/sources/metrics/ai/completions"
CALL = {"model": "gpt-4o", "provider": "openai", "input_tokens": 1500, "output_tokens": 800, "duration_ms": 1200}


async def metering(ask: Ask, action: str, **arguments: Any) -> str:
    text: str = (await ask("manage_metering", action, **arguments)).text
    return text


async def submitted(ask: Ask, **arguments: Any) -> str:
    card = await metering(ask, "submit_ai_transaction", **CALL | arguments)
    found = re.search(r"\*\*Transaction ID:\*\* `(tx_\w+)`", card)
    assert found, card
    return found[1]


async def rows_of(platform: Platform, transaction: str) -> Any:
    async with open_session(platform.url, platform.api_key) as session:
        page = await fetch(session, LOG, teamId=platform.team_id, transactionId=transaction)
    return page.get("_embedded", {}).get("aICompletionMetricResourceList", [])


async def test_a_submission_is_in_the_log_with_its_attribution_and_priced(ask: Ask, spending: Platform) -> None:
    subscriber = {"id": "u1", "email": "u1@initech.example", "credential": {"name": "k1", "value": "kv1"}}
    given = {"organization_name": "Initech", "product_name": "Gold", "agent": "writer", "task_type": "doc"}
    transaction = await submitted(ask, **given, trace_id="t1", subscriber=subscriber)
    (row,) = await rows_of(spending, transaction)
    price = calc_price(Usage(input_tokens=1500, output_tokens=800), model_ref="gpt-4o", provider_id="openai")
    assert row["totalCost"] == pytest.approx(float(price.total_price))
    assert (row["agent"], row["taskType"], row["traceId"]) == ("writer", "doc", "t1")
    assert (row["subscriberEmail"], row["subscriberCredential"]["label"]) == ("u1@initech.example", "k1")
    assert (row["organization"]["label"], row["product"]["label"]) == ("Initech", "Gold")


async def test_recent_transactions_show_the_last_submission_first(ask: Ask) -> None:
    transaction = await submitted(ask)
    recent = await metering(ask, "lookup_recent_transactions", page_size=5)
    assert f"**1. Transaction {transaction}**\n- **Model**: gpt-4o\n" in recent
    assert "- **Input Tokens**: 1500\n- **Output Tokens**: 800\n" in recent


async def test_a_transaction_of_another_client_is_found_on_the_platform(ask: Ask) -> None:
    found = await metering(
        *(ask, "lookup_transactions"), transaction_ids=["night-3"], wait_seconds=0, return_transaction_data="full"
    )
    assert "**Summary**: 1/1 transactions found" in found
    assert "**Sources**: 0 session, 1 API" in found
    assert "- **Model**: claude-sonnet-4-5\n" in found


async def test_a_transaction_that_nobody_metered_is_not_found(ask: Ask) -> None:
    found = await metering(
        *(ask, "lookup_transactions"), transaction_ids=["tx_000000000000"], wait_seconds=0, max_retries=1
    )
    assert "**Summary**: 0/1 transactions found" in found


async def test_the_price_list_knows_a_model_by_name(ask: Ask) -> None:
    found = await metering(ask, "search_ai_models", query="gpt-4o-mini")
    assert "## **gpt-4o-mini** (OPENAI)" in found
    verdict = await metering(ask, "validate_model_provider", model="gpt-4o", provider="openai")
    assert "**Valid Model/Provider Combination**" in verdict
    assert "**Provider**: OPENAI" in verdict


async def test_the_estimate_is_what_the_platform_then_charges(ask: Ask, spending: Platform) -> None:
    call = {name: value for name, value in CALL.items() if name != "duration_ms"}
    estimate = await metering(ask, "estimate_transaction_cost", **call)
    total = re.search(r"\*\*Total Cost\*\*: \*\*\$([\d.]+)\*\*", estimate)
    assert total, estimate
    (row,) = await rows_of(spending, await submitted(ask))
    assert Decimal(total[1]) == pytest.approx(Decimal(str(row["totalCost"])))


async def test_an_unknown_provider_is_named_as_such(refusal: Ask) -> None:
    words = await refusal("manage_metering", "submit_ai_transaction", **CALL | {"provider": "nobody-at-all"})
    assert "nobody-at-all" in words


@pytest_asyncio.fixture(loop_scope="session")
async def strict(ask: Ask) -> AsyncIterator[None]:
    """Let the platform take calls of registered customers only."""
    await ask("system_diagnostics", "set_strict_ingestion_mode", enabled=True, confirm=True)
    yield
    await ask("system_diagnostics", "set_strict_ingestion_mode", enabled=False, confirm=True)


@pytest.mark.usefixtures("strict")
async def test_a_strict_platform_refuses_and_remembers_a_customer_it_does_not_know(ask: Ask, refusal: Ask) -> None:
    call = CALL | {"organization_name": "Nobody registered"}
    assert "Strict ingestion" in await refusal("manage_metering", "submit_ai_transaction", **call)
    failures = (await ask("system_diagnostics", "get_ingestion_failures")).text
    assert "**CONSUMING_ORG_NOT_FOUND**" in failures
    assert "value `Nobody registered`" in failures
