from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from local_platform.resources.kind import Document

if TYPE_CHECKING:
    from conftest import Ledger


def aggregation(element: Document, kind: str = "SUM", **more: Any) -> dict[str, Any]:
    return {"name": "A", "aggregationType": kind, "elementDefinitionId": element.id, **more}


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("totalCost", {"cost": "1.000000001"}, "1.000000001"),
        ("inputTokenCost", {"input_cost": 25}, "0.000000025"),
        ("outputTokenCost", {"output_cost": 5}, "0.000000005"),
        ("inputTokenCount", {"input_tokens": 7}, "7"),
        ("outputTokenCount", {"output_tokens": 6}, "6"),
        ("totalTokenCount", {"total_tokens": 13}, "13"),
        ("reasoningTokenCount", {"reasoning_tokens": 3}, "3"),
        ("cacheReadTokenCount", {"cached_tokens": 2}, "2"),
        ("callCount", {}, "1"),
        ("requestDuration", {"duration_ms": 600}, "600"),
        ("cacheCreationTokenCount", {"cache_creation_tokens": 4}, "4"),
    ],
)
def test_every_call_carries_its_costs_and_tokens(
    ledger: Ledger, name: str, columns: dict[str, Any], expected: str
) -> None:
    element = ledger.element(name)
    subscription = ledger.subscription(
        ledger.product(ratingAggregations=[aggregation(element), aggregation(element, "MAXIMUM")])
    )
    for _ in range(2):
        ledger.call(subscription_id=subscription.number, **columns)
    used = ledger.standing(subscription).usage.of(element.id)
    assert (used.count, used.total, used.maximum) == (2, 2 * Decimal(expected), Decimal(expected))


def test_words_are_counted_by_value_and_make_no_number(ledger: Ledger) -> None:
    element = ledger.element("model")
    plan = {"ratingAggregations": [aggregation(element, "DISTINCT", distinctValue="gpt-4o"), aggregation(element)]}
    subscription = ledger.subscription(ledger.product(**plan))
    for model in ("gpt-4o", "gpt-5", "gpt-4o"):
        ledger.call(subscription_id=subscription.number, model=model)
    used = ledger.standing(subscription).usage.of(element.id)
    assert (used.count, used.different, used.occurrences) == (3, 2, {"gpt-4o": 2})
    assert (used.total, used.last) == (0, 0)


def test_the_values_of_events_are_added_exactly_and_the_last_is_the_latest(ledger: Ledger) -> None:
    weight = ledger.element("shippingWeight", type="NUMBER")
    kinds = ("MAXIMUM", "COUNT_DISTINCT_VALUE_BY_NAME")
    plan = {
        "elements": [
            {"name": "W", "type": kind, "elementDefinitionId": weight.id, "distinctValue": "5"} for kind in kinds
        ]
    }
    subscription = ledger.subscription(ledger.product(**plan))
    now = ledger.session.now
    for at, value in ((now, 0.2), (now.replace(day=12), 0.1), (now.replace(day=13), 5.0), (now.replace(month=1), 9.0)):
        ledger.value(weight, value, at=at, subscription_id=subscription.number)
    ledger.value(weight, 100.0)
    used = ledger.standing(subscription).usage.of(weight.id)
    assert (used.count, used.total, used.maximum, used.last) == (3, Decimal("5.3"), 5, Decimal("0.2"))
    assert used.occurrences == {"5": 1}
    assert ledger.calls_of(subscription) == [0]


def test_an_event_belongs_to_a_subscription_as_a_call_does(ledger: Ledger) -> None:
    element, credential, organization = ledger.element("e"), ledger.add("credential"), ledger.add("organization")
    product = ledger.product(ratingAggregations=[aggregation(element)])
    by_key = ledger.subscription(product, credentialIds=[credential.id])
    by_name = ledger.subscription(product, organizationId=organization.id)
    ledger.value(element, 1.0, credential_id=credential.number)
    ledger.value(element, 2.0, organization_id=organization.number, product_id=product.number)
    assert [ledger.standing(one).usage.of(element.id).total for one in (by_key, by_name)] == [1, 2]


def test_an_element_that_was_deleted_has_no_values(ledger: Ledger) -> None:
    gone = {"name": "A", "aggregationType": "SUM", "elementDefinitionId": "no-id"}
    subscription = ledger.subscription(ledger.product(ratingAggregations=[gone]))
    ledger.call(subscription_id=subscription.number)
    assert ledger.standing(subscription).usage.of("no-id").count == 0
