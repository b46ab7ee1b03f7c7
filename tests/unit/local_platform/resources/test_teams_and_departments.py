"""Teams with their settings, their people, and their departments."""

from __future__ import annotations

from typing import Any

import pytest

Shop = Any

GROUPS = {
    "marketplaces": {"internalMarketplaceNames": ["ours"]},
    "pr-health": {"agingDays": 3, "rottingDays": 9, "cutoffDate": "2026-01-01"},
    "pr-health/digest": {"enabled": True, "dayOfWeek": "FRIDAY", "emailAddresses": ["a@example.com"]},
    "attribution-identity-policy": {"policy": "ALLOW_SELF_ASSERTED_UNVERIFIED"},
    "prompts": {"promptCaptureEnabled": True},
}


@pytest.mark.parametrize("name", GROUPS)
async def test_a_group_of_settings_has_defaults_and_is_kept(shop: Shop, name: str) -> None:
    path = f"teams/{shop.team_id}/settings/{name}"
    before = await shop.send("GET", path)
    assert (before.status, GROUPS[name].keys() - {"cutoffDate"} <= before.body.keys()) == (200, True)
    put = await shop.send("PUT", path, {**before.body, **GROUPS[name]})
    assert (put.status, put.body) == (200, {**before.body, **GROUPS[name]})
    assert (await shop.send("GET", path)).body == put.body
    other = (await shop.make("team"))["id"]
    assert (await shop.send("GET", f"teams/{other}/settings/{name}")).body == before.body


@pytest.mark.parametrize("name", ["marketplaces", "pr-health", "attribution-identity-policy", "prompts"])
async def test_settings_that_say_nothing_are_refused(shop: Shop, name: str) -> None:
    answer = await shop.send("PUT", f"teams/{shop.team_id}/settings/{name}", {})
    assert (answer.status, answer.body["details"].keys() <= GROUPS[name].keys()) == (400, True)


async def test_the_filter_of_coding_assistants_is_only_read(shop: Shop) -> None:
    path = f"teams/{shop.team_id}/settings/coding-assistant-filter"
    assert (await shop.send("GET", path)).body["classificationSource"] == "tenant_default"
    assert (await shop.send("PUT", path, {})).status == 405


async def test_settings_of_another_tenant_are_not_found(shop: Shop, stranger: Shop) -> None:
    for name in (*GROUPS, "verified-domains"):
        path = f"teams/{shop.team_id}/settings/{name}"
        assert (await stranger.send("GET", path)).status == 404
        assert (await stranger.send("PUT", path, {"domain": "evil.example", **GROUPS.get(name, {})})).status == 404


async def test_a_domain_is_verified_once_and_taken_away(shop: Shop) -> None:
    path = f"teams/{shop.team_id}/settings/verified-domains"
    assert (await shop.send("GET", path)).body == []
    for domain in ("initech.example", "INITECH.example"):
        assert (await shop.send("PUT", path, {"domain": domain})).status == 200
    (found,) = (await shop.send("GET", path)).body
    assert found == {"domain": "initech.example", "joinPolicy": "REQUEST", "source": "ADMIN"}
    assert (await shop.send("PUT", path, {"domain": "no domain"})).status == 400
    assert (await shop.send("DELETE", path, None, domain="Initech.example")).body == {}
    assert (await shop.send("GET", path)).body == []


async def test_a_team_that_owns_something_or_stands_behind_a_key_is_not_deleted(shop: Shop) -> None:
    assert (await shop.send("DELETE", f"teams/{shop.team_id}")).status == 409
    team = (await shop.make("team"))["id"]
    await shop.send("PUT", f"teams/{team}/settings/marketplaces", GROUPS["marketplaces"])
    made = await shop.make("source", teamId=team)
    answer = await shop.send("DELETE", f"teams/{team}")
    assert (answer.status, "it owns 1 resources" in answer.body["message"]) == (409, True)
    assert (await shop.send("DELETE", f"sources/{made['id']}")).status == 200
    assert (await shop.send("DELETE", f"teams/{team}")).status == 200
    assert (await shop.send("GET", "products", teamId=team)).status == 403


async def test_the_user_of_a_key_is_not_deleted(shop: Shop) -> None:
    answer = await shop.send("DELETE", f"users/{await shop.me()}")
    assert (answer.status, "an API key stands for it" in answer.body["message"]) == (409, True)


async def test_a_user_is_in_the_team_of_the_request_unless_it_names_others(shop: Shop) -> None:
    made = await shop.make("user")
    assert made["teamIds"] == [shop.team_id]
    other = (await shop.make("team"))["id"]
    after = await shop.send("PUT", f"users/{made['id']}", {**made, "teamIds": [other], "teams": made["teams"]})
    assert (after.body["teamIds"], after.body["teams"][0]["id"]) == ([other], other)


async def test_departments_form_a_tree_of_numbers(shop: Shop) -> None:
    top = (await shop.send("POST", "departments", {"name": "Engineering"}, teamId=shop.team_id)).body
    body = {"name": "Payments", "parentId": top["id"], "externalRef": "ref"}
    made = await shop.send("POST", "departments", body, teamId=shop.team_id)
    assert made.status == 201
    below = made.body
    assert below == {**body, "id": below["id"], "path": f"/{top['id']}/{below['id']}/", "source": "MANUAL"}
    assert (await shop.send("GET", "departments", teamId=shop.team_id)).body == [top, below]
    wrong = await shop.send("POST", "departments", {"name": "Nowhere", "parentId": 999}, teamId=shop.team_id)
    assert (wrong.status, list(wrong.body["details"])) == (400, ["parentId"])


async def test_people_are_put_into_departments_and_taken_out(shop: Shop) -> None:
    team = {"teamId": shop.team_id}
    first = (await shop.send("POST", "departments", {"name": "One"}, **team)).body["id"]
    second = (await shop.send("POST", "departments", {"name": "Two"}, **team)).body["id"]
    body = {"email": "milton@initech.example", "departmentId": first}
    person = (await shop.send("PUT", "departments/assignments", body, **team)).body["personId"]
    moved = await shop.send("PUT", "departments/assignments", {**body, "departmentId": second}, **team)
    assert moved.body == {"personId": person, "email": "milton@initech.example", "departmentId": second}
    query = {**team, "email": "MILTON@initech.example"}
    for _ in range(2):
        assert (await shop.send("DELETE", "departments/assignments", **query)).status == 204
    assert (await shop.send("DELETE", f"departments/persons/{person}", **team)).status == 204
    for path, more in ((f"departments/persons/{person}", {}), ("departments/persons", query)):
        assert (await shop.send("DELETE", path, **{**team, **more})).status == 404
    assert (await shop.send("DELETE", "departments/persons/x", **team)).status == 400


async def test_departments_of_another_tenant_are_not_there(shop: Shop, stranger: Shop) -> None:
    made = (await shop.send("POST", "departments", {"name": "One"}, teamId=shop.team_id)).body["id"]
    body = {"email": "milton@initech.example", "departmentId": made}
    person = (await shop.send("PUT", "departments/assignments", body, teamId=shop.team_id)).body["personId"]
    team = {"teamId": stranger.team_id}
    assert (await stranger.send("GET", "departments", **team)).body == []
    assert (await stranger.send("PUT", "departments/assignments", body, **team)).status == 400
    assert (await stranger.send("DELETE", f"departments/persons/{person}", **team)).status == 404


EMPTY_PAGES = ("invoices", "refunds", "skills", "squads", "squads/entities")


@pytest.mark.parametrize("path", EMPTY_PAGES)
async def test_what_there_is_none_of_is_an_empty_page(shop: Shop, path: str) -> None:
    answer = await shop.send("GET", path, teamId=shop.team_id)
    assert (answer.status, answer.body["page"]["totalElements"]) == (200, 0)
    assert "_embedded" not in answer.body
    assert (await shop.send("GET", path)).status == 400
    missing = await shop.send("GET", f"{path}/jR2kmLs", teamId=shop.team_id)
    assert missing.status == 404


async def test_sums_of_what_there_is_none_of_are_zero(shop: Shop) -> None:
    team = {"teamId": shop.team_id}
    assert (await shop.send("GET", "invoices/unpaid-totals", **team)).body == {"count": 0, "totalAmount": 0}
    assert (await shop.send("GET", "period-charges", **team)).body["hasMore"] is False
    dates = {"fromDate": "2026-01-01", "toDate": "2026-01-31"}
    assert (await shop.send("GET", "billing/seats", **team, **dates)).body["days"] == []
    assert (await shop.send("GET", "billing/seats", **team)).status == 400
    assert (await shop.send("GET", f"coding-assistant/subscriptions/{shop.team_id}")).body == []
