from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from local_platform.alerting.rule import Rule, complaints, rule_of
from local_platform.alerting.vocabulary import AlertType, Comparison, Dimension, Duration, Metric, Operator

ABSOLUTE = ("GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN", "LESS_THAN_OR_EQUAL_TO")
RELATIVE = ("INCREASES_BY", "DECREASES_BY", "PERCENT_INCREASE", "PERCENT_DECREASE")
TASK = {"dimension": "TASK_TYPE", "operator": "IS", "value": "support"}


def test_a_rule_is_read_with_everything_it_says(rule_body: Any) -> None:
    body = rule_body(
        filters=[{"dimension": "MODEL", "operator": "IN", "values": ["a", "b"]}],
        groupBy="AGENT",
        isPercentage=False,
        triggerAfterPersistsDuration="THIRTY_MINUTES",
        notificationAddresses=["a@example.com"],
    )
    rule = rule_of(body)
    assert (rule.alert_type, rule.metric, rule.operator) == (
        AlertType.THRESHOLD,
        Metric.TOTAL_COST,
        Operator.GREATER_THAN,
    )
    assert (rule.threshold, rule.period, rule.persists) == (
        Decimal(100),
        Duration.FIFTEEN_MINUTES,
        Duration.THIRTY_MINUTES,
    )
    assert (rule.group_by, rule.enabled, rule.is_budget) == (Dimension.AGENT, True, False)
    (condition,) = rule.filters
    assert (condition.dimension, condition.comparison, condition.values) == (
        Dimension.MODEL,
        Comparison.IN,
        ("a", "b"),
    )


def test_what_was_read_can_be_sent_back_with_blanks_and_fields_nobody_knows(rule_body: Any) -> None:
    body = rule_body(
        id="jR2kmLs",
        _links={},
        team={"id": "t"},
        alert_type="THRESHOLD",
        triggerAfterPersistsDuration="",
        groupBy=None,
        filters=[],
        minSampleCount=None,
        budgetThreshold=3,
    )
    assert complaints(body) == {}
    assert isinstance(rule_of(body), Rule)


@pytest.mark.parametrize(
    "name", ["name", "alertType", "metricType", "operatorType", "threshold", "periodDuration", "enabled"]
)
@pytest.mark.parametrize("absent", [None, ""])
def test_a_required_field_is_missed(rule_body: Any, name: str, absent: Any) -> None:
    assert complaints(rule_body(**{name: absent})) == {name: "must not be null or blank"}


def test_every_missing_field_is_named_at_once() -> None:
    assert len(complaints({})) == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", Decimal("1e999")),
        ("threshold", Decimal("NaN")),
        ("threshold", True),
        ("threshold", "much"),
        ("metricType", "COST"),
        ("operatorType", "EQUAL_TO"),
        ("periodDuration", "FORTNIGHT"),
        ("enabled", "yes"),
        ("groupBy", "PLANET"),
        ("notificationAddresses", ["nobody"]),
        ("triggerAfterPersistsDuration", "SOON"),
        ("minSampleCount", 3),
        ("filters", {"dimension": "MODEL"}),
    ],
)
def test_a_value_that_cannot_be_read_is_complained_about_by_its_field(rule_body: Any, name: str, value: Any) -> None:
    assert list(complaints(rule_body(**{name: value}))) == [name]


@pytest.mark.parametrize("alert_type", ["THRESHOLD", "CUMULATIVE_USAGE", "RELATIVE_CHANGE"])
@pytest.mark.parametrize("operator", ABSOLUTE + RELATIVE)
def test_changes_are_compared_by_relative_rules_only(rule_body: Any, alert_type: str, operator: str) -> None:
    fits = (alert_type == "RELATIVE_CHANGE") == (operator in RELATIVE)
    found = complaints(rule_body(alertType=alert_type, operatorType=operator))
    assert list(found) == ([] if fits else ["operatorType"])


def test_a_change_cannot_be_asked_to_persist(rule_body: Any) -> None:
    body = rule_body(alertType="RELATIVE_CHANGE", operatorType="INCREASES_BY", triggerAfterPersistsDuration="ONE_HOUR")
    assert list(complaints(body)) == ["triggerAfterPersistsDuration"]


@pytest.mark.parametrize(
    ("row", "at"),
    [
        ("MODEL", "filters[0]"),
        ({"operator": "IS", "value": "a"}, "filters[0].dimension"),
        ({"dimension": "MODEL", "value": "a"}, "filters[0].operator"),
        ({"dimension": "MODEL", "operator": "LIKE", "value": "a"}, "filters[0].operator"),
        ({"dimension": "MODEL", "operator": "IS"}, "filters[0].value"),
        ({"dimension": "MODEL", "operator": "IS", "value": "  "}, "filters[0].value"),
        ({"dimension": "MODEL", "operator": "IS", "value": "a", "values": ["a"]}, "filters[0].values"),
        ({"dimension": "MODEL", "operator": "IN", "value": "a"}, "filters[0].value"),
        ({"dimension": "MODEL", "operator": "IN", "values": []}, "filters[0].values"),
        ({"dimension": "MODEL", "operator": "IN", "values": ["a", " "]}, "filters[0].values"),
        ({"dimension": "MODEL", "operator": "IN", "values": ["a\nb"]}, "filters[0].values"),
        ({"dimension": "MODEL", "operator": "IN", "values": ["a"] * 51}, "filters[0].values"),
        ({"dimension": "MODEL", "operator": "IN", "values": [1]}, "filters[0].values"),
    ],
)
def test_a_filter_that_says_too_little_or_too_much_is_named_by_its_position(rule_body: Any, row: Any, at: str) -> None:
    assert list(complaints(rule_body(filters=[row]))) == [at]


def test_blank_leftovers_of_the_other_form_are_no_harm(rule_body: Any) -> None:
    rows = [
        {"dimension": "MODEL", "operator": "IN", "value": "", "values": ["a"] * 50},
        {"dimension": "AGENT", "operator": "IS_NOT", "value": "bot", "values": []},
    ]
    assert complaints(rule_body(filters=rows)) == {}
    assert [one.wire()["value"] for one in rule_of(rule_body(filters=rows)).filters] == [None, "bot"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({}, []),
        ({"minSampleCount": 30}, []),
        ({"minSampleCount": 0}, ["minSampleCount"]),
        ({"alertType": "CUMULATIVE_USAGE"}, ["alertType"]),
        ({"filters": []}, ["filters"]),
        ({"groupBy": "AGENT"}, ["groupBy"]),
        ({"filters": [TASK, TASK]}, ["filters"]),
        ({"filters": [{**TASK, "operator": "CONTAINS"}]}, ["filters"]),
        ({"filters": [{**TASK, "dimension": "MODEL"}]}, ["filters"]),
    ],
)
def test_quality_is_judged_for_one_type_of_job(rule_body: Any, changes: dict[str, Any], at: list[str]) -> None:
    assert list(complaints(rule_body(**{"metricType": "QUALITY_RATE", "filters": [TASK], **changes}))) == at


def test_reading_a_rule_that_cannot_be_taken_says_why(rule_body: Any) -> None:
    with pytest.raises(ValueError, match="threshold must not be null or blank"):
        rule_of(rule_body(threshold=None))
