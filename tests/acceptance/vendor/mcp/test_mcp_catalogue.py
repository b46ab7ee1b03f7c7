"""The vendor's tools for what is sold: sources, metering elements and products live on the local platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]


async def source(ask: Ask, name: str) -> str:
    data = {"name": name, "type": "API", "url": "https://inventory.example/v1"}
    identifier: str = (await ask("manage_sources", "create", source_data=data)).id
    return identifier


async def element(ask: Ask, name: str) -> str:
    data = {"name": name, "type": "NUMBER", "description": "Pages printed"}
    identifier: str = (await ask("manage_metering_elements", "create", element_data=data)).id
    return identifier


async def product(ask: Ask, name: str, plan: dict[str, Any], **more: Any) -> str:
    data = {
        "name": name,
        "description": f"{name} for teams",
        "version": "1.0.0",
        "paymentSource": "INVOICE_ONLY_NO_PAYMENT",
        "plan": {"type": "SUBSCRIPTION", "name": f"{name} plan", "currency": "USD", "period": "MONTH", **plan},
        **more,
    }
    identifier: str = (await ask("manage_products", "create", product_data=data)).id
    return identifier


def amount(shown: Any) -> Decimal:
    """The amount, whether it is shown as a number or as text."""
    return Decimal(str(shown))


FLAT = {"tiers": [{"name": "base", "up_to": None, "unit_amount": 0, "flat_amount": 199}]}


async def test_a_source_is_kept_listed_changed_and_deleted(ask: Ask, refusal: Ask) -> None:
    identifier = await source(ask, "inventory")
    kept = (await ask("manage_sources", "get", source_id=identifier)).json
    assert (kept["name"], kept["type"], kept["resource"]) == ("inventory", "API", "https://inventory.example/v1")
    listed = (await ask("manage_sources", "list", size=100)).json["sources"]
    assert identifier in [each["id"] for each in listed]
    await ask("manage_sources", "update", source_id=identifier, source_data={"description": "Stock levels"})
    changed = (await ask("manage_sources", "get", source_id=identifier)).json
    assert (changed["description"], changed["name"], changed["type"]) == ("Stock levels", "inventory", "API")
    await ask("manage_sources", "delete", source_id=identifier)
    await refusal("manage_sources", "get", source_id=identifier)


async def test_a_metering_element_is_kept_listed_changed_and_deleted(ask: Ask, refusal: Ask) -> None:
    identifier = await element(ask, "pagesPrinted")
    kept = (await ask("manage_metering_elements", "get", element_id=identifier)).json["data"]
    assert (kept["name"], kept["type"], kept["description"]) == ("pagesPrinted", "NUMBER", "Pages printed")
    listed = (await ask("manage_metering_elements", "list", size=100)).json["data"]
    assert identifier in [each["id"] for each in listed]
    change = {"description": "Sheets printed"}
    await ask("manage_metering_elements", "update", element_id=identifier, element_data=change)
    changed = (await ask("manage_metering_elements", "get", element_id=identifier)).json["data"]
    assert (changed["name"], changed["description"]) == ("pagesPrinted", "Sheets printed")
    await ask("manage_metering_elements", "delete", element_id=identifier)
    await refusal("manage_metering_elements", "get", element_id=identifier)


async def test_a_metering_element_can_come_from_a_template(ask: Ask) -> None:
    await ask("manage_metering_elements", "create_from_template", template_name="shippingWeight")
    listed = (await ask("manage_metering_elements", "list", size=100)).json["data"]
    assert [each["type"] for each in listed if each["name"] == "shippingWeight"] == ["NUMBER"]


async def test_a_simple_product_is_a_flat_monthly_plan(ask: Ask) -> None:
    created = await ask("manage_products", "create_simple", name="Simple", monthly_price=10)
    kept = (await ask("manage_products", "get", product_id=created.id)).json["data"]
    (tier,) = kept["plan"]["tiers"]
    assert (kept["name"], kept["plan"]["period"], kept["plan"]["currency"]) == ("Simple", "MONTH", "USD")
    assert (amount(tier["flatAmount"]), tier["upTo"]) == (Decimal(10), None)


async def test_a_product_rated_by_usage_keeps_its_aggregations_and_fees(ask: Ask) -> None:
    metered = await element(ask, "pagesScanned")
    rated = {
        "name": "pages",
        "elementDefinitionId": metered,
        "aggregationType": "SUM",
        "tiers": [{"name": "all", "up_to": 1_000_000, "unit_amount": "0.02"}],
    }
    fee = {"name": "onboarding", "type": "SUBSCRIPTION", "flatAmount": 50}
    plan = FLAT | {"ratingAggregations": [rated], "setupFees": [fee]}
    identifier = await product(ask, "Scanning", plan, sourceIds=[await source(ask, "scanner")])
    kept = (await ask("manage_products", "get", product_id=identifier)).json["data"]["plan"]
    (aggregation,), (charged,) = kept["ratingAggregations"], kept["setupFees"]
    (tier,) = aggregation["tiers"]
    assert (aggregation["elementDefinitionId"], aggregation["aggregationType"]) == (metered, "SUM")
    assert (amount(tier["unitAmount"]), amount(tier["upTo"])) == (Decimal("0.02"), Decimal(1_000_000))
    assert (charged["name"], amount(charged["flatAmount"])) == ("onboarding", Decimal(50))


async def test_a_changed_description_leaves_the_plan_of_a_product_alone(ask: Ask) -> None:
    identifier = await product(ask, "Described", FLAT)
    before = (await ask("manage_products", "get", product_id=identifier)).json["data"]
    await ask("manage_products", "update", product_id=identifier, product_data={"description": "New words"})
    after = (await ask("manage_products", "get", product_id=identifier)).json["data"]
    assert after["description"] == "New words"
    assert after["plan"] == before["plan"]


async def test_a_changed_price_leaves_the_rest_of_the_plan_alone(ask: Ask) -> None:
    identifier = await product(ask, "Repriced", FLAT)
    dearer = {"tiers": [{"name": "base", "up_to": None, "unit_amount": 0, "flat_amount": 299}]}
    await ask("manage_products", "update", product_id=identifier, product_data={"plan": dearer})
    plan = (await ask("manage_products", "get", product_id=identifier)).json["data"]["plan"]
    assert [amount(tier["flatAmount"]) for tier in plan["tiers"]] == [299]
    assert (plan["name"], plan["period"], plan["currency"]) == ("Repriced plan", "MONTH", "USD")


async def test_a_product_is_listed_and_can_be_deleted(ask: Ask, refusal: Ask) -> None:
    identifier = await product(ask, "Retired", FLAT)
    listed = (await ask("manage_products", "list", size=100)).json["data"]
    assert [each["name"] for each in listed if each["id"] == identifier] == ["Retired"]
    await ask("manage_products", "delete", product_id=identifier)
    await refusal("manage_products", "get", product_id=identifier)
