from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from local_platform.billing.amounts import amount_billed, decorations, quota_consumed
from local_platform.resources import documents
from local_platform.wire import dumps

if TYPE_CHECKING:
    from conftest import Ledger

    from local_platform.resources.kind import Document

FREE_THEN_PAID = [{"name": "Free", "upTo": 2, "unitAmount": "0"}, {"name": "Paid", "unitAmount": "0.02"}]


def decoration(ledger: Ledger, subscription: Document) -> dict[str, Any]:
    (shown,) = decorations(ledger.session, [subscription])
    return shown


def test_a_base_fee_and_a_multiple_of_what_the_calls_of_the_month_cost(ledger: Ledger) -> None:
    cost = ledger.element("totalCost")
    tiers = [{"name": "Multiple", "unitAmount": "1.10"}]
    multiple = {"name": "AI cost", "aggregationType": "SUM", "elementDefinitionId": cost.id, "tiers": tiers}
    subscription = ledger.subscription(ledger.product(charge=199, ratingAggregations=[multiple]))
    now = ledger.session.now
    for at, dollars in ((now, "10.000000001"), (now.replace(day=10, hour=0), "90"), (now.replace(day=9), "1000")):
        ledger.call(at, cost=dollars, subscription_id=subscription.number)
    assert amount_billed(ledger.session, subscription) == {"amountBilled": Decimal("309.0000000011")}


def test_free_calls_are_a_quota_and_those_beyond_are_billed(ledger: Ledger) -> None:
    subscription = ledger.subscription(ledger.product(tiers=FREE_THEN_PAID))
    for consumed, billed, over in ((1, "0", False), (2, "0", False), (3, "0.02", True)):
        ledger.call(subscription_id=subscription.number)
        assert quota_consumed(ledger.session, subscription) == {"consumed": consumed, "limit": 2}
        assert amount_billed(ledger.session, subscription) == {"amountBilled": Decimal(billed)}
        assert decoration(ledger, subscription)["wentOverSubscriptionQuota"] is over


def test_a_plan_without_a_limit_says_zero(ledger: Ledger) -> None:
    subscription = ledger.subscription(ledger.product())
    ledger.call(subscription_id=subscription.number)
    assert quota_consumed(ledger.session, subscription) == {"consumed": 1, "limit": 0}


def test_a_subscription_shows_its_period_charge_and_quotas(ledger: Ledger) -> None:
    tokens = ledger.element("totalTokenCount", description="All tokens")
    aggregation = {
        "id": "r1",
        "name": "Tokens",
        "aggregationType": "SUM",
        "elementDefinitionId": tokens.id,
        "tiers": [{"id": "t1", "name": "Included", "upTo": 20}, {"id": "t2", "name": "More", "flatAmount": 3}],
    }
    plan = {"charge": "49.50", "trialPeriod": "DAY", "trialPeriodCount": 5, "ratingAggregations": [aggregation]}
    subscription = ledger.subscription(ledger.product(**plan))
    for _ in range(2):
        ledger.call(subscription_id=subscription.number)
    shown = decoration(ledger, subscription)
    assert shown == {
        "start": "2026-01-10T00:00:00Z",
        "charge": Decimal("49.50"),
        "periodStart": "2026-03-15T00:00:00.000Z",
        "periodEnd": "2026-04-15T00:00:00.000Z",
        "trialEnd": "2026-01-15T00:00:00.000Z",
        "periodCallCountConsumed": 2,
        "wentOverSubscriptionQuota": True,
        "quotas": [
            {
                "ratingAggregationId": "r1",
                "ratingAggregationName": "Tokens",
                "ratingAggregationType": "SUM",
                "ratingAggregationDistinctValue": None,
                "elementDefinitionId": tokens.id,
                "elementDefinitionName": "totalTokenCount",
                "elementDefinitionDescription": "All tokens",
                "totalQuotaConsumed": 30,
                "tierQuotas": [
                    {
                        "tierId": "t1",
                        "tierName": "Included",
                        "lowerTierQuotaLimit": 0,
                        "tierQuota": 20,
                        "tierQuotaConsumed": 20,
                        "wentOverTierQuota": True,
                    },
                    {
                        "tierId": "t2",
                        "tierName": "More",
                        "lowerTierQuotaLimit": 20,
                        "tierQuota": None,
                        "tierQuotaConsumed": 10,
                        "wentOverTierQuota": False,
                    },
                ],
            }
        ],
    }
    assert '"charge":49.5,' in dumps(shown)


def test_a_trial_costs_nothing_and_its_calls_do_not_count_afterwards(ledger: Ledger) -> None:
    plan = {"charge": 5, "tiers": FREE_THEN_PAID, "trialPeriod": "MONTH"}
    subscription = ledger.subscription(ledger.product(**plan), start="2026-03-01T00:00:00Z")
    for _ in range(4):
        ledger.call(subscription_id=subscription.number)
    trying = ledger.standing(subscription)
    assert (trying.bill.total, trying.usage.calls) == (0, 4)
    paying = ledger.standing(subscription, at="2026-04-01")
    assert (paying.bill.total, paying.usage.calls) == (5, 0)


def test_set_up_fees_are_due_in_the_first_paid_period_and_an_organization_pays_its_own_once(ledger: Ledger) -> None:
    fees = [
        {"name": "Onboarding", "type": "ORGANIZATION", "flatAmount": 50},
        {"name": "Activation", "type": "SUBSCRIPTION", "flatAmount": 20},
    ]
    product, organization = ledger.product(setupFees=fees), ledger.add("organization")
    terms: dict[str, Any] = {"organizationId": organization.id}
    first = ledger.subscription(product, **terms)
    second = ledger.subscription(product, start="2026-02-15T00:00:00Z", **terms)
    elsewhere = ledger.subscription(product, organizationId=ledger.add("organization").id)
    assert [ledger.standing(one, at="2026-02-01").bill.total for one in (first, elsewhere)] == [70, 70]
    assert ledger.standing(second, at="2026-02-16").bill.total == 20
    assert ledger.standing(first, at="2026-02-16").bill.total == 0


def test_before_its_start_a_subscription_has_no_period_and_owes_nothing(ledger: Ledger) -> None:
    subscription = ledger.subscription(ledger.product(charge=5), start="2026-12-01T00:00:00Z")
    shown = decoration(ledger, subscription)
    assert (shown["periodStart"], shown["periodEnd"], shown["charge"]) == (None, None, 5)
    assert amount_billed(ledger.session, subscription) == {"amountBilled": 0}


@pytest.mark.parametrize("expiration", ["2026-02-20T00:00:00Z", "2026-02-20T01:00:00+01:00"])
def test_after_its_end_a_subscription_stands_as_it_did_in_its_last_period(ledger: Ledger, expiration: str) -> None:
    subscription = ledger.subscription(ledger.product(charge=5, tiers=FREE_THEN_PAID), expiration=expiration)
    now = ledger.session.now
    for at in (now.replace(month=2, day=19), now):
        ledger.call(at, subscription_id=subscription.number)
    found = ledger.standing(subscription)
    assert found.cycle is not None
    assert (found.cycle.number, found.usage.calls, found.bill.total) == (1, 1, 5)


def test_a_subscription_that_names_no_start_starts_when_it_was_made(ledger: Ledger) -> None:
    subscription = ledger.add("subscription", productId=ledger.product().id)
    shown = decoration(ledger, subscription)
    assert shown["start"] == shown["periodStart"] == "2026-03-20T12:00:00.000Z"


def test_without_its_product_a_subscription_owes_nothing(ledger: Ledger) -> None:
    product = ledger.product(charge=5)
    subscription = ledger.subscription(product)
    documents.remove(ledger.session, product)
    assert decoration(ledger, subscription) == {}
    assert amount_billed(ledger.session, subscription) == {"amountBilled": 0}
    assert quota_consumed(ledger.session, subscription) == {"consumed": 0, "limit": 0}
