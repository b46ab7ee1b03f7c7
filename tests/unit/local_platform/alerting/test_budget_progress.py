from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from local_platform.alerting import budgets
from local_platform.alerting.metrics import NOTHING, Sums
from local_platform.alerting.rule import Rule, rule_of
from local_platform.alerting.usage import Group, Usage
from local_platform.alerting.windows import window_of
from local_platform.wire import dumps

NOON = datetime(2026, 5, 14, 12, tzinfo=UTC)


def dollars(amount: float) -> Sums:
    return Sums(calls=1, cost=int(amount * 1_000_000_000))


@pytest.fixture
def daily(rule_body: Any) -> Any:
    def make(**fields: Any) -> Rule:
        return rule_of(rule_body(alertType="CUMULATIVE_USAGE", periodDuration="DAILY", **fields))

    return make


def used(rule: Rule, amount: float, *groups: tuple[str, float], now: datetime = NOON) -> Usage:
    shown = tuple(Group(name, name.title(), dollars(of_group)) for name, of_group in groups)
    return Usage(window_of(rule, now), dollars(amount), shown)


def wire(value: object) -> Any:
    return json.loads(dumps(value))


def test_progress_tells_what_is_used_as_a_fraction_and_what_is_left(daily: Any) -> None:
    assert wire(budgets.progress(daily(), used(daily(), 75), 12)) == {
        "anomalyId": 12,
        "metricType": "TOTAL_COST",
        "threshold": 100,
        "window": {
            "start": "2026-05-14T00:00:00.000Z",
            "endExpected": "2026-05-15T00:00:00.000Z",
            "now": "2026-05-14T12:00:00.000Z",
        },
        "currentValue": 75.0,
        "percentUsed": 0.75,
        "remaining": 25.0,
        "aheadBehindVsLinear": {"delta": 25.0, "expectedByNow": 50.0, "status": "AHEAD"},
    }


@pytest.mark.parametrize(
    ("amount", "status"), [(44, "BEHIND"), (45, "ON_TRACK"), (50, "ON_TRACK"), (55, "ON_TRACK"), (56, "AHEAD")]
)
def test_spending_is_on_track_within_a_twentieth_of_the_budget(daily: Any, amount: float, status: str) -> None:
    shown = wire(budgets.progress(daily(), used(daily(), amount), 1))
    assert shown["aheadBehindVsLinear"]["status"] == status


@pytest.mark.parametrize(
    ("amount", "risk"),
    [(0, "LOW"), (49, "LOW"), (50, "MEDIUM"), (79, "MEDIUM"), (80, "HIGH"), (99, "HIGH"), (100, "CRITICAL")],
)
def test_risk_goes_by_the_share_that_is_used(daily: Any, amount: float, risk: str) -> None:
    assert wire(budgets.portfolio_item(daily(), used(daily(), amount), "x"))["risk"] == risk


def test_a_budget_of_nothing_has_no_share(daily: Any) -> None:
    rule = daily(threshold=Decimal(0))
    shown = wire(budgets.portfolio_item(rule, used(rule, 3), "x"))
    assert (shown["currentValue"], shown["percentUsed"], shown["remaining"], shown["risk"]) == (3.0, None, None, "LOW")


def test_a_grouped_budget_shows_its_groups_instead_of_one_figure(daily: Any) -> None:
    rule = daily(groupBy="MODEL")
    shown = wire(budgets.progress(rule, used(rule, 120, ("a", 90), ("b", 30)), 1))
    assert set(shown) == {"anomalyId", "metricType", "threshold", "window", "groups"}
    assert shown["groups"][0] == {
        "groupValue": "a",
        "groupDisplayName": "A",
        "currentValue": 90.0,
        "percentUsed": 0.9,
        "remaining": 10.0,
    }


def test_the_portfolio_sums_groups_up_and_takes_the_risk_of_the_highest(daily: Any) -> None:
    rule = daily(groupBy="MODEL")
    usage = used(rule, 205, ("a", 85), ("b", 20), ("c", 100))
    shown = wire(budgets.portfolio_item(rule, usage, "x", group_limit=2))
    assert (shown["alertId"], shown["name"], shown["cumulativePeriod"]) == ("x", "Costs", "DAILY")
    assert (shown["currentValue"], shown["percentUsed"]) == (205.0, 2.05)
    assert (shown["groupCount"], shown["groupsOverLimit"], shown["worstPercentUsed"]) == (3, 1, 1.0)
    assert [group["groupValue"] for group in shown["groups"]] == ["c", "a"]
    assert shown["risk"] == "CRITICAL"


def test_a_grouped_budget_that_nobody_has_used_is_at_no_risk(daily: Any) -> None:
    rule = daily(groupBy="MODEL")
    shown = wire(budgets.portfolio_item(rule, Usage(window_of(rule, NOON), NOTHING), "x"))
    assert (shown["groupCount"], shown["worstPercentUsed"], shown["risk"], shown["groups"]) == (0, 0.0, "LOW", [])


def test_among_several_budgets_each_tells_whether_it_could_be_read(daily: Any) -> None:
    good = wire(budgets.item(daily(), used(daily(), 10), "x"))
    assert (good["ok"], good["alertId"], good["percentUsed"]) == (True, "x", 0.1)
    assert budgets.failed_item("y", "NOT_FOUND", "no such rule") == {
        "ok": False,
        "id": "y",
        "error": {"code": "NOT_FOUND", "type": "NOT_FOUND", "message": "no such rule"},
    }
