from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.billing.plan import Tier
from local_platform.billing.tiers import rate_tiers, spread

FREE_THEN_PAID = [
    Tier("Free", up_to=Decimal(1000)),
    Tier("Paid", unit_amount=Decimal("0.02")),
]
WITH_FLATS = [
    Tier("Base", up_to=Decimal(10), unit_amount=Decimal(2), flat_amount=Decimal(100)),
    Tier("More", up_to=Decimal(20), unit_amount=Decimal(1), flat_amount=Decimal(50)),
    Tier("Rest", unit_amount=Decimal("0.5"), flat_amount=Decimal(7)),
]

amounts = st.decimals(0, 10_000, places=6)
quantities = st.decimals(0, 1_000_000, places=9)


@st.composite
def tier_lists(draw: st.DrawFn, flat: st.SearchStrategy[Decimal] = amounts) -> list[Tier]:
    widths = draw(st.lists(st.decimals("0.001", 5000, places=3), max_size=4))
    ends: list[Decimal | None] = [*accumulate(widths), None]
    return [Tier(str(index), end, draw(amounts), draw(flat)) for index, end in enumerate(ends)]


def total(tiers: list[Tier], quantity: Decimal, *, graduated: bool, pre_pay: bool = False) -> Decimal:
    slices = rate_tiers(tiers, quantity, graduated=graduated, pre_pay_all_flat_rates=pre_pay)
    return sum((part.amount for part in slices), Decimal(0))


@pytest.mark.parametrize(
    ("calls", "graduated", "price"),
    [
        (0, True, "0"),
        (1000, True, "0"),
        (1001, True, "0.02"),
        (1500, True, "10"),
        (1000, False, "0"),
        (1001, False, "20.02"),
        (1500, False, "30"),
    ],
)
def test_a_thousand_free_calls_then_two_cents(calls: int, graduated: bool, price: str) -> None:
    assert total(FREE_THEN_PAID, Decimal(calls), graduated=graduated) == Decimal(price)


@pytest.mark.parametrize(
    ("quantity", "graduated", "price"),
    [
        (0, True, "100"),
        (10, True, "120"),
        ("10.5", True, "170.5"),
        (20, True, "180"),
        (24, True, "189"),
        (0, False, "100"),
        (10, False, "120"),
        (11, False, "61"),
        (24, False, "19"),
    ],
)
def test_a_flat_amount_is_due_once_its_tier_is_reached_and_the_first_is_reached_from_the_start(
    quantity: int | str, graduated: bool, price: str
) -> None:
    assert total(WITH_FLATS, Decimal(quantity), graduated=graduated) == Decimal(price)


@pytest.mark.parametrize("graduated", [True, False])
def test_prepaid_flat_amounts_are_all_due_from_the_start(graduated: bool) -> None:
    assert total(WITH_FLATS, Decimal(0), graduated=graduated, pre_pay=True) == 157


def test_a_single_flat_tier_is_a_base_fee_whatever_is_used() -> None:
    tiers = [Tier("Monthly Subscription", flat_amount=Decimal("10.0"))]
    assert {total(tiers, Decimal(calls), graduated=True) for calls in (0, 1, 10**9)} == {10}


def test_no_tiers_price_nothing() -> None:
    assert rate_tiers([], Decimal(5), graduated=True) == []


def test_a_last_tier_that_names_an_end_goes_on_at_its_prices() -> None:
    tiers = [Tier("A", up_to=Decimal(10)), Tier("B", up_to=Decimal(20), unit_amount=Decimal(2))]
    assert total(tiers, Decimal(30), graduated=True) == 40
    assert total(tiers, Decimal(30), graduated=False) == 60


def test_less_than_nothing_is_priced_as_nothing() -> None:
    assert total(WITH_FLATS, Decimal(-5), graduated=True) == total(WITH_FLATS, Decimal(0), graduated=True)


@settings(max_examples=60)
@given(tier_lists(), quantities)
def test_the_slices_of_a_quantity_add_up_to_it(tiers: list[Tier], quantity: Decimal) -> None:
    for graduated in (True, False):
        slices = rate_tiers(tiers, quantity, graduated=graduated)
        assert sum(part.quantity for part in slices) == quantity
        assert [part.tier for part in slices] == tiers
    assert sum(spread(tiers, quantity)) == quantity


@settings(max_examples=60)
@given(tier_lists(), quantities, quantities)
def test_using_more_never_costs_less_when_tiers_are_graduated(tiers: list[Tier], one: Decimal, two: Decimal) -> None:
    less, more = sorted((one, two))
    assert total(tiers, less, graduated=True) <= total(tiers, more, graduated=True)


@settings(max_examples=60)
@given(tier_lists(flat=st.just(Decimal(0))), st.decimals("0.000000001", "0.001", places=9))
def test_graduated_prices_without_flat_amounts_do_not_jump_where_a_tier_ends(tiers: list[Tier], step: Decimal) -> None:
    dearest = max(tier.unit_amount for tier in tiers)
    for end in (tier.up_to for tier in tiers[:-1]):
        assert end is not None
        before, after = total(tiers, end, graduated=True), total(tiers, end + step, graduated=True)
        assert 0 <= after - before <= step * dearest


@settings(max_examples=40)
@given(amounts, amounts, quantities)
def test_a_single_tier_costs_the_same_graduated_or_not(unit: Decimal, flat: Decimal, quantity: Decimal) -> None:
    tiers = [Tier("All", None, unit, flat)]
    assert total(tiers, quantity, graduated=True) == total(tiers, quantity, graduated=False)


def test_the_largest_amounts_are_multiplied_without_rounding() -> None:
    unit, quantity = Decimal("999999999999.999999999999"), Decimal("999999999999999.999999999")
    (part,) = rate_tiers([Tier("All", unit_amount=unit)], quantity, graduated=True)
    assert Fraction(part.unit_charge) == Fraction(unit) * Fraction(quantity)
