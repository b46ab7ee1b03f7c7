from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from local_platform.billing.plan import (
    Aggregate,
    Plan,
    PlanElement,
    PlanPeriod,
    RatingAggregation,
    SetupFee,
    SetupFeeType,
    Tier,
    read_number,
    read_plan,
)


def test_a_plan_is_read_with_all_its_parts() -> None:
    plan = read_plan(
        {
            "type": "SUBSCRIPTION",
            "name": "Gold",
            "currency": "EUR",
            "period": "YEAR",
            "periodCount": 2,
            "trialPeriod": "DAY",
            "trialPeriodCount": 14,
            "charge": "199.00",
            "graduated": False,
            "prePayAllFlatRates": True,
            "tiers": [{"id": "t1", "name": "All", "upTo": None, "unitAmount": 0.1, "flatAmount": "5"}],
            "ratingAggregations": [
                {
                    "id": "r1",
                    "name": "Cost",
                    "aggregationType": "SUM",
                    "elementDefinitionId": "e1",
                    "graduated": True,
                    "tiers": [{"name": "Multiple", "upTo": None, "unitAmount": "1.10"}],
                }
            ],
            "elements": [
                {
                    "name": "Region",
                    "type": "DISTINCT_VALUE_BY_NAME",
                    "elementDefinitionId": "e2",
                    "flatAmount": 3,
                    "distinctValue": "eu",
                }
            ],
            "setupFees": [{"id": "s1", "name": "Start", "type": "ORGANIZATION", "flatAmount": "50"}],
        }
    )
    assert plan == Plan(
        name="Gold",
        currency="EUR",
        period=PlanPeriod.YEAR,
        period_count=2,
        trial_period=PlanPeriod.DAY,
        trial_period_count=14,
        charge=Decimal(199),
        graduated=False,
        pre_pay_all_flat_rates=True,
        tiers=(Tier("All", None, Decimal("0.1"), Decimal(5), "t1"),),
        aggregations=(
            RatingAggregation(
                "Cost",
                Aggregate.SUM,
                "e1",
                graduated=True,
                tiers=(Tier("Multiple", unit_amount=Decimal("1.1")),),
                id="r1",
            ),
        ),
        elements=(
            PlanElement("Region", Aggregate.DISTINCT_VALUE_BY_NAME, "e2", flat_amount=Decimal(3), distinct_value="eu"),
        ),
        setup_fees=(SetupFee("Start", SetupFeeType.ORGANIZATION, Decimal(50), "s1"),),
    )


def test_what_a_plan_leaves_out_takes_its_plain_meaning_and_unknown_fields_are_passed_over() -> None:
    wire: dict[str, Any] = {"type": "SUBSCRIPTION", "name": "Bare", "currency": "USD", "colour": "red", "period": ""}
    assert read_plan(wire) == Plan(name="Bare", currency="USD")
    assert read_plan(wire | {"tiers": None, "charge": None}) == Plan(name="Bare", currency="USD")
    assert Plan(name="Bare", currency="USD").period is PlanPeriod.MONTH


@pytest.mark.parametrize(("own", "expected"), [(None, False), (True, True), (False, False)])
def test_an_aggregation_is_graduated_as_its_plan_is_unless_it_says_otherwise(own: bool | None, expected: bool) -> None:
    aggregation = {"name": "A", "aggregationType": "SUM", "elementDefinitionId": "e", "graduated": own}
    plan = read_plan({"name": "P", "currency": "USD", "graduated": False, "ratingAggregations": [aggregation]})
    assert plan.aggregations[0].graduated is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, Decimal("0.1")),
        ("0.02", Decimal("0.02")),
        (" 7 ", Decimal(7)),
        (3, Decimal(3)),
        (Decimal("1.10"), Decimal("1.1")),
        (True, None),
        ("ten", None),
        ("NaN", None),
        ("Infinity", None),
        (float("inf"), None),
        ([], None),
        (None, None),
        ("", None),
    ],
)
def test_a_number_is_read_exactly_from_whatever_form_it_comes_in(value: object, expected: Decimal | None) -> None:
    assert read_number(value) == expected
