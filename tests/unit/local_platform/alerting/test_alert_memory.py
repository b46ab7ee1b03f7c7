"""What is stored between evaluations is found again as it was."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local_platform.alerting import fired, standings
from local_platform.alerting.decide import IDLE, Standing
from local_platform.alerting.evaluation import evaluate, record
from local_platform.alerting.fired import Firing
from local_platform.alerting.kinds import RULE as RULE_KIND
from local_platform.resources import documents
from local_platform.session import Session

NOW = datetime(2026, 5, 14, 13, tzinfo=UTC)
RULE = 3
TEAM = 5


def session(connection: sqlite3.Connection, now: datetime = NOW, team: int = TEAM) -> Session:
    return Session(connection, tenant=1, team=team, user=1, now=now)


def firing(group: str = "") -> Firing:
    snapshot: dict[str, object] = {"id": "r", "name": "Costs", "createdBy": "a@example.com", "team": {"id": "t"}}
    return Firing(TEAM, RULE, group, "TOTAL_COST", Decimal("512.3"), early=True, snapshot=snapshot)


def test_standings_come_back_as_they_were_and_idle_ones_take_no_room(connection: sqlite3.Connection) -> None:
    kept = {
        "": Standing(NOW, True, NOW - timedelta(days=1), Decimal("0.30")),
        "a": Standing(since=NOW),
        "b": Standing(period=NOW, crossed=Decimal(5)),
    }
    standings.remember(connection, RULE, {**kept, "c": IDLE})
    standings.remember(connection, RULE + 1, {"": Standing(firing=True)})
    assert standings.of_rule(connection, RULE) == kept
    assert standings.is_firing(connection, RULE)


def test_remembering_again_replaces_everything(connection: sqlite3.Connection) -> None:
    standings.remember(connection, RULE, {"a": Standing(firing=True)})
    standings.remember(connection, RULE, {"b": Standing(since=NOW)})
    assert list(standings.of_rule(connection, RULE)) == ["b"]
    assert not standings.is_firing(connection, RULE)


def test_the_latest_reset_of_a_budget_counts(connection: sqlite3.Connection) -> None:
    assert standings.reset_of(connection, RULE) is None
    standings.reset_budget(connection, RULE, NOW)
    standings.reset_budget(connection, RULE, NOW + timedelta(hours=1))
    assert standings.reset_of(connection, RULE) == NOW + timedelta(hours=1)


def test_an_alert_is_open_until_it_is_resolved(connection: sqlite3.Connection) -> None:
    fired.fire(connection, firing(), NOW)
    alerts, total = fired.page(session(connection, NOW + timedelta(minutes=5)), "TRUE", (), "id", 10, 0)
    (alert,) = alerts
    assert total == 1
    assert {name: alert[name] for name in ("triggeredValue", "resolved", "resolvedTimestamp", "duration")} == {
        "triggeredValue": 512.3,
        "resolved": False,
        "resolvedTimestamp": None,
        "duration": 300_000,
    }
    assert (alert["groupDisplayName"], alert["includesPreRuleActivity"], alert["createdBy"]) == (
        None,
        True,
        "a@example.com",
    )
    fired.resolve(connection, RULE, "", NOW + timedelta(minutes=7))
    ended = fired.one(session(connection, NOW + timedelta(days=1)), 1)
    assert ended is not None
    assert (ended["resolved"], ended["resolvedTimestamp"], ended["duration"]) == (
        True,
        "2026-05-14T13:07:00.000Z",
        420_000,
    )


def test_a_group_has_one_open_alert(connection: sqlite3.Connection) -> None:
    fired.fire(connection, firing("a"), NOW)
    fired.fire(connection, firing("b"), NOW)
    with pytest.raises(sqlite3.IntegrityError):
        fired.fire(connection, firing("a"), NOW)


def test_all_alerts_of_a_rule_can_be_ended_at_once(connection: sqlite3.Connection) -> None:
    for group in ("a", "b"):
        fired.fire(connection, firing(group), NOW)
    fired.resolve_all(connection, RULE, NOW)
    _, still_open = fired.page(session(connection), "resolved_ms IS NULL", (), "id", 10, 0)
    assert still_open == 0


@pytest.mark.parametrize("meanwhile", ["changed", "deleted", "left alone"])
def test_what_was_found_counts_only_for_the_rule_it_was_found_for(
    connection: sqlite3.Connection, metered: Any, rule_body: Any, meanwhile: str
) -> None:
    made = documents.insert(session(connection), RULE_KIND, rule_body(threshold=0))
    metered(NOW, total_cost=1)
    found = evaluate(connection, made, NOW)
    assert found.changes
    if meanwhile == "changed":
        documents.replace(session(connection), RULE_KIND, made, rule_body(threshold=9))
    elif meanwhile == "deleted":
        documents.remove(session(connection), made)
    record(connection, found)
    assert standings.is_firing(connection, made.number) == (meanwhile == "left alone")


def test_another_team_neither_sees_nor_removes_an_alert(connection: sqlite3.Connection) -> None:
    fired.fire(connection, firing(), NOW)
    assert fired.one(session(connection, team=TEAM + 1), 1) is None
    fired.remove(session(connection, team=TEAM + 1), 1)
    assert fired.one(session(connection), 1) is not None
    fired.remove(session(connection), 1)
    assert fired.one(session(connection), 1) is None
