"""Subscriptions, the people and organizations in them, and their credentials."""

from __future__ import annotations

from typing import Any

import pytest

Shop = Any


async def change(shop: Shop, kind: str, identity: str, **fields: Any) -> dict[str, Any]:
    """Read, merge and put, as clients do."""
    path = {"credential": "credentials", "subscription": "subscriptions", "organization": "organizations"}[kind]
    read = await shop.read(kind, identity)
    answer = await shop.send("PUT", f"{path}/{identity}", {**read, **fields})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


async def test_a_subscription_without_an_organization_gets_the_unclassified_one_once(shop: Shop) -> None:
    first, second = await shop.make("subscription"), await shop.make("subscription")
    assert first["organization"]["label"] == "Unclassified"
    assert first["organizationId"] == second["organizationId"]


async def test_the_older_names_of_address_and_product_are_taken(shop: Shop) -> None:
    product = await shop.make("product")
    made = await shop.make(
        "subscription",
        **{"product_id": product["id"], "productId": None, "subscriberEmail": None},
        clientEmailAddress="milton@initech.example",
    )
    assert made["product"]["id"] == product["id"]
    assert (made["subscriberEmail"], made["label"]) == ("milton@initech.example", "milton@initech.example")


async def test_whoever_subscribes_becomes_a_subscriber_of_the_organization(shop: Shop) -> None:
    home = (await shop.make("organization"))["id"]
    made = await shop.make("subscription", subscriberEmail="new@initech.example", organizationId=home)
    subscriber = await shop.read("subscriber", made["client"]["id"])
    assert (subscriber["email"], subscriber["organizationIds"]) == ("new@initech.example", [home])
    again = await shop.make("subscription", subscriberEmail="NEW@initech.example")
    assert again["client"]["id"] == subscriber["id"]


@pytest.mark.parametrize("name", ["subscriberEmail", "clientEmailAddress"])
async def test_an_address_is_changed_by_either_of_its_names(shop: Shop, name: str) -> None:
    made = await shop.make("subscription")
    after = await change(shop, "subscription", made["id"], **{name: "moved@initech.example"})
    assert after["subscriberEmail"] == after["clientEmailAddress"] == after["client"]["label"]
    assert after["label"] == "moved@initech.example"


async def test_a_subscriber_takes_subscriptions_along_to_a_new_address_and_is_held_by_them(shop: Shop) -> None:
    made = await shop.make("subscription", subscriberEmail="old@initech.example")
    subscriber = made["client"]
    read = await shop.read("subscriber", subscriber["id"])
    await shop.send("PUT", f"subscribers/{subscriber['id']}", {**read, "email": "new@initech.example"})
    after = await shop.read("subscription", made["id"])
    assert after["subscriberEmail"] == after["client"]["label"] == after["label"] == "new@initech.example"
    assert (await change(shop, "subscription", made["id"], name="Renamed"))["client"]["id"] == subscriber["id"]
    assert [one["id"] for one in await shop.list("subscription", query="new@initech")] == [made["id"]]
    assert (await shop.send("DELETE", f"subscribers/{subscriber['id']}")).status == 409


async def test_a_moment_comes_back_as_it_was_written(shop: Shop) -> None:
    made = await shop.make("subscription", expiration="2027-01-01T00:00:00Z")
    assert made["expiration"] == "2027-01-01T00:00:00Z"


async def test_a_subscription_says_how_it_stands(shop: Shop) -> None:
    made = await shop.make("subscription")
    assert {"charge", "periodStart", "periodEnd", "quotas", "wentOverSubscriptionQuota"} <= made.keys()


async def test_a_link_shows_on_both_sides_whichever_side_made_it(shop: Shop) -> None:
    subscription, other = await shop.make("subscription"), await shop.make("subscription")
    credential = await shop.make("credential", subscriptionIds=[subscription["id"]])
    read = await shop.read("subscription", subscription["id"])
    assert [one["id"] for one in read["credentials"]] == read["credentialIds"] == [credential["id"]]
    await change(shop, "subscription", other["id"], credentialIds=[credential["id"]])
    assert (await shop.read("credential", credential["id"]))["subscriptionIds"] == [subscription["id"], other["id"]]
    await change(shop, "credential", credential["id"], subscriptionIds=[])
    assert (await shop.read("subscription", other["id"]))["credentialIds"] == []


async def test_links_that_an_update_does_not_name_stay(shop: Shop) -> None:
    subscription = await shop.make("subscription")
    credential = await shop.make("credential", subscriptionIds=[subscription["id"]])
    body = {name: value for name, value in credential.items() if not name.startswith("subscription")}
    await shop.send("PUT", f"credentials/{credential['id']}", body)
    assert (await shop.read("credential", credential["id"]))["subscriptionIds"] == [subscription["id"]]


async def test_a_deleted_subscription_is_no_longer_linked(shop: Shop) -> None:
    subscription = await shop.make("subscription")
    credential = await shop.make("credential", subscriptionIds=[subscription["id"]])
    assert (await shop.send("DELETE", f"subscriptions/{subscription['id']}")).status == 200
    assert (await shop.read("credential", credential["id"]))["subscriptions"] == []


async def test_a_secret_is_kept_nowhere_and_shown_to_nobody(shop: Shop) -> None:
    made = await shop.make("credential", externalSecret="correct-horse-battery")
    assert "externalSecret" not in made
    assert (await shop.read("credential", made["id"]))["externalSecret"] == "********"
    after = await change(shop, "credential", made["id"], externalSecret="")
    assert "externalSecret" not in after
    assert (await shop.read("credential", made["id"]))["externalSecret"] == "********"
    kept = [path.read_bytes() for path in shop.platform.data.glob("platform.sqlite3*")]
    assert kept
    assert not any(b"correct-horse" in text for text in kept)


async def test_credentials_of_different_organizations_may_share_a_name(shop: Shop) -> None:
    first = await shop.make("credential", name="ci")
    await shop.make("credential", name="ci")
    twin = {"name": "CI", "organizationId": first["organizationId"], "subscriberId": first["subscriberId"]}
    answer = await shop.send("POST", "credentials", {**twin, "externalId": "x"})
    assert answer.status == 409
    assert "name 'CI'" in answer.body["message"]


async def test_metadata_that_an_update_leaves_out_or_blank_stays(shop: Shop) -> None:
    made = await shop.make("organization", metadata="tier=gold")
    await change(shop, "organization", made["id"], metadata="")
    body = {name: value for name, value in made.items() if name != "metadata"}
    await shop.send("PUT", f"organizations/{made['id']}", body)
    assert (await shop.read("organization", made["id"]))["metadata"] == "tier=gold"


async def test_an_organization_cannot_be_below_itself(shop: Shop) -> None:
    top = await shop.make("organization")
    below = await shop.make("organization", parentId=top["id"])
    for parent in (top["id"], below["id"]):
        answer = await shop.send("PUT", f"organizations/{top['id']}", {**top, "parentId": parent})
        assert (answer.status, list(answer.body["details"])) == (400, ["parentId"])


async def test_a_flat_id_wins_over_the_resource_beside_it(shop: Shop) -> None:
    old, new = await shop.make("organization"), await shop.make("organization")
    made = await shop.make("subscription", organizationId=old["id"])
    after = await change(shop, "subscription", made["id"], organizationId=new["id"])
    assert after["organization"]["id"] == new["id"]
    nested = {name: value for name, value in after.items() if name != "organizationId"}
    answer = await shop.send("PUT", f"subscriptions/{made['id']}", {**nested, "organization": old})
    assert answer.body["organizationId"] == old["id"]


async def test_a_person_is_found_by_address_in_any_case(shop: Shop) -> None:
    made = await shop.make("subscriber", email="Peter@initech.example")
    for path in ("subscribers/lookup-by-email?email=peter@INITECH.example", "subscribers/email/peter@initech.example"):
        assert (await shop.send("GET", path)).body["id"] == made["id"]
    missing = await shop.send("GET", "subscribers/lookup-by-email", email="nobody@initech.example")
    assert (missing.status, missing.body["message"]) == (
        404,
        "Couldn't find Subscriber with email: nobody@initech.example",
    )


async def test_children_credentials_and_tags_are_found_by_organization(shop: Shop) -> None:
    home = (await shop.make("organization"))["id"]
    child = await shop.make("organization", parentId=home)
    mine = await shop.make("credential", organizationId=home, tags=["b", "a"])
    await shop.make("subscription", organizationId=home, tags=["c", "a"])
    await shop.make("credential")
    children = await shop.send("GET", f"organizations/parent/{home}")
    assert [one["id"] for one in children.body["_embedded"]["organizationResourceList"]] == [child["id"]]
    credentials = await shop.send("GET", f"credentials/by-organization/{home}")
    found = credentials.body["_embedded"]["credentialResourceList"]
    assert [one["id"] for one in found] == [mine["id"]]
    assert found[0]["_links"]["self"]["href"].endswith(f"/credentials/{mine['id']}")
    assert (await shop.send("GET", f"organizations/{home}/tags")).body == ["a", "b", "c"]
    assert (await shop.send("GET", f"teams/{shop.team_id}/tags")).body == ["a", "b", "c"]
    assert (await shop.send("GET", "credentials/by-organization/nonsense")).status == 400
