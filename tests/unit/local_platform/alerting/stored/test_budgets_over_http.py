from __future__ import annotations

from typing import Any

import pytest

from local_platform import ids

BUDGETS = "/profitstream/v2/api/ai/alerts"


async def progress(client: Any, rule: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = await client.send("GET", f"{BUDGETS}/{rule['id']}/budget/progress", **query)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


async def test_progress_counts_what_was_used_since_the_period_began(client: Any, clock: Any) -> None:
    rule = await client.budget()
    await client.meter(4)
    clock.forward(hours=1)
    await client.meter(2)
    shown = await progress(client, rule)
    assert (shown["currentValue"], shown["percentUsed"], shown["anomalyId"]) == (6.0, 0.6, 1)
    assert (await progress(client, rule, now="2026-05-14T12:30:00Z"))["currentValue"] == 4.0
    clock.forward(days=1)
    assert (await progress(client, rule))["currentValue"] == 0.0


async def test_a_budget_that_is_reset_starts_again_and_ends_its_alert(client: Any, clock: Any) -> None:
    rule = await client.budget()
    await client.meter(11)
    await client.evaluate()
    clock.forward(hours=1)
    answer = await client.send("POST", f"{BUDGETS}/{rule['id']}/budget/reset")
    assert (answer.status, answer.body["currentValue"]) == (200, 0.0)
    assert answer.body["window"]["start"] == "2026-05-14T13:00:00.000Z"
    await client.evaluate()
    assert [alert["resolved"] for alert in await client.alerts()] == [True]
    await client.meter(12)
    await client.evaluate()
    assert [alert["triggeredValue"] for alert in await client.alerts(resolved="false")] == [12.0]


async def test_a_budget_fires_once_a_period(client: Any, clock: Any) -> None:
    await client.budget()
    for _ in range(3):
        await client.meter(11)
        await client.evaluate()
        clock.forward(hours=1)
    assert len(await client.alerts()) == 1
    clock.forward(days=1)
    await client.meter(11)
    await client.evaluate()
    assert sorted(alert["resolved"] for alert in await client.alerts()) == [False, True]


async def test_several_budgets_are_answered_in_the_order_asked_each_for_itself(client: Any) -> None:
    budget, rule = await client.budget(groupBy="AGENT"), await client.rule()
    await client.meter(5, agent="a")
    gone = ids.encode("anomaly", 99)
    body = await client.get("ai/alerts/budgets/progress", ids=f"nonsense,{gone},{rule['id']},{budget['id']}")
    codes = [item["error"]["code"] for item in body["items"][:3]]
    assert codes == ["VALIDATION_ERROR", "NOT_FOUND", "UNSUPPORTED_TYPE"]
    found = body["items"][3]
    assert (found["ok"], found["alertId"], found["groups"][0]["groupValue"]) == (True, budget["id"], "a")


@pytest.mark.parametrize("wanted", ["", ",".join(["x"] * 101)])
async def test_how_many_budgets_can_be_asked_for_has_limits(client: Any, wanted: str) -> None:
    answer = await client.send("GET", f"{BUDGETS}/budgets/progress", ids=wanted)
    assert (answer.status, list(answer.body["details"])) == (400, ["ids"])


async def test_what_is_no_budget_has_no_progress(client: Any) -> None:
    rule = await client.rule()
    for method, verb in (("GET", "progress"), ("POST", "reset")):
        answer = await client.send(method, f"{BUDGETS}/{rule['id']}/budget/{verb}")
        assert (answer.status, "is no budget" in answer.body["message"]) == (400, True)
    missing = await client.send("GET", f"{BUDGETS}/{ids.encode('anomaly', 99)}/budget/progress")
    assert missing.status == 404


async def test_the_portfolio_lists_the_budgets_that_are_enabled(client: Any) -> None:
    await client.rule(name="No budget")
    await client.budget(name="Paused", enabled=False)
    await client.budget(name="Whole")
    await client.budget(name="Grouped", groupBy="AGENT")
    for agent, dollars in (("a", 9), ("b", 1), ("c", 4)):
        await client.meter(dollars, agent=agent)
    whole, grouped = await client.page("ai/alerts/budgets/portfolio", groupLimit=2)
    assert (whole["name"], whole["currentValue"], whole["risk"]) == ("Whole", 14.0, "CRITICAL")
    assert "groups" not in whole
    assert (grouped["risk"], grouped["worstPercentUsed"], grouped["groupCount"]) == ("HIGH", 0.9, 3)
    assert [group["groupValue"] for group in grouped["groups"]] == ["a", "c"]


async def test_the_portfolio_comes_in_pages(client: Any) -> None:
    for name in ("a", "b", "c"):
        await client.budget(name=name)
    body = await client.get("ai/alerts/budgets/portfolio", page=1, size=2)
    assert [item["name"] for item in body["_embedded"]["budgetPortfolioItemResourceList"]] == ["c"]
    assert body["page"] == {"size": 2, "totalElements": 3, "totalPages": 2, "number": 1}


async def test_spending_that_was_read_before_need_not_be_read_again(client: Any) -> None:
    whole, grouped = await client.budget(name="Whole"), await client.budget(name="Grouped", groupBy="AGENT")
    await client.meter(3, agent="a")
    spend = {"spend": {whole["id"]: 7.5, grouped["id"]: 7.5, "other": 1}}
    answer = await client.send("POST", f"{BUDGETS}/budgets/portfolio", spend, teamId=client.team)
    items = answer.body["_embedded"]["budgetPortfolioItemResourceList"]
    assert [item["currentValue"] for item in items] == [7.5, 3.0]


@pytest.mark.parametrize(("body", "at"), [([], "spend"), ({"spend": {"x": "much"}}, "spend.x")])
async def test_spending_that_cannot_be_read_is_refused(client: Any, body: object, at: str) -> None:
    answer = await client.send("POST", f"{BUDGETS}/budgets/portfolio", body, teamId=client.team)
    assert (answer.status, list(answer.body["details"])) == (400, [at])
