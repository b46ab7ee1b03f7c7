"""Pages of resources: what is on them, in which order, and how a walk through them holds while rows are added."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Shop = Any
Clock = Any


async def walk(shop: Shop, kind: str, adding: int, **query: Any) -> list[str]:
    """Read page after page, adding resources after each."""
    seen: list[str] = []
    page = 0
    while found := await shop.list(kind, page=page, **query):
        seen += [one["id"] for one in found]
        page += 1
        for _ in range(adding):
            await shop.make(kind)
        if page > 20:
            break
    return seen


@pytest.mark.parametrize("query", [{}, {"sort": "id,desc"}, {"sort": "created,desc"}, {"sort": "label,desc"}])
@given(before=st.integers(0, 7), size=st.integers(1, 4))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_walk_meets_every_row_exactly_once_while_rows_are_added(
    shop: Shop, clock: Clock, query: dict[str, str], before: int, size: int
) -> None:
    for _ in range(before):
        await shop.make("agent")
    there = {one["id"] for one in await shop.list("agent", size=100)}
    seen = await walk(shop, "agent", 1 if query else 0, size=size, **query)
    assert len(seen) == len(set(seen))
    assert there <= set(seen)
    clock.forward(minutes=1)
    for one in await shop.list("agent", size=100):
        await shop.send("DELETE", f"agents/{one['id']}")


async def test_a_walk_in_the_order_of_creation_meets_what_is_added_last(shop: Shop) -> None:
    made = [(await shop.make("source"))["id"] for _ in range(3)]
    first = [one["id"] for one in await shop.list("source", size=2)]
    made.append((await shop.make("source"))["id"])
    assert first + [one["id"] for one in await shop.list("source", size=2, page=1)] == made


async def test_new_teams_come_after_the_first_one(shop: Shop) -> None:
    made = [(await shop.make("team"))["id"] for _ in range(3)]
    assert [one["id"] for one in await shop.list("team")] == [shop.team_id, *made]


async def test_the_totals_are_those_of_all_pages(shop: Shop) -> None:
    for _ in range(5):
        await shop.make("organization")
    answer = await shop.send("GET", "organizations", tenantId=shop.tenant_id, size=2, page=1)
    assert answer.body["page"] == {"size": 2, "totalElements": 5, "totalPages": 3, "number": 1}
    beyond = await shop.send("GET", "organizations", tenantId=shop.tenant_id, size=2, page=3)
    assert "_embedded" not in beyond.body
    assert beyond.body["page"]["totalElements"] == 5


async def test_a_page_holds_a_hundred_at_most_and_ten_by_default(shop: Shop) -> None:
    for _ in range(12):
        await shop.make("organization")
    assert len(await shop.list("organization")) == 10
    answer = await shop.send("GET", "organizations", tenantId=shop.tenant_id, size=1000)
    assert answer.body["page"]["size"] == 100


async def test_the_newest_agent_comes_first(shop: Shop, clock: Clock) -> None:
    made = []
    for _ in range(3):
        made.append((await shop.make("agent"))["id"])
        clock.forward(seconds=1)
    assert [one["id"] for one in await shop.list("agent")] == made[::-1]


async def test_rows_are_ordered_by_any_field_in_either_direction(shop: Shop) -> None:
    for name, version in (("b", "2"), ("a", "2"), ("c", "1")):
        await shop.make("source", name=name, version=version)
    assert [one["name"] for one in await shop.list("source", sort="name,asc")] == ["a", "b", "c"]
    assert [one["name"] for one in await shop.list("source", sort="name,DESC")] == ["c", "b", "a"]
    both = await shop.list("source", sort=["version,desc", "name"])
    assert [one["name"] for one in both] == ["a", "b", "c"]


@pytest.mark.parametrize("sort", ["nonsense,asc", "name,upwards"])
async def test_an_order_that_does_not_exist_is_refused(shop: Shop, sort: str) -> None:
    answer = await shop.send("GET", "sources", teamId=shop.team_id, sort=sort)
    assert (answer.status, list(answer.body["details"])) == (400, ["sort"])


async def test_a_search_ignores_case_and_takes_no_wildcards(shop: Shop) -> None:
    for name in ("Größe 100%", "grösse", "other"):
        await shop.make("organization", name=name)
    assert [one["name"] for one in await shop.list("organization", query="GRÖSSE")] == ["Größe 100%", "grösse"]
    assert [one["name"] for one in await shop.list("organization", query="100%")] == ["Größe 100%"]
    assert await shop.list("organization", query="%") == [
        one for one in await shop.list("organization") if "%" in one["name"]
    ]


async def test_subscriptions_are_found_by_product_organization_address_and_name(shop: Shop) -> None:
    product = await shop.make("product", name="Golden plan")
    home = await shop.make("organization", name="Initech")
    wanted = await shop.make(
        "subscription", productId=product["id"], organizationId=home["id"], subscriberEmail="milton@initech.example"
    )
    await shop.make("subscription")
    for words in ("golden", "INITECH", "milton@", wanted["name"]):
        assert [one["id"] for one in await shop.list("subscription", query=words)] == [wanted["id"]]
    assert [one["id"] for one in await shop.list("subscription", productId=product["id"])] == [wanted["id"]]


async def test_elements_are_narrowed_to_a_type_and_to_the_sources_that_list_them(shop: Shop) -> None:
    word = await shop.make("metering_element_definition", type="STRING", name="colour")
    source = await shop.make("source", meteringElementDefinitionIds=[word["id"]])
    other = await shop.make("source")
    words = await shop.list("metering_element_definition", type="STRING")
    assert [one["name"] for one in words] == ["model", "provider", "colour"]
    assert [one["name"] for one in await shop.list("metering_element_definition", sourceIds=source["id"])] == ["colour"]
    assert await shop.list("metering_element_definition", sourceIds=other["id"]) == []
    answer = await shop.send("GET", "metering-element-definitions", teamId=shop.team_id, sourceIds="nonsense")
    assert (answer.status, answer.body["message"]) == (400, "Failed to decode hashed Id: [nonsense]")


async def test_users_are_listed_in_the_teams_that_they_are_in(shop: Shop) -> None:
    other = (await shop.make("team"))["id"]
    member = await shop.make("user", teamIds=[other])
    assert [one["id"] for one in await shop.list("user", teamId=other)] == [member["id"]]
    assert member["id"] not in [one["id"] for one in await shop.list("user")]
    assert (await shop.read("team", other))["userCount"] == 1


async def test_tools_are_found_by_a_part_of_their_name(shop: Shop) -> None:
    wanted = await shop.make("tool", name="Web search")
    await shop.make("tool", name="Calculator")
    for query in ({"name": "search"}, {"query": "web"}):
        assert [one["id"] for one in await shop.list("tool", **query)] == [wanted["id"]]


async def test_a_listing_must_say_whose(shop: Shop) -> None:
    for path, parameter in (("products", "teamId"), ("organizations", "tenantId"), ("subscribers", "teamId")):
        answer = await shop.send("GET", path)
        assert answer.status == 400
        assert parameter in answer.body["message"]


async def test_walks_that_began_at_different_times_leave_each_other_alone(shop: Shop) -> None:
    old = [(await shop.make("agent"))["id"] for _ in range(6)][::-1]

    async def page(number: int) -> list[str]:
        return [one["id"] for one in await shop.list("agent", size=2, page=number)]

    assert await page(0) + await page(1) == old[:4]
    new = (await shop.make("agent"))["id"]
    assert await page(0) == [new, old[0]]
    assert await page(2) == old[4:]
    assert await page(1) == old[1:3]
