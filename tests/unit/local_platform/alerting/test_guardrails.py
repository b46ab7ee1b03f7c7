from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from local_platform.alerting import guardrails
from local_platform.alerting.cost_control import CostControl, complaints, cost_control_of
from local_platform.alerting.metrics import Sums
from local_platform.alerting.rule import rule_of
from local_platform.alerting.usage import Group, Usage
from local_platform.alerting.windows import to_date, window_of
from local_platform.wire import dumps

NOON = datetime(2026, 5, 14, 12, tzinfo=UTC)


def dollars(amount: float) -> Sums:
    return Sums(calls=1, cost=int(amount * 1_000_000_000))


def used(control: CostControl, amount: float, *groups: tuple[str, float]) -> Usage:
    shown = tuple(Group(name, name.title(), dollars(of_group)) for name, of_group in groups)
    return Usage(to_date(control.window, NOON), dollars(amount), shown)


def compiled(control: CostControl, usage: Usage) -> Any:
    return json.loads(dumps(guardrails.compiled(control, usage, 7, 3)))


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, []),
        ({"hardLimit": None}, ["hardLimit"]),
        ({"hardLimit": None, "action": "WARN_ONLY"}, ["hardLimit"]),
        ({"hardLimit": None, "action": "WARN_ONLY", "warnThreshold": 5}, []),
        ({"hardLimit": 0}, ["hardLimit"]),
        ({"warnThreshold": 8}, []),
        ({"warnThreshold": 10}, ["warnThreshold"]),
        ({"warnThreshold": -1}, ["warnThreshold"]),
        ({"action": "THROTTLE"}, ["action"]),
        ({"name": ""}, ["name"]),
        ({"metricType": "ERROR_RATE"}, ["metricType"]),
        ({"windowType": "ONE_HOUR"}, ["windowType"]),
        ({"groupBy": "PLANET"}, ["groupBy"]),
        ({"denyMessage": "x" * 2001}, ["denyMessage"]),
        ({"notificationEmails": ["a@example.com"] * 11}, ["notificationEmails"]),
        ({"notificationChannelIds": ["pager:1"]}, ["notificationChannelIds"]),
        ({"notificationChannelIds": ["slack:1", "webhook:2"]}, []),
        ({"filters": [{"dimension": "MODEL", "operator": "IS"}]}, ["filters[0].value"]),
    ],
)
def test_a_cost_control_is_complained_about_by_field(control_body: Any, fields: dict[str, Any], at: list[str]) -> None:
    assert list(complaints(control_body(**fields))) == at


def test_reading_a_cost_control_that_cannot_be_taken_says_why(control_body: Any) -> None:
    with pytest.raises(ValueError, match="action must be one of BLOCK, WARN_ONLY"):
        cost_control_of(control_body(action="STOP"))


@pytest.mark.parametrize(
    ("amount", "breached", "warned"), [(7, False, False), (8, False, True), (9.99, False, True), (10, True, True)]
)
def test_a_line_is_crossed_when_it_is_reached(control_body: Any, amount: float, breached: bool, warned: bool) -> None:
    control = cost_control_of(control_body(warnThreshold=Decimal(8)))
    rule = compiled(control, used(control, amount))
    assert (rule["breached"], rule["warnBreached"]) == (breached, warned)
    assert rule["percentUsed"] == pytest.approx(amount / 10)
    assert rule["warnPercentUsed"] == pytest.approx(amount / 8)


def test_a_compiled_rule_carries_what_sdks_read(control_body: Any) -> None:
    rows = [{"dimension": "MODEL", "operator": "IN", "values": ["a", "b"]}]
    control = cost_control_of(control_body(filters=rows, denyMessage="Enough.", shadowMode=True))
    assert compiled(control, used(control, 4)) == {
        "ruleId": 7,
        "teamId": 3,
        "name": "Cap",
        "metricType": "TOTAL_COST",
        "action": "BLOCK",
        "shadowMode": True,
        "denyMessage": "Enough.",
        "filters": [{"dimension": "MODEL", "operator": "IN", "value": None, "values": ["a", "b"]}],
        "threshold": 10.0,
        "warnThreshold": None,
        "currentValue": 4.0,
        "percentUsed": 0.4,
        "warnPercentUsed": None,
        "breached": False,
        "warnBreached": False,
        "groupBy": None,
        "groupBreakdown": None,
        "periodType": "DAILY",
        "windowKey": "DAILY:2026-05-14",
        "windowStart": "2026-05-14T00:00:00.000Z",
        "windowEnd": "2026-05-15T00:00:00.000Z",
        "compiledAt": "2026-05-14T12:00:00.000Z",
    }


def test_the_only_line_of_a_control_is_its_threshold(control_body: Any) -> None:
    control = cost_control_of(control_body(hardLimit=None, warnThreshold=Decimal(5), action="WARN_ONLY"))
    rule = compiled(control, used(control, 5))
    assert (rule["threshold"], rule["warnThreshold"], rule["breached"]) == (5.0, None, True)


def test_people_are_measured_each_against_the_whole_limit(control_body: Any) -> None:
    control = cost_control_of(control_body(groupBy="SUBSCRIBER"))
    rule = compiled(control, used(control, 14, ("ann", 10), ("bob", 4)))
    assert (rule["currentValue"], rule["breached"]) == (10.0, True)
    assert rule["groupBreakdown"] == [
        {"groupValue": "ann", "displayName": "Ann", "currentValue": 10.0, "usagePercent": 1.0, "breached": True},
        {"groupValue": "bob", "displayName": "Bob", "currentValue": 4.0, "usagePercent": 0.4, "breached": False},
    ]


@pytest.mark.parametrize("fields", [{"groupBy": "MODEL"}, {"groupBy": "SUBSCRIBER", "metricType": "TOKEN_COUNT"}])
def test_only_cost_by_person_or_department_is_broken_down(control_body: Any, fields: dict[str, Any]) -> None:
    control = cost_control_of(control_body(**fields))
    assert compiled(control, used(control, 3, ("a", 3)))["groupBreakdown"] is None


def test_a_grouped_control_that_nobody_has_touched_is_not_breached(control_body: Any) -> None:
    control = cost_control_of(control_body(groupBy="SUBSCRIBER"))
    rule = compiled(control, used(control, 0))
    assert (rule["currentValue"], rule["breached"], rule["groupBreakdown"]) == (0.0, False, [])


def test_a_budget_for_each_person_is_shown_as_advice(rule_body: Any) -> None:
    rule = rule_of(rule_body(alertType="CUMULATIVE_USAGE", periodDuration="MONTHLY", groupBy="SUBSCRIBER"))
    usage = Usage(window_of(rule, NOON), dollars(100), (Group("ann", "Ann", dollars(100)),))
    row = guardrails.advisory(rule, usage, 9, 3)
    assert (row["action"], row["source"], row["breached"]) == ("NOTIFY", "ANOMALY", True)
    assert (row["windowKey"], row["readingAt"]) == ("MONTHLY:2026-05", "2026-05-14T12:00:00.000Z")
