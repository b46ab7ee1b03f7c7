"""The five verbs, checked on resources that differ in scope, owner, secrets and the way of changing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.client.collection import PAGE_SIZE, merged, with_flat_ids
from daemon.client.identity import Told
from daemon.client.payloads.alerting import Rule
from daemon.client.payloads.base import Reference
from daemon.client.payloads.catalog import Element, Plan, Product, Tier
from daemon.client.payloads.customers import Credential, Customer, Subscriber
from daemon.client.payloads.guardrails import CostControl
from daemon.client.payloads.identity import User
from daemon.client.revenium import Revenium
from daemon.client.transport import Transport
from daemon.client.wire import decode, encode
from daemon.errors import ContractError, NotFoundError

ROOT = "/profitstream/v2/api"
TEAM = ("teamId", "tmA1xQ")


def page(names: list[str], total: int) -> Any:
    rows = {"productResourceList": [{"id": name, "name": name} for name in names]}
    return {"page": {"totalElements": total, "number": 0}} | ({"_embedded": rows} if names else {})


# -- reading


async def test_a_listing_walks_all_pages_and_asks_for_full_ones(stub: Any, revenium: Revenium) -> None:
    first = [f"p{number}" for number in range(PAGE_SIZE)]
    stub.will(page(first, PAGE_SIZE + 2)).will(page(["x", "y"], PAGE_SIZE + 2))
    found = [product.id async for product in revenium.products.list(query="p", sort="id,asc")]
    assert found == [*first, "x", "y"]
    common = [("size", "100"), ("sort", "id,asc"), ("query", "p")]
    assert [asked.query for asked in stub.asked] == [
        [TEAM, ("page", "0"), *common],
        [TEAM, ("page", "1"), *common],
    ]


async def test_a_listing_of_nothing_ends_after_one_page(stub: Any, revenium: Revenium) -> None:
    stub.will(page([], 0))
    assert [product async for product in revenium.products.list()] == []
    assert len(stub.asked) == 1


async def test_a_bare_list_is_the_only_page_however_long(stub: Any, revenium: Revenium) -> None:
    stub.will([{"id": f"p{number}"} for number in range(250)])
    assert len([product async for product in revenium.products.list()]) == 250
    assert len(stub.asked) == 1


async def test_a_platform_that_promises_more_than_it_has_does_not_keep_us_for_ever(
    stub: Any, revenium: Revenium
) -> None:
    stub.will(page(["a"], 1000)).will(page([], 1000))
    assert [product.id async for product in revenium.products.list()] == ["a"]


@pytest.mark.parametrize(
    "body", [None, 5, "x", {}, {"page": {}}, {"_embedded": [1], "page": {"totalElements": 1}}, {"page": None}]
)
async def test_what_is_no_page_is_a_breach_of_contract(stub: Any, revenium: Revenium, body: Any) -> None:
    stub.will(body)
    with pytest.raises(ContractError, match=r"/products answered something else than expected"):
        await revenium.products.page()


async def test_a_bad_row_is_named_by_place_and_field(stub: Any, revenium: Revenium) -> None:
    stub.will({"_embedded": {"x": [{"id": "a"}, {"id": "b", "plan": "hunter2"}]}, "page": {"totalElements": 2}})
    with pytest.raises(ContractError, match=r"/products\[1\] answered.*: plan: ") as caught:
        await revenium.products.page()
    assert "hunter2" not in str(caught.value)


async def test_an_unknown_filter_is_refused_since_the_platform_would_ignore_it(stub: Any, revenium: Revenium) -> None:
    with pytest.raises(ContractError, match="cannot be narrowed by nam; it knows query, type"):
        await revenium.products.page(nam="x")
    assert stub.asked == []


# -- by whose id


async def test_customers_and_teams_are_asked_for_by_tenant(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "x"})
    await revenium.customers.get("x")
    await revenium.teams.get("x")
    assert [asked.query for asked in stub.asked] == [[("tenantId", "tnB2yR")]] * 2


@pytest.mark.parametrize(
    ("family", "verb", "query"),
    [
        ("rules", "get", [TEAM]),
        ("rules", "create", []),
        ("rules", "delete", [TEAM]),
        ("elements", "get", []),
        ("elements", "create", []),
        ("elements", "delete", []),
        ("credentials", "get", [TEAM]),
        ("credentials", "create", []),
        ("credentials", "delete", []),
        ("slack", "get", []),
        ("products", "create", [TEAM]),
    ],
)
async def test_calls_whose_body_or_id_says_enough_carry_no_team(
    stub: Any, revenium: Revenium, family: str, verb: str, query: list[tuple[str, str]]
) -> None:
    stub.will({"id": "x"})
    drafts = {"rules": Rule(name="r"), "elements": Element(name="e"), "credentials": Credential(name="c")}
    given = drafts.get(family, Product(name="p")) if verb == "create" else "x"
    await getattr(getattr(revenium, family), verb)(given)
    assert stub.last.query == query


async def test_who_owns_a_new_thing_is_filled_in_unless_it_says_so(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "x"}, 201)
    await revenium.products.create(Product(name="p", owner_id="somebody"))
    assert stub.last.body == {"name": "p", "ownerId": "somebody", "teamId": "tmA1xQ"}
    await revenium.customers.create(Customer(name="c"))
    assert stub.last.body == {"types": ["CONSUMER"], "name": "c", "tenantId": "tnB2yR"}
    await revenium.users.create(User(email="a@example.com"))
    assert stub.last.body == {"email": "a@example.com", "ownerId": "usC3zS", "teamIds": ["tmA1xQ"]}


async def test_the_account_is_asked_for_once_however_many_calls_need_it(stub: Any, link: Transport) -> None:
    me = {"id": "u", "email": "a@x.org", "tenant": {"id": "ten"}, "teams": [{"id": "t1"}]}
    stub.will(me).will(page([], 0))
    revenium = Revenium(link)
    await revenium.products.page()
    await revenium.customers.page()
    paths = [asked.path.removeprefix(ROOT) for asked in stub.asked]
    assert paths == ["/users/me", "/products", "/organizations"]
    assert [asked.query[0] for asked in stub.asked[1:]] == [("teamId", "t1"), ("tenantId", "ten")]


async def test_what_was_told_is_not_asked_for_and_goes_before_what_the_key_says(stub: Any, link: Transport) -> None:
    stub.will({"id": "u", "tenant": {"id": "ten"}, "teams": [{"id": "t1"}]})
    revenium = Revenium(link, Told(team_id="mine"))
    assert (await revenium.identity()).team_id == "mine"
    stub.answers[:] = []
    stub.will(page([], 0))
    await revenium.products.page()
    assert [asked.path for asked in stub.asked[1:]] == [f"{ROOT}/products"]
    assert stub.last.query[0] == ("teamId", "mine")


async def test_an_account_that_could_not_be_found_out_is_asked_for_again(stub: Any, link: Transport) -> None:
    me = {"id": "u", "tenant": {"id": "ten"}, "teams": [{"id": "t1"}]}
    stub.will({}, 404).will(me).will(page([], 0))
    revenium = Revenium(link)
    with pytest.raises(NotFoundError):
        await revenium.products.page()
    assert (await revenium.products.page()).total == 0


# -- changing

PRODUCT = {
    "id": "p1",
    "name": "Gold",
    "version": "1.0.0",
    "novelty": {"kept": [1, 2.5]},
    "owner": {"id": "u1", "label": "Ann"},
    "team": {"id": "t1"},
    "sources": [{"id": "s1"}, {"id": "s2"}],
    "plan": {"name": "Monthly", "charge": 19.99, "tiers": [{"name": "all", "upTo": None, "unitAmount": 0.01}]},
    "_links": {"self": {"href": "x"}},
}


async def test_a_partial_change_keeps_every_other_field_also_unknown_and_nested_ones(
    stub: Any, revenium: Revenium
) -> None:
    stub.will(PRODUCT)
    await revenium.products.update("p1", Product(description="new", plan=Plan(charge=Decimal("29.99"))))
    read, written = stub.asked
    assert (read.method, written.method, written.path) == ("GET", "PUT", f"{ROOT}/products/p1")
    assert written.body == PRODUCT | {
        "description": "new",
        "plan": PRODUCT["plan"] | {"charge": 29.99},  # type: ignore[operator]  # it is an object
        "ownerId": "u1",
        "teamId": "t1",
        "sourceIds": ["s1", "s2"],
    }


async def test_a_list_is_replaced_as_a_whole(stub: Any, revenium: Revenium) -> None:
    stub.will(PRODUCT)
    tiers = (Tier(name="first", up_to=Decimal(10)), Tier(name="rest"))
    await revenium.products.update("p1", Product(plan=Plan(tiers=tiers)))
    assert stub.last.body["plan"]["tiers"] == [{"name": "first", "upTo": 10.0}, {"name": "rest"}]


async def test_a_changed_flat_id_is_not_contradicted_by_the_nested_object(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "s", "email": "a@x.org", "organizations": [{"id": "old"}]})
    await revenium.subscribers.update("s", Subscriber(organization_ids=("new",)))
    assert stub.last.body["organizationIds"] == ["new"]
    assert "organizations" not in stub.last.body


async def test_a_secret_that_is_shown_masked_is_never_written_back(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "c", "name": "k", "externalSecret": "*******cret", "team": {"id": "t1"}})
    await revenium.credentials.update("c", Credential(name="renamed"))
    assert stub.last.body["externalSecret"] == ""
    await revenium.credentials.update("c", Credential(external_secret="fresh"))
    assert stub.last.body["externalSecret"] == "fresh"


async def test_a_patch_sends_the_change_alone(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "g"})
    await revenium.cost_controls.update("g", CostControl(hard_limit=Decimal("100.50"), warn_threshold=None))
    assert [asked.method for asked in stub.asked] == ["PATCH"]
    assert stub.last.body == {"hardLimit": 100.5, "warnThreshold": None}


async def test_a_rule_is_switched_by_changing_one_field(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "r", "name": "n", "enabled": True, "threshold": 5, "team": {"id": "t1"}})
    await revenium.rules.switch("r", on=False)
    assert stub.last.body["enabled"] is False
    assert stub.last.body["threshold"] == 5


async def test_a_replacement_sends_what_is_set_and_nothing_else(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "e"})
    await revenium.elements.replace("e", Element(name="tokens", type="NUMBER"))
    assert (stub.last.method, stub.last.body) == ("PUT", {"name": "tokens", "type": "NUMBER", "teamId": "tmA1xQ"})


async def test_deleting_accepts_an_answer_with_and_without_a_body(stub: Any, revenium: Revenium) -> None:
    stub.will({"id": "x", "message": "gone"}).will(None)
    await revenium.products.delete("x")
    await revenium.products.delete("x")
    assert [asked.method for asked in stub.asked] == ["DELETE", "DELETE"]


async def test_a_change_of_what_is_no_object_is_not_written(stub: Any, revenium: Revenium) -> None:
    stub.will(["hunter2"])
    with pytest.raises(ContractError, match="not an object"):
        await revenium.products.update("p1", Product(name="n"))
    assert [asked.method for asked in stub.asked] == ["GET"]


# -- properties

NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


@settings(max_examples=60, deadline=None)
@given(present=OBJECTS, changes=OBJECTS)
def test_merging_changes_what_was_set_and_nothing_else(present: dict[str, Any], changes: dict[str, Any]) -> None:
    def check(result: Any, there: Any, change: Any) -> None:
        if not (isinstance(there, dict) and isinstance(change, dict)):
            assert result == change
            return
        assert result.keys() == there.keys() | change.keys()
        for name, value in result.items():
            if name in change:
                check(value, there.get(name), change[name])
            else:
                assert value == there[name]

    check(merged(present, changes), present, changes)


@settings(max_examples=60, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**5), max_value=10**5))
def test_an_amount_goes_out_and_comes_back_exactly(amount: Decimal) -> None:
    assert Decimal(decode(encode({"a": amount}).encode())["a"]) == amount


def test_nested_objects_become_the_flat_ids_that_the_model_knows() -> None:
    present = {"owner": {"id": "u"}, "plan": {"id": "x"}, "sources": [{"id": "s"}, {"label": "nameless"}]}
    assert with_flat_ids(present, Product, {}) == present | {"ownerId": "u", "sourceIds": ["s"]}
    assert with_flat_ids({"team": None}, Product, {}) == {"team": None}
    assert with_flat_ids({"owner": {"id": "u"}, "ownerId": "v"}, Product, {})["ownerId"] == "v"
    assert with_flat_ids({"team": {"id": "t"}}, Reference, {}) == {"team": {"id": "t"}}
