"""The vendor's tools for who buys: organizations, people, subscriptions and credentials live on the local platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local_platform.server import Platform

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]


async def customer(ask: Ask, kind: str, data: dict[str, Any]) -> str:
    identifier: str = (await ask("manage_customers", "create", resource_type=kind, resource_data=data)).id
    return identifier


async def read(ask: Ask, kind: str, identifier: str) -> Any:
    return (await ask("manage_customers", "get", resource_type=kind, resource_id=identifier)).json


async def listed(ask: Ask, kind: str) -> list[str]:
    answer = await ask("manage_customers", "list", resource_type=kind, size=100)
    return [each["id"] for each in answer.json[kind]]


async def organization(ask: Ask, name: str) -> str:
    return await customer(ask, "organizations", {"name": name})


async def subscriber(ask: Ask, email: str, home: str) -> str:
    person = {"email": email, "firstName": "Peter", "lastName": "Gibbons", "organizationIds": [home]}
    return await customer(ask, "subscribers", person | {"roles": ["ROLE_API_CONSUMER"]})


PLAN = {
    "type": "SUBSCRIPTION",
    "name": "monthly",
    "currency": "USD",
    "period": "MONTH",
    "tiers": [{"name": "base", "up_to": None, "unit_amount": 0, "flat_amount": 25}],
}


async def product(ask: Ask, name: str) -> str:
    data = {"name": name, "description": name, "version": "1.0.0", "plan": PLAN}
    data["paymentSource"] = "INVOICE_ONLY_NO_PAYMENT"
    identifier: str = (await ask("manage_products", "create", product_data=data)).id
    return identifier


async def subscription(ask: Ask, name: str, product_id: str, email: str, home: str) -> str:
    data = {"name": name, "product_id": product_id, "clientEmailAddress": email, "organizationId": home}
    identifier: str = (await ask("manage_subscriptions", "create", subscription_data=data)).id
    return identifier


async def test_an_organization_is_kept_listed_changed_and_deleted(ask: Ask, refusal: Ask) -> None:
    identifier = await organization(ask, "Initrode")
    kept = await read(ask, "organizations", identifier)
    assert (kept["name"], kept["currency"], kept["types"]) == ("Initrode", "USD", ["CONSUMER"])
    assert identifier in await listed(ask, "organizations")
    change = {"externalId": "crm-7"}
    await ask(*UPDATE, resource_type="organizations", resource_id=identifier, resource_data=change)
    kept = await read(ask, "organizations", identifier)
    assert (kept["name"], kept["externalId"]) == ("Initrode", "crm-7")
    await ask(*DELETE, resource_type="organizations", resource_id=identifier)
    await refusal("manage_customers", "get", resource_type="organizations", resource_id=identifier)


UPDATE = ("manage_customers", "update")
DELETE = ("manage_customers", "delete")


async def test_a_user_is_found_by_email_changed_and_deleted(ask: Ask, spending: Platform) -> None:
    person = {"email": "samir@initech.example", "firstName": "Samir", "lastName": "N"}
    identifier = await customer(ask, "users", person)
    assert identifier in await listed(ask, "users")
    await ask(*UPDATE, resource_type="users", resource_id=identifier, resource_data={"lastName": "Nagheenanajar"})
    found = (await ask("manage_customers", "lookup_user", email="samir@initech.example")).json
    assert (found["id"], found["lastName"], found["roles"]) == (identifier, "Nagheenanajar", ["ROLE_API_CONSUMER"])
    assert found["teamIds"] == [spending.team_id]
    await ask(*DELETE, resource_type="users", resource_id=identifier)
    assert identifier not in await listed(ask, "users")


async def test_a_subscriber_belongs_to_its_organization(ask: Ask) -> None:
    home = await organization(ask, "Subscribing")
    identifier = await subscriber(ask, "peter@subscribing.example", home)
    assert identifier in await listed(ask, "subscribers")
    await ask(*UPDATE, resource_type="subscribers", resource_id=identifier, resource_data={"lastName": "Bolton"})
    found = (await ask("manage_customers", "lookup_subscriber", email="peter@subscribing.example")).json
    assert (found["id"], found["lastName"], found["organizationIds"]) == (identifier, "Bolton", [home])
    await ask(*DELETE, resource_type="subscribers", resource_id=identifier)
    assert identifier not in await listed(ask, "subscribers")


async def test_a_team_is_kept_beside_the_first_one(ask: Ask, spending: Platform) -> None:
    identifier = await customer(ask, "teams", {"name": "Second team"})
    assert {identifier, spending.team_id} <= set(await listed(ask, "teams"))
    await ask(*UPDATE, resource_type="teams", resource_id=identifier, resource_data={"name": "Renamed team"})
    assert (await read(ask, "teams", identifier))["name"] == "Renamed team"
    await ask(*DELETE, resource_type="teams", resource_id=identifier)
    assert identifier not in await listed(ask, "teams")


async def test_a_subscription_joins_a_subscriber_to_a_product(ask: Ask) -> None:
    home, sold = await organization(ask, "Joining"), await product(ask, "Joined product")
    await subscriber(ask, "milton@joining.example", home)
    identifier = await subscription(ask, "Stapler", sold, "milton@joining.example", home)
    kept = (await ask("manage_subscriptions", "get", subscription_id=identifier)).json
    assert (kept["name"], kept["product"]["id"], kept["organization"]["id"]) == ("Stapler", sold, home)
    assert kept["client"]["label"] == "milton@joining.example"
    by_product = (await ask("manage_products", "get_subscriptions", product_id=sold)).json["data"]
    assert [each["id"] for each in by_product] == [identifier]
    found = (await ask("manage_subscriptions", "search_subscriptions", product_name="Joined product")).json
    assert identifier in [each["id"] for each in found["subscriptions"]]


async def test_a_subscription_is_renamed_ended_and_deleted(ask: Ask, refusal: Ask) -> None:
    home, sold = await organization(ask, "Ending"), await product(ask, "Ended product")
    await subscriber(ask, "bob@ending.example", home)
    identifier = await subscription(ask, "Trial", sold, "bob@ending.example", home)
    change = {"name": "Ended", "expiration": "2099-01-01T00:00:00Z"}
    await ask("manage_subscriptions", "update", subscription_id=identifier, subscription_data=change)
    kept = (await ask("manage_subscriptions", "get", subscription_id=identifier)).json
    assert (kept["name"], kept["expiration"]) == ("Ended", "2099-01-01T00:00:00Z")
    assert (kept["product"]["id"], kept["client"]["label"]) == (sold, "bob@ending.example")
    await ask("manage_subscriptions", "delete", subscription_id=identifier)
    await refusal("manage_subscriptions", "get", subscription_id=identifier)


async def test_a_new_subscription_owes_its_flat_price_and_has_used_none_of_its_quota(ask: Ask) -> None:
    home, sold = await organization(ask, "Billing"), await product(ask, "Billed product")
    await subscriber(ask, "drew@billing.example", home)
    identifier = await subscription(ask, "Billed", sold, "drew@billing.example", home)
    billed = (await ask("manage_subscriptions", "get_billed_amount", subscription_id=identifier)).json
    assert billed["amountBilled"] == 25
    quota = (await ask("manage_subscriptions", "get_quota_consumed", subscription_id=identifier)).json
    assert quota["consumed"] == 0


async def test_a_credential_is_bound_to_subscriber_organization_and_subscription(ask: Ask, refusal: Ask) -> None:
    home, sold = await organization(ask, "Securing"), await product(ask, "Secured product")
    person = await subscriber(ask, "nina@securing.example", home)
    bought = await subscription(ask, "Secured", sold, "nina@securing.example", home)
    data = {"name": "nina-key", "label": "nina-key", "subscriberId": person, "organizationId": home}
    secret = {"externalId": "identity-of-nina", "externalSecret": "a-long-secret"}
    credentials = "manage_subscriber_credentials"
    given = data | secret | {"subscriptionIds": [bought]}
    identifier = (await ask(credentials, "create", credential_data=given)).id
    card = await ask(credentials, "get", credential_id=identifier)
    assert {name: card.json["data"][name] for name in data} == data
    assert not any(value in card.text for value in secret.values())
    await ask(credentials, "update", credential_id=identifier, credential_data={"label": "nina-renamed"})
    page = (await ask(credentials, "list_by_organization", organizationId=home)).json["data"]
    assert [(each["id"], each["label"]) for each in page] == [(identifier, "nina-renamed")]
    of_subscription = (await ask("manage_subscriptions", "get_credentials", subscription_id=bought)).json["data"]
    assert [each["id"] for each in of_subscription] == [identifier]
    of_product = (await ask("manage_products", "get_related_credentials", product_id=sold)).json["data"]
    assert [each["id"] for each in of_product] == [identifier]
    await ask(credentials, "delete", credential_id=identifier)
    await refusal(credentials, "get", credential_id=identifier)


async def test_names_and_addresses_lead_to_ids(ask: Ask) -> None:
    home = await organization(ask, "Resolving")
    person = await subscriber(ask, "joanna@resolving.example", home)
    credentials = "manage_subscriber_credentials"
    found = await ask(credentials, "resolve_subscriber_email_to_id", email="joanna@resolving.example")
    assert f"**Subscriber ID:** {person}" in found.text
    found = await ask(credentials, "resolve_organization_name_to_id", name="Resolving")
    assert f"**Organization ID:** {home}" in found.text
