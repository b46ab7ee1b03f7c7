from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.billing.plan import (
    Aggregate,
    Plan,
    PlanElement,
    RatingAggregation,
    SetupFee,
    SetupFeeType,
    Tier,
)
from local_platform.billing.quantity import ElementUsage, Usage, quantity
from local_platform.billing.rating import Bill, ChargeType, Line, Unit, rate, recurring_charge

COST = "cost"
VALUES = ElementUsage(
    count=4, total=Decimal(10), maximum=Decimal(5), last=Decimal(3), different=3, occurrences={"eu": 2}
)
AI_COST = Usage(calls=3, elements={COST: ElementUsage(count=3, total=Decimal("100.000000001"))})

FREE_THEN_PAID = Plan(
    "Starter", "USD", tiers=(Tier("Free", up_to=Decimal(1000)), Tier("Paid", unit_amount=Decimal("0.02")))
)
GOLD = Plan(
    "Gold Tier",
    "USD",
    charge=Decimal(199),
    aggregations=(
        RatingAggregation(
            "AI cost", Aggregate.SUM, COST, graduated=True, tiers=(Tier("Multiple", unit_amount=Decimal("1.10")),)
        ),
    ),
)


def amounts(bill: Bill) -> dict[str, Decimal]:
    return {line.name: line.amount for line in bill.lines}


def one_element(aggregate: Aggregate, value: str | None = None) -> Plan:
    return Plan("P", "USD", elements=(PlanElement("E", aggregate, "e", Decimal(2), Decimal(9), value),))


def test_a_base_fee_and_a_multiple_of_the_real_ai_cost_are_billed_exactly() -> None:
    bill = rate(GOLD, AI_COST)
    assert amounts(bill) == {"Gold Tier": 199, "AI cost: Multiple": Decimal("110.0000000011")}
    assert bill.total == Decimal("309.0000000011")
    assert bill.currency == "USD"


def test_calls_within_the_free_tier_are_listed_and_cost_nothing() -> None:
    assert rate(FREE_THEN_PAID, Usage(calls=1200)).lines == (
        Line(
            ChargeType.TIER_CALL_COUNT,
            "Free",
            Decimal(1000),
            Unit.CALL,
            Decimal(0),
            Decimal(0),
            tier=FREE_THEN_PAID.tiers[0],
        ),
        Line(
            ChargeType.TIER_CALL_COUNT,
            "Paid",
            Decimal(200),
            Unit.CALL,
            Decimal("0.02"),
            Decimal(4),
            tier=FREE_THEN_PAID.tiers[1],
        ),
    )


def test_a_base_fee_written_as_the_flat_amount_of_the_only_tier_is_due_without_a_call() -> None:
    plan = Plan("P", "USD", tiers=(Tier("Monthly Subscription", flat_amount=Decimal("10.0")),))
    (line,) = rate(plan, Usage()).lines
    assert (line.type, line.amount, line.tier) == (ChargeType.TIER_FLAT_RATE, 10, plan.tiers[0])


def test_set_up_fees_are_charged_when_they_fall_due() -> None:
    plan = Plan(
        "P",
        "USD",
        charge=Decimal(5),
        setup_fees=(
            SetupFee("Onboarding", SetupFeeType.ORGANIZATION, Decimal(50)),
            SetupFee("Activation", SetupFeeType.SUBSCRIPTION, Decimal(20)),
        ),
    )
    assert amounts(rate(plan, Usage())) == {"P": 5}
    assert amounts(rate(plan, Usage(), setup_fees=[SetupFeeType.SUBSCRIPTION])) == {"Activation": 20, "P": 5}
    assert rate(plan, Usage(), setup_fees=list(SetupFeeType)).total == 75


def test_a_trial_lists_what_was_used_and_costs_nothing() -> None:
    plan = Plan("P", "USD", charge=Decimal(5), setup_fees=(SetupFee("S", SetupFeeType.SUBSCRIPTION, Decimal(20)),))
    assert rate(plan, Usage(), setup_fees=list(SetupFeeType), trial=True).total == 0
    bill = rate(GOLD, AI_COST, trial=True)
    assert (bill.total, bill.trial) == (0, True)
    assert {line.type for line in bill.lines} == {ChargeType.EXEMPT}
    assert [(line.quantity, line.unit_amount) for line in bill.lines] == [
        (1, 199),
        (Decimal("100.000000001"), Decimal("1.10")),
    ]


def test_prepaid_flat_amounts_are_due_before_their_tiers_are_reached() -> None:
    tiers = (Tier("A", up_to=Decimal(10), flat_amount=Decimal(1)), Tier("B", flat_amount=Decimal(2)))
    aggregation = RatingAggregation("R", Aggregate.COUNT, "e", graduated=True, tiers=tiers)
    later = Plan("P", "USD", tiers=tiers, aggregations=(aggregation,))
    ahead = Plan("P", "USD", tiers=tiers, aggregations=(aggregation,), pre_pay_all_flat_rates=True)
    assert (rate(later, Usage()).total, rate(ahead, Usage()).total) == (2, 6)


@pytest.mark.parametrize(
    ("aggregate", "value", "expected"),
    [
        (Aggregate.SUM, None, 10),
        (Aggregate.COUNT, None, 4),
        (Aggregate.MAXIMUM, None, 5),
        (Aggregate.AVERAGE, None, Decimal("2.5")),
        (Aggregate.LAST_RECEIVED, None, 3),
        (Aggregate.UNIQUE, None, 3),
        (Aggregate.UNIQUE, "eu", 3),
        (Aggregate.DISTINCT, None, 3),
        (Aggregate.DISTINCT, "eu", 2),
        (Aggregate.DISTINCT, "us", 0),
        (Aggregate.COUNT_DISTINCT_VALUE_BY_NAME, "eu", 2),
        (Aggregate.DISTINCT_VALUE_BY_NAME, "eu", 1),
        (Aggregate.DISTINCT_VALUE_BY_NAME, "us", 0),
        (Aggregate.DISTINCT_VALUE_BY_NAME, None, 3),
    ],
)
def test_each_aggregate_makes_its_own_quantity_of_the_metered_values(
    aggregate: Aggregate, value: str | None, expected: Decimal
) -> None:
    assert quantity(aggregate, VALUES, value) == expected


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_an_element_that_was_not_used_makes_no_quantity_and_no_line(aggregate: Aggregate) -> None:
    assert quantity(aggregate, ElementUsage(), "eu") == 0
    assert rate(one_element(aggregate, "eu"), Usage(calls=7)).lines == ()


def test_an_average_is_rounded_far_below_what_money_can_show() -> None:
    thirds = ElementUsage(count=3, total=Decimal(10**20))
    assert quantity(Aggregate.AVERAGE, thirds) == Decimal("33333333333333333333.333333333333")


def test_an_element_costs_its_flat_amount_once_and_its_unit_price() -> None:
    bill = rate(one_element(Aggregate.SUM), Usage(elements={"e": VALUES}))
    assert [(line.unit, line.quantity, line.amount) for line in bill.lines] == [
        (Unit.PERIOD, 1, 9),
        (Unit.ELEMENT, 10, 20),
    ]
    assert {line.element_id for line in bill.lines} == {"e"}


def test_values_below_zero_never_make_a_credit() -> None:
    refunded = ElementUsage(count=1, total=Decimal(-5), maximum=Decimal(-5), last=Decimal(-5), different=1)
    assert rate(one_element(Aggregate.SUM), Usage(elements={"e": refunded})).total == 9
    assert rate(GOLD, Usage(elements={COST: refunded})).total == 199


def test_what_a_period_costs_without_use_is_the_recurring_charge() -> None:
    assert recurring_charge(GOLD) == 199
    assert recurring_charge(FREE_THEN_PAID) == 0


@settings(max_examples=50)
@given(
    st.integers(0, 10**12),
    st.decimals(0, 10**12, places=9),
    st.decimals(0, 1000, places=12),
    st.decimals(0, 1000, places=12),
)
def test_the_total_of_a_bill_is_the_sum_of_its_lines(calls: int, cost: Decimal, unit: Decimal, flat: Decimal) -> None:
    multiple = (Tier("Some", Decimal(100), unit, flat), Tier("Rest", None, unit + 1, flat))
    plan = Plan(
        "P",
        "USD",
        charge=flat,
        tiers=multiple,
        aggregations=(RatingAggregation("R", Aggregate.SUM, COST, graduated=False, tiers=multiple),),
        elements=(PlanElement("E", Aggregate.AVERAGE, COST, unit, flat),),
    )
    bill = rate(plan, Usage(calls, {COST: ElementUsage(count=1, total=cost)}))
    assert Fraction(bill.total) == sum(Fraction(line.amount) for line in bill.lines)
    assert all(Fraction(line.amount) == Fraction(line.quantity) * Fraction(line.unit_amount) for line in bill.lines)
