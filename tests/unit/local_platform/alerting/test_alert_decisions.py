from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_platform.alerting.decide import IDLE, UNGROUPED, Judgement, Reading, Reason, Standing, Transition, decide
from local_platform.alerting.metrics import Sums
from local_platform.alerting.rule import Rule, rule_of
from local_platform.alerting.windows import window_of

NOW = datetime(2026, 5, 14, 13, tzinfo=UTC)
DOLLAR = 1_000_000_000


class Watched:
    """A rule with what is remembered of it."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.standings: dict[str, Standing] = {}
        self.judged: list[Judgement] = []

    def see(self, now: datetime = NOW, **groups: Reading) -> list[tuple[Reason, Transition | None]]:
        readings = {UNGROUPED if name == "all" else name: reading for name, reading in groups.items()}
        self.judged = decide(self.rule, self.standings, readings, window_of(self.rule, now))
        self.standings = {judgement.group: judgement.standing for judgement in self.judged}
        return [(judgement.reason, judgement.transition) for judgement in self.judged]


def cost(dollars: int, before: int = 0) -> Reading:
    return Reading(Sums(calls=1, cost=dollars * DOLLAR), Sums(calls=1, cost=before * DOLLAR))


def in_minutes(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


FIRES = (Reason.BREACHED, Transition.FIRED)
ENDS = (Reason.RESOLVED, Transition.RESOLVED)


def test_one_alert_is_open_from_the_breach_until_it_is_over(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body()))
    assert watched.see(all=cost(100)) == [(Reason.BELOW, None)]
    assert watched.see(all=cost(101)) == [FIRES]
    assert watched.judged[0].value == 101
    assert watched.see(all=cost(500)) == [(Reason.FIRING, None)]
    assert watched.see(all=cost(99)) == [ENDS]
    assert watched.standings == {UNGROUPED: IDLE}
    assert watched.see(all=cost(101)) == [FIRES]


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("GREATER_THAN", False, False, True),
        ("GREATER_THAN_OR_EQUAL_TO", False, True, True),
        ("LESS_THAN", True, False, False),
        ("LESS_THAN_OR_EQUAL_TO", True, True, False),
    ],
)
def test_an_operator_means_what_it_says(rule_body: Any, operator: str, below: bool, equal: bool, above: bool) -> None:
    for dollars, breaches in ((99, below), (100, equal), (101, above)):
        watched = Watched(rule_of(rule_body(operatorType=operator)))
        assert watched.see(all=cost(dollars)) == [FIRES if breaches else (Reason.BELOW, None)]


@pytest.mark.parametrize(
    ("operator", "percentage", "threshold", "now", "before", "value", "breaches"),
    [
        ("INCREASES_BY", False, 50, 150, 100, 50, True),
        ("INCREASES_BY", False, 50, 149, 100, 49, False),
        ("INCREASES_BY", True, 50, 15, 10, 50, True),
        ("DECREASES_BY", False, 50, 100, 150, 50, True),
        ("DECREASES_BY", False, 50, 150, 100, -50, False),
        ("PERCENT_INCREASE", False, 50, 15, 10, 50, True),
        ("PERCENT_DECREASE", False, 50, 5, 10, 50, True),
        ("PERCENT_DECREASE", False, 50, 15, 10, -50, False),
    ],
)
def test_a_change_is_measured_in_the_direction_that_is_asked_for(
    rule_body: Any,
    operator: str,
    percentage: bool,
    threshold: int,
    now: int,
    before: int,
    value: int,
    breaches: bool,
) -> None:
    body = rule_body(alertType="RELATIVE_CHANGE", operatorType=operator, threshold=threshold, isPercentage=percentage)
    watched = Watched(rule_of(body))
    assert watched.see(all=cost(now, before)) == [FIRES if breaches else (Reason.BELOW, None)]
    assert watched.judged[0].value == value


def test_a_percentage_of_nothing_is_unknown(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body(alertType="RELATIVE_CHANGE", operatorType="PERCENT_INCREASE")))
    assert watched.see(all=cost(5, 0)) == [(Reason.NO_DATA, None)]


def test_a_breach_fires_only_once_it_has_persisted(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body(triggerAfterPersistsDuration="THIRTY_MINUTES")))
    assert watched.see(in_minutes(0), all=cost(101)) == [(Reason.PENDING, None)]
    assert watched.see(in_minutes(29), all=cost(101)) == [(Reason.PENDING, None)]
    assert watched.see(in_minutes(30), all=cost(101)) == [FIRES]


def test_a_break_starts_the_wait_again(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body(triggerAfterPersistsDuration="THIRTY_MINUTES")))
    watched.see(in_minutes(0), all=cost(101))
    assert watched.see(in_minutes(29), all=cost(1)) == [(Reason.BELOW, None)]
    assert watched.see(in_minutes(30), all=cost(101)) == [(Reason.PENDING, None)]
    assert watched.see(in_minutes(60), all=cost(101)) == [FIRES]


def test_groups_are_judged_each_for_itself(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body(groupBy="MODEL")))
    assert watched.see(a=cost(101), b=cost(5)) == [FIRES, (Reason.BELOW, None)]
    assert watched.see(a=cost(101), b=cost(105)) == [(Reason.FIRING, None), FIRES]


def test_a_group_that_calls_no_more_ends_its_alert(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body(groupBy="MODEL")))
    watched.see(a=cost(101))
    assert watched.see() == [ENDS]


def test_an_alert_about_a_rate_ends_when_nothing_is_left_to_judge(rule_body: Any) -> None:
    watched = Watched(rule_of(rule_body(metricType="ERROR_RATE", threshold=5)))
    assert watched.see(all=Reading(Sums(calls=10, errors=1))) == [FIRES]
    assert watched.judged[0].value == 10
    assert watched.see(all=Reading(Sums())) == [(Reason.NO_DATA, Transition.RESOLVED)]


def test_too_few_samples_neither_open_nor_end_an_alert(rule_body: Any) -> None:
    task = {"dimension": "TASK_TYPE", "operator": "IS", "value": "support"}
    body = rule_body(
        metricType="QUALITY_RATE", operatorType="LESS_THAN", threshold=80, filters=[task], minSampleCount=3
    )
    watched = Watched(rule_of(body))
    few, enough = Sums(qualities=2, quality=DOLLAR), Sums(qualities=3, quality=DOLLAR)
    assert watched.see(all=Reading(few)) == [(Reason.TOO_FEW_SAMPLES, None)]
    assert watched.see(all=Reading(enough)) == [FIRES]
    assert watched.see(all=Reading(few)) == [(Reason.TOO_FEW_SAMPLES, None)]
    assert watched.see(all=Reading(Sums(qualities=3, quality=3 * DOLLAR))) == [ENDS]


def budget(rule_body: Any, **fields: Any) -> Watched:
    return Watched(rule_of(rule_body(alertType="CUMULATIVE_USAGE", periodDuration="DAILY", **fields)))


def test_a_budget_fires_once_in_its_period_and_its_alert_ends_with_it(rule_body: Any) -> None:
    watched = budget(rule_body)
    assert watched.see(all=cost(101)) == [FIRES]
    assert watched.see(in_minutes(60), all=cost(300)) == [(Reason.FIRING, None)]
    assert watched.see(in_minutes(1440), all=cost(1)) == [
        (Reason.PERIOD_ENDED, Transition.RESOLVED),
        (Reason.BELOW, None),
    ]


def test_a_budget_that_is_spent_again_at_once_has_a_new_alert_for_the_new_period(rule_body: Any) -> None:
    watched = budget(rule_body)
    watched.see(all=cost(101))
    assert watched.see(in_minutes(1440), all=cost(101)) == [(Reason.PERIOD_ENDED, Transition.RESOLVED), FIRES]


def test_a_budget_that_dips_does_not_fire_again_in_the_same_period(rule_body: Any) -> None:
    watched = budget(rule_body)
    watched.see(all=cost(101))
    assert watched.see(in_minutes(1), all=cost(99)) == [ENDS]
    assert watched.see(in_minutes(2), all=cost(101)) == [(Reason.FIRED_BEFORE, None)]
    assert watched.see(in_minutes(1440), all=cost(101)) == [FIRES]


def test_a_budget_that_is_raised_may_fire_again(rule_body: Any) -> None:
    watched = budget(rule_body)
    watched.see(all=cost(101))
    watched.rule = rule_of(rule_body(alertType="CUMULATIVE_USAGE", periodDuration="DAILY", threshold=200))
    assert watched.see(in_minutes(1), all=cost(101)) == [ENDS]
    assert watched.see(in_minutes(2), all=cost(201)) == [FIRES]


def test_waiting_for_a_breach_to_persist_does_not_reach_into_the_next_period(rule_body: Any) -> None:
    watched = budget(rule_body, triggerAfterPersistsDuration="TWELVE_HOURS")
    assert watched.see(in_minutes(0), all=cost(101)) == [(Reason.PENDING, None)]
    assert watched.see(in_minutes(12 * 60), all=cost(101)) == [(Reason.PENDING, None)]
