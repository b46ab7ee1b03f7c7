from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from local_platform.billing.amounts import amount_billed
from local_platform.billing.revenue import Earned, revenue

if TYPE_CHECKING:
    from conftest import Ledger

TIERS = [{"name": "Free", "upTo": 2}, {"name": "Paid", "unitAmount": "0.5"}]


def days(*texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]


def amounts(ledger: Ledger, *edges: str) -> list[tuple[Decimal, ...]]:
    return [earned.amounts for earned in revenue(ledger.session, days(*edges))]


def test_a_span_earns_the_flat_charge_of_the_periods_that_begin_in_it_and_the_usage_metered_in_it(
    ledger: Ledger,
) -> None:
    subscription = ledger.subscription(ledger.product(charge=10, tiers=TIERS))
    for at in days("2026-02-10", "2026-02-11", "2026-02-12", "2026-02-20", "2026-03-11", "2026-03-19"):
        ledger.call(at, subscription_id=subscription.number)
    found = amounts(ledger, "2026-01-01", "2026-02-10", "2026-02-12", "2026-02-28", "2026-03-20")
    assert found == [(10, 10, 1, 10)]


def test_a_period_that_began_before_the_first_edge_earns_only_what_it_grew_by(ledger: Ledger) -> None:
    subscription = ledger.subscription(ledger.product(charge=10, tiers=TIERS))
    for at in days("2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14"):
        ledger.call(at, subscription_id=subscription.number)
    assert amounts(ledger, "2026-03-14", "2026-03-15") == [(Decimal("0.5"),)]


def test_nothing_is_earned_before_the_start_in_a_trial_after_the_end_and_after_the_present(ledger: Ledger) -> None:
    plan = {"charge": 10, "trialPeriod": "MONTH"}
    ledger.subscription(ledger.product(**plan), expiration="2026-03-01T00:00:00Z")
    ledger.subscription(ledger.product(charge=7), start="2026-03-15T00:00:00Z")
    edges = ("2025-12-01", "2026-01-01", "2026-02-01", "2026-02-20", "2026-03-10", "2026-04-01", "2026-06-01")
    assert amounts(ledger, *edges) == [(0, 0, 10, 0, 0, 0), (0, 0, 0, 0, 7, 0)]


def test_set_up_fees_are_earned_where_the_first_paid_period_begins(ledger: Ledger) -> None:
    fees = [{"name": "S", "type": "SUBSCRIPTION", "flatAmount": 20}]
    ledger.subscription(ledger.product(charge=1, setupFees=fees))
    assert amounts(ledger, "2026-01-01", "2026-02-01", "2026-03-01") == [(21, 1)]


def test_who_pays_and_for_what_stands_beside_the_amounts(ledger: Ledger) -> None:
    organization, product = ledger.add("organization"), ledger.product(charge=1)
    subscription = ledger.subscription(product, organizationId=organization.id)
    ledger.add("subscription", productId="of no product")
    assert revenue(ledger.session, days("2026-01-01", "2026-02-01")) == [
        Earned(subscription.number, organization.number, product.number, "USD", (Decimal(1),))
    ]


@pytest.mark.parametrize("width", [timedelta(hours=5), timedelta(days=3), timedelta(days=90)])
def test_however_it_is_cut_the_present_period_earns_what_is_billed_for_it(ledger: Ledger, width: timedelta) -> None:
    cost = ledger.element("totalCost")
    multiple = {
        "name": "AI cost",
        "aggregationType": "SUM",
        "elementDefinitionId": cost.id,
        "tiers": [{"name": "Dear", "upTo": 3, "unitAmount": "1.1"}, {"name": "Cheap", "unitAmount": "1.05"}],
    }
    product = ledger.product(charge=10, tiers=TIERS, ratingAggregations=[multiple])
    subscription = ledger.subscription(product, start="2026-03-10T03:00:00Z")
    for hour in range(0, 240, 7):
        at = datetime(2026, 3, 10, 3, tzinfo=UTC) + timedelta(hours=hour)
        ledger.call(at, cost="0.123456789", subscription_id=subscription.number)
    edges = [datetime(2026, 3, 1, tzinfo=UTC) + width * step for step in range(timedelta(days=21) // width + 2)]
    (earned,) = revenue(ledger.session, edges)
    later = replace(ledger.session, now=min(ledger.session.now, edges[-1]))
    assert {"amountBilled": sum(earned.amounts)} == amount_billed(later, subscription)
