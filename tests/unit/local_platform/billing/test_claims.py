from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Ledger


def test_a_call_belongs_to_the_subscription_that_it_was_metered_to(ledger: Ledger) -> None:
    product, organization = ledger.product(), ledger.add("organization")
    older = ledger.subscription(product, organizationId=organization.id)
    newer = ledger.subscription(product)
    ledger.call(subscription_id=newer.number, organization_id=organization.number, product_id=product.number)
    assert ledger.calls_of(older, newer) == [0, 1]


def test_a_call_belongs_to_the_subscription_of_its_credential_whichever_of_the_two_knows_of_the_link(
    ledger: Ledger,
) -> None:
    product, one, two = ledger.product(), ledger.add("credential"), ledger.add("credential", subscriptionIds=[])
    first = ledger.subscription(product, credentialIds=[one.id])
    second = ledger.subscription(product)
    three = ledger.add("credential", subscriptionIds=[second.id])
    for credential in (one, two, three, three):
        ledger.call(credential_id=credential.number)
    assert ledger.calls_of(first, second) == [1, 2]


def test_a_credential_of_several_subscriptions_meters_to_the_one_of_the_product_and_else_to_the_oldest(
    ledger: Ledger,
) -> None:
    chat, search, other = ledger.product(), ledger.product(), ledger.product()
    credential = ledger.add("credential")
    subscriptions = [ledger.subscription(product, credentialIds=[credential.id]) for product in (chat, search)]
    ledger.call(credential_id=credential.number, product_id=search.number)
    ledger.call(credential_id=credential.number, product_id=other.number)
    ledger.call(credential_id=credential.number)
    assert ledger.calls_of(*subscriptions) == [2, 1]


def test_a_call_without_either_belongs_to_the_subscription_of_its_organization_and_product(
    ledger: Ledger,
) -> None:
    product, other, organization = ledger.product(), ledger.product(), ledger.add("organization")
    subscription = ledger.subscription(product, organizationId=organization.id)
    elsewhere = ledger.subscription(other, organizationId=organization.id)
    ledger.call(organization_id=organization.number, product_id=product.number)
    ledger.call(organization_id=organization.number)
    ledger.call(product_id=product.number)
    ledger.call()
    assert ledger.calls_of(subscription, elsewhere) == [1, 0]


def test_no_call_belongs_to_two_subscriptions_and_the_oldest_that_runs_has_it(ledger: Ledger) -> None:
    product, organization = ledger.product(), ledger.add("organization")
    terms = {"organizationId": organization.id}
    ended = ledger.subscription(product, expiration="2026-03-01T00:00:00Z", **terms)
    running, later = ledger.subscription(product, **terms), ledger.subscription(product, **terms)
    ledger.call(organization_id=organization.number, product_id=product.number)
    assert ledger.calls_of(ended, running, later) == [0, 1, 0]


def test_calls_of_another_team_and_outside_the_period_do_not_count(ledger: Ledger) -> None:
    product, organization = ledger.product(), ledger.add("organization")
    subscription = ledger.subscription(product, organizationId=organization.id)
    own = {"organization_id": organization.number, "product_id": product.number}
    start, now = ledger.session.now.replace(day=10, hour=0), ledger.session.now
    ledger.call(team=3, **own)
    for moment in (start - timedelta(milliseconds=1), start, now, now + timedelta(milliseconds=1)):
        ledger.call(moment, **own)
    assert ledger.calls_of(subscription) == [2]
