from __future__ import annotations

from typing import Any

import pytest

from local_platform import ids


async def polled(client: Any, **query: Any) -> list[dict[str, Any]]:
    """Poll as SDKs do: under the shorter prefix, without a query of their own."""
    answer = await client.send("GET", f"/v2/api/ai/enforcement-rules/{client.team}", **query)
    assert answer.status == 200, answer.body
    rules: list[dict[str, Any]] = answer.body["rules"]
    return rules


async def test_a_limit_is_breached_once_it_is_used_up(client: Any, clock: Any) -> None:
    await client.control(warnThreshold=8)
    await client.meter(8)
    (rule,) = await polled(client)
    assert (rule["breached"], rule["warnBreached"], rule["currentValue"]) == (False, True, 8.0)
    await client.meter(2)
    (rule,) = await polled(client)
    assert (rule["breached"], rule["windowEnd"]) == (True, "2026-05-15T00:00:00.000Z")
    clock.forward(hours=12)
    (rule,) = await polled(client)
    assert (rule["breached"], rule["currentValue"]) == (False, 0.0)


async def test_people_are_told_apart_by_id_or_else_by_address(client: Any) -> None:
    await client.control(groupBy="SUBSCRIBER")
    await client.meter(11, subscriber={"id": "u1", "email": "ann@example.com"})
    await client.meter(3, subscriber={"email": "Bob@example.com"})
    (rule,) = await polled(client)
    breached = {entry["groupValue"]: entry["breached"] for entry in rule["groupBreakdown"]}
    assert breached == {"u1": True, "bob@example.com": False}


async def test_limits_that_are_switched_off_are_not_compiled_and_one_can_be_asked_for(client: Any) -> None:
    await client.control(name="Off", enabled=False)
    first, second = await client.control(name="First"), await client.control(name="Second")
    assert [rule["name"] for rule in await polled(client)] == ["First", "Second"]
    assert [rule["name"] for rule in await polled(client, ruleId=second["id"])] == ["Second"]
    assert first["id"] != second["id"]


async def test_budgets_of_people_are_shown_only_where_advice_is_asked_for(client: Any) -> None:
    await client.budget(name="Mine", groupBy="SUBSCRIBER")
    await client.budget(name="Ours")
    assert await polled(client) == []
    (row,) = await polled(client, include="advisory")
    assert (row["name"], row["action"], row["source"]) == ("Mine", "NOTIFY", "ANOMALY")


async def test_the_rules_of_another_team_are_refused(client: Any) -> None:
    answer = await client.send("GET", f"/v2/api/ai/enforcement-rules/{ids.encode('team', 99)}")
    assert answer.status == 403
    assert (await client.send("GET", "/v2/api/ai/enforcement-rules/nonsense")).status == 400


async def test_a_change_of_a_limit_counts_at_once(client: Any) -> None:
    control = await client.control()
    await client.meter(11)
    path = f"/profitstream/v2/api/ai/cost-controls/{control['id']}"
    answer = await client.send("PATCH", path, {"hardLimit": 20}, teamId=client.team)
    assert (answer.status, answer.body["hardLimit"], answer.body["name"]) == (200, 20, "Cap")
    (rule,) = await polled(client)
    assert (rule["breached"], rule["threshold"]) == (False, 20.0)


async def test_a_cost_control_that_makes_no_sense_is_refused(client: Any) -> None:
    body = {"name": "x", "metricType": "TOTAL_COST", "windowType": "DAILY", "action": "BLOCK", "teamId": client.team}
    answer = await client.send("POST", "/profitstream/v2/api/ai/cost-controls", body)
    assert (answer.status, list(answer.body["details"])) == (400, ["hardLimit"])


async def test_notices_go_to_each_address_once(client: Any) -> None:
    control = await client.control(notificationEmails=["A@example.com ", "a@example.com"])
    assert control["notificationEmails"] == ["a@example.com"]


@pytest.fixture
async def roster(client: Any) -> dict[str, Any]:
    control = await client.control(groupBy="SUBSCRIBER", warnThreshold=5)
    for name, dollars in (("ann", 12), ("bob", 6), ("cid", 1)):
        await client.meter(dollars, subscriber={"email": f"{name}@example.com"})
    await client.meter(2)
    await client.evaluate()
    found: dict[str, Any] = control
    return found


async def test_a_roster_tells_where_each_stands(client: Any, roster: dict[str, Any]) -> None:
    path = f"ai/enforcement-rules/{client.team}/roster"
    shown = await client.get(path, ruleId=roster["id"])
    assert [(row["key"], row["band"], row["spend"]) for row in shown["rows"]] == [
        ("ann@example.com", "BLOCKED", 12.0),
        ("bob@example.com", "WARNED", 6.0),
        ("cid@example.com", "UNDER", 1.0),
    ]
    assert [row["lastEventAt"] is None for row in shown["rows"]] == [False, False, True]
    assert (shown["unattributedAmount"], shown["windowKey"]) == (2.0, "DAILY:2026-05-14")


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"search": "BOB"}, ["bob"]),
        ({"band": "UNDER"}, ["cid"]),
        ({"sort": "NAME"}, ["ann", "bob", "cid"]),
        ({"sort": "LAST_EVENT", "size": 1, "page": 2}, ["cid"]),
        ({"sort": "SPEND", "band": "ALL"}, ["ann", "bob", "cid"]),
    ],
)
async def test_a_roster_can_be_searched_and_its_counts_stay_those_of_everybody(
    client: Any, roster: dict[str, Any], query: dict[str, Any], keys: list[str]
) -> None:
    shown = await client.get(f"ai/enforcement-rules/{client.team}/roster", ruleId=roster["id"], **query)
    assert [row["key"].partition("@")[0] for row in shown["rows"]] == keys
    assert (shown["blockedCount"], shown["warnedCount"], shown["underCount"]) == (1, 1, 1)


async def test_what_has_no_roster_says_so(client: Any, roster: dict[str, Any]) -> None:
    path = f"/v2/api/ai/enforcement-rules/{client.team}/roster"
    pooled = await client.control(name="Pooled")
    assert (await client.send("GET", path)).status == 400
    assert (await client.send("GET", path, ruleId=pooled["id"])).status == 404
    assert (await client.send("GET", path, ruleId=roster["id"], dimension="DEPARTMENT")).status == 400
    assert (await client.send("GET", path, ruleId=roster["id"], band="FLOATING")).status == 400


async def test_filters_can_be_chosen_from_what_was_metered(client: Any) -> None:
    await client.meter(1, provider="ANTHROPIC")
    await client.meter(1)
    body = await client.get("ai/filter-values", dimension="PROVIDER")
    assert body == {
        "dimension": "PROVIDER",
        "values": [{"value": name, "label": name, "covers": [name]} for name in ("ANTHROPIC", "OPENAI")],
    }
    wrong = await client.send("GET", "/v2/api/ai/filter-values", teamId=client.team, dimension="PLANET")
    assert wrong.status == 400


async def test_departments_are_refused_because_calls_have_none(client: Any) -> None:
    path = "/profitstream/v2/api/ai/cost-controls/department-group-preview"
    assert (await client.send("POST", path, {"parentDepartmentId": 3})).body["details"] == {
        "teamId": "teamId is required"
    }
    assert (await client.send("POST", path, {"teamId": client.team})).status == 400
    answer = await client.send("POST", path, {"teamId": client.team, "parentDepartmentId": 3})
    assert (answer.status, "Feature not available" in answer.body["message"]) == (403, True)
