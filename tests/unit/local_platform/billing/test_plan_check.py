from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from local_platform.billing.plan_check import plan_complaints

SOUND: dict[str, Any] = {
    "type": "SUBSCRIPTION",
    "name": "Gold",
    "currency": "USD",
    "period": "MONTH",
    "periodCount": 1,
    "graduated": True,
    "prePayAllFlatRates": False,
    "tiers": [
        {"name": "Free", "startingFrom": 0, "upTo": 1000, "unitAmount": "0"},
        {"name": "Paid", "startingFrom": "1000", "upTo": None, "unitAmount": "0.02"},
    ],
    "elements": [],
    "ratingAggregations": [],
    "setupFees": [],
}
AGGREGATION: dict[str, Any] = {"name": "Cost", "aggregationType": "SUM", "elementDefinitionId": "e1"}


def tiers(*ends: object) -> list[dict[str, Any]]:
    return [{"name": f"T{index}", "upTo": end} for index, end in enumerate(ends)]


def test_a_sound_plan_gives_no_complaint() -> None:
    assert plan_complaints(SOUND) == {}


def test_what_the_command_line_client_sends_is_sound() -> None:
    assert plan_complaints({"name": "P", "type": "SUBSCRIPTION", "currency": "USD", "period": "MONTH"}) == {}


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        (None, {"plan": "must not be null or blank"}),
        ([], {"plan": "must be an object"}),
        ("gold", {"plan": "must be an object"}),
    ],
)
def test_a_plan_must_be_there_and_be_an_object(plan: object, complaint: dict[str, str]) -> None:
    assert plan_complaints(plan) == complaint


@pytest.mark.parametrize("name", ["name", "type", "currency"])
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_name_type_and_currency_are_required(name: str, blank: object) -> None:
    assert plan_complaints(SOUND | {name: blank}) == {f"plan.{name}": "must not be null or blank"}


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", 7, "must be a string"),
        ("name", "x" * 256, "size must be between 0 and 255"),
        ("type", "USAGE", "must be one of SUBSCRIPTION"),
        ("currency", "BTC", "must be one of ARS, AUD, CAD, CNY, COP, EUR, GBP, JPY, MXN, USD, ZMW, ZWG"),
        (
            "period",
            "WEEK",
            "must be one of DAY, MONTH, NONE, TEST_MINUTE, TEST_MINUTE_WITH_SYNTHETIC_METERING, YEAR",
        ),
        (
            "trialPeriod",
            ["DAY"],
            "must be one of DAY, MONTH, NONE, TEST_MINUTE, TEST_MINUTE_WITH_SYNTHETIC_METERING, YEAR",
        ),
        ("periodCount", 0, "must be an integer between 1 and 1000"),
        ("periodCount", Decimal("1.5"), "must be an integer between 1 and 1000"),
        ("trialPeriodCount", "many", "must be an integer between 1 and 1000"),
        ("charge", "-1", "must be greater than or equal to 0"),
        ("charge", True, "must be a number"),
        ("charge", "1e999999999", "numeric value out of bounds (<12 digits>.<12 digits> expected)"),
        ("charge", "0.0000000000001", "numeric value out of bounds (<12 digits>.<12 digits> expected)"),
        ("graduated", "yes", "must be true or false"),
        ("tiers", {}, "must be a list"),
        ("elements", "none", "must be a list"),
    ],
)
def test_each_field_of_a_plan_is_held_to_its_form(field: str, value: object, complaint: str) -> None:
    assert plan_complaints(SOUND | {field: value}) == {f"plan.{field}": complaint}


@pytest.mark.parametrize("count", [1, "3", 1000, Decimal("2.0")])
def test_whole_counts_are_taken_in_any_form(count: object) -> None:
    assert plan_complaints(SOUND | {"periodCount": count}) == {}


@pytest.mark.parametrize(
    ("listed", "complaints"),
    [
        (tiers(None), {}),
        (tiers(10, "20.5", None), {}),
        (tiers(10), {"plan.tiers[0].upTo": "must be null: the last tier is unlimited"}),
        (tiers(10, 20), {"plan.tiers[1].upTo": "must be null: the last tier is unlimited"}),
        (tiers(None, None), {"plan.tiers[0].upTo": "must not be null or blank: only the last tier is unlimited"}),
        (tiers(10, 10, None), {"plan.tiers[1].upTo": "must be greater than 10, where the tier before ends"}),
        (tiers(20, 10, None), {"plan.tiers[1].upTo": "must be greater than 20, where the tier before ends"}),
        (tiers(0, None), {"plan.tiers[0].upTo": "must be greater than 0, where the tier before ends"}),
    ],
)
def test_tiers_ascend_and_only_the_last_is_unlimited(listed: list[dict[str, Any]], complaints: dict[str, str]) -> None:
    assert plan_complaints(SOUND | {"tiers": listed}) == complaints


@pytest.mark.parametrize(("start", "where"), [(999, "gap"), (1001, "overlap")])
def test_a_tier_that_says_where_it_begins_begins_where_the_one_before_ends(start: int, where: str) -> None:
    listed = [{"name": "A", "upTo": 1000}, {"name": "B", "startingFrom": start, "upTo": None}]
    assert plan_complaints(SOUND | {"tiers": listed}) == {
        "plan.tiers[1].startingFrom": "must be 1000, where the tier before ends"
    }, where


def test_malformed_tiers_are_named_one_by_one_without_guessing_at_their_order() -> None:
    listed = [{"name": "", "upTo": "x"}, 7, {"name": "C", "upTo": 5, "unitAmount": -1}]
    assert plan_complaints(SOUND | {"tiers": listed}) == {
        "plan.tiers[0].name": "must not be null or blank",
        "plan.tiers[0].upTo": "must be a number",
        "plan.tiers[1]": "must be an object",
        "plan.tiers[2].unitAmount": "must be greater than or equal to 0",
    }


def test_an_aggregation_needs_its_name_type_and_element_and_sound_tiers() -> None:
    missing = {"tiers": tiers(1)}
    assert plan_complaints(SOUND | {"ratingAggregations": [AGGREGATION, missing]}) == {
        "plan.ratingAggregations[1].name": "must not be null or blank",
        "plan.ratingAggregations[1].aggregationType": "must not be null or blank",
        "plan.ratingAggregations[1].elementDefinitionId": "must not be null or blank",
    }


def test_a_plan_needs_one_list_of_tiers_that_goes_on_for_ever_and_the_others_may_end() -> None:
    endless, ending = AGGREGATION | {"tiers": tiers(None)}, AGGREGATION | {"tiers": tiers(5, 10)}
    assert plan_complaints(SOUND | {"tiers": tiers(10), "ratingAggregations": [ending, endless]}) == {}
    assert plan_complaints(SOUND | {"tiers": tiers(None), "ratingAggregations": [ending]}) == {}
    assert plan_complaints(SOUND | {"tiers": tiers(10), "ratingAggregations": [AGGREGATION, ending]}) == {
        "plan.tiers[0].upTo": "must be null: the last tier is unlimited",
        "plan.ratingAggregations[1].tiers[1].upTo": "must be null: the last tier is unlimited",
    }


def test_an_aggregation_and_an_element_know_different_types() -> None:
    by_name = {"name": "N", "elementDefinitionId": "e1"}
    complaints = plan_complaints(
        SOUND
        | {
            "ratingAggregations": [by_name | {"aggregationType": "COUNT_DISTINCT_VALUE_BY_NAME"}],
            "elements": [by_name | {"type": "LAST_RECEIVED"}, by_name | {"type": "COUNT_DISTINCT_VALUE_BY_NAME"}],
        }
    )
    assert set(complaints) == {"plan.ratingAggregations[0].aggregationType", "plan.elements[0].type"}


def test_a_set_up_fee_is_for_an_organization_or_a_subscription() -> None:
    fees = [{"name": "Start", "type": "ORGANIZATION", "flatAmount": "50"}, {"name": "Start", "type": "CUSTOMER"}]
    assert plan_complaints(SOUND | {"setupFees": fees}, "product.plan") == {
        "product.plan.setupFees[1].type": "must be one of ORGANIZATION, SUBSCRIPTION"
    }
