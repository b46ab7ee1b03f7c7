from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.billing.plan import Aggregate, Plan, RatingAggregation, Tier
from local_platform.billing.quantity import ElementUsage, Usage
from local_platform.billing.quotas import Quota, TierQuota, aggregation_quotas, overall_quota, tier_quotas

TIERS = (Tier("Included", up_to=Decimal(100)), Tier("More", up_to=Decimal(250)), Tier("Rest"))
OPEN = (Tier("All"),)
PAGES = RatingAggregation("Pages", Aggregate.SUM, "pages", graduated=True, tiers=TIERS)
USAGE = Usage(calls=7, elements={"pages": ElementUsage(count=2, total=Decimal("120.5"))})


@pytest.mark.parametrize(
    ("used", "consumed", "over"),
    [
        ("0", ["0", "0", "0"], [False, False, False]),
        ("100", ["100", "0", "0"], [False, False, False]),
        ("100.5", ["100", "0.5", "0"], [True, False, False]),
        ("300", ["100", "150", "50"], [True, True, False]),
    ],
)
def test_tiers_fill_one_after_the_other_and_their_end_belongs_to_them(
    used: str, consumed: list[str], over: list[bool]
) -> None:
    quotas = tier_quotas(TIERS, Decimal(used))
    assert [quota.consumed for quota in quotas] == [Decimal(part) for part in consumed]
    assert [quota.went_over for quota in quotas] == over
    assert [(quota.start, quota.quota) for quota in quotas] == [(0, 100), (100, 150), (250, None)]


def test_the_last_tier_takes_what_exceeds_its_quota() -> None:
    (quota,) = tier_quotas([Tier("All", up_to=Decimal(10))], Decimal(12))
    assert (quota.quota, quota.consumed, quota.went_over) == (10, 12, True)


def test_an_aggregation_shows_its_quantity_and_each_of_its_tiers() -> None:
    (quota,) = aggregation_quotas(Plan("P", "USD", aggregations=(PAGES,)), USAGE)
    assert (quota.aggregation, quota.consumed) == (PAGES, Decimal("120.5"))
    assert quota.tiers[1] == TierQuota(TIERS[1], Decimal(100), Decimal(150), Decimal("20.5"), went_over=False)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Plan("P", "USD", tiers=TIERS, aggregations=(PAGES,)), Quota(Decimal(7), Decimal(100))),
        (Plan("P", "USD", tiers=OPEN, aggregations=(PAGES,)), Quota(Decimal("120.5"), Decimal(100))),
        (Plan("P", "USD", tiers=OPEN), Quota(Decimal(7), None)),
        (Plan("P", "USD"), Quota(Decimal(7), None)),
    ],
)
def test_the_quota_of_a_subscription_is_the_first_tier_that_ends(plan: Plan, expected: Quota) -> None:
    assert overall_quota(plan, USAGE) == expected


def test_a_quota_is_gone_over_only_beyond_its_limit() -> None:
    limit = Decimal(100)
    assert [Quota(Decimal(used), limit).went_over for used in ("99", "100", "100.5")] == [False, False, True]
    assert not Quota(Decimal(10**9), None).went_over


def test_a_share_of_a_quota_is_reached_at_that_share() -> None:
    quota = Quota(Decimal(80), Decimal(100))
    assert quota.reached(Decimal("0.8"))
    assert not quota.reached(Decimal("0.81"))
    assert not Quota(Decimal(80), None).reached(Decimal(0))


@settings(max_examples=40)
@given(st.decimals(0, 1000, places=6))
def test_what_the_tiers_hold_is_what_was_used(used: Decimal) -> None:
    assert sum(quota.consumed for quota in tier_quotas(TIERS, used)) == used
