from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_platform import ids
from local_platform.alerting import readings
from local_platform.alerting.filters import Filter
from local_platform.alerting.metrics import NOTHING, Sums
from local_platform.alerting.readings import Call, Scope
from local_platform.alerting.vocabulary import Comparison, Dimension, Duration
from local_platform.alerting.windows import before, rolling

NOW = datetime(2026, 5, 14, 13, tzinfo=UTC)
HOUR = rolling(Duration.ONE_HOUR, NOW)
TEAM = 5
MILLISECOND = timedelta(milliseconds=1)


def counted(connection: sqlite3.Connection, *filters: Filter) -> int:
    return readings.usage(connection, Scope(TEAM, filters), HOUR).total.calls


def where(dimension: str, comparison: str, *values: str) -> Filter:
    return Filter(Dimension(dimension), Comparison(comparison), values)


def test_everything_that_metrics_need_is_added_up(connection: sqlite3.Connection, metered: Any) -> None:
    metered(
        NOW,
        total_cost=7,
        input_tokens=10,
        output_tokens=5,
        cached_tokens=3,
        total_tokens=15,
        failed=1,
        duration_ms=900,
        first_token_ms=50,
    )
    metered(NOW, total_cost=4, images=3, modality="IMAGE", credits=1.5, characters=9)
    metered(NOW, total_cost=2, media_ms=1500, modality="AUDIO")
    metered(NOW, total_cost=1, media_ms=500, modality="VIDEO")
    assert readings.usage(connection, Scope(TEAM), HOUR).total == Sums(
        calls=4,
        cost=14,
        input_tokens=10,
        output_tokens=5,
        cached_tokens=3,
        total_tokens=15,
        errors=1,
        duration_ms=900,
        first_token_calls=1,
        first_token_ms=50,
        images=3,
        image_cost=4,
        videos=1,
        audios=1,
        media_ms=2000,
        media_cost=3,
        characters=9,
        credits=1_500_000_000,
    )


def test_where_nothing_was_metered_nothing_adds_up(connection: sqlite3.Connection) -> None:
    assert readings.usage(connection, Scope(TEAM), HOUR).total == NOTHING
    assert readings.by_group(connection, Scope(TEAM), HOUR) == {"": NOTHING}
    assert readings.by_group(connection, Scope(TEAM, group_by=Dimension.MODEL), HOUR) == {}


def test_a_call_counts_in_the_window_it_was_made_in_and_in_no_other(
    connection: sqlite3.Connection, metered: Any
) -> None:
    for at in (NOW, HOUR.start, HOUR.start - MILLISECOND, NOW + MILLISECOND):
        metered(at)
    assert readings.usage(connection, Scope(TEAM), HOUR).total.calls == 2
    assert readings.usage(connection, Scope(TEAM), before(HOUR)).total.calls == 1


def test_calls_of_other_teams_do_not_count(connection: sqlite3.Connection, metered: Any) -> None:
    metered(NOW, team=TEAM + 1)
    assert counted(connection) == 0


@pytest.mark.parametrize(
    ("comparison", "values", "calls"),
    [
        ("IS", ("writer",), 1),
        ("IS_NOT", ("writer",), 2),
        ("CONTAINS", ("rite",), 2),
        ("CONTAINS", ("%",), 0),
        ("STARTS_WITH", ("w",), 1),
        ("ENDS_WITH", ("writer",), 2),
        ("IN", ("writer", "rewriter", "nobody"), 2),
    ],
)
def test_a_filter_compares_as_it_says_and_a_call_that_says_nothing_is_only_not_something(
    connection: sqlite3.Connection, metered: Any, comparison: str, values: tuple[str, ...], calls: int
) -> None:
    for agent in ("writer", "rewriter", None):
        metered(NOW, agent=agent)
    assert counted(connection, where("AGENT", comparison, *values)) == calls


def test_all_filters_must_hold(connection: sqlite3.Connection, metered: Any) -> None:
    metered(NOW, agent="a", task_type="t")
    metered(NOW, agent="a")
    assert counted(connection, where("AGENT", "IS", "a"), where("TASK_TYPE", "IS", "t")) == 1


@pytest.mark.parametrize(
    ("dimension", "value"), [("PROVIDER", "openai"), ("MODEL", "GPT-4O"), ("SUBSCRIBER", " Ann@Example.com ")]
)
def test_providers_models_and_people_are_known_in_whatever_case(
    connection: sqlite3.Connection, metered: Any, dimension: str, value: str
) -> None:
    metered(NOW, subscriber_email=" ann@example.COM")
    assert counted(connection, where(dimension, "IS", value)) == 1
    assert counted(connection, where(dimension, "IS_NOT", value)) == 0


@pytest.mark.parametrize("dimension", ["ORGANIZATION", "PRODUCT", "CREDENTIAL"])
def test_what_has_an_id_may_be_given_by_id_or_by_name(
    connection: sqlite3.Connection, metered: Any, dimension: str
) -> None:
    kind = dimension.lower()
    metered(NOW, **{kind: "Acme", f"{kind}_id": 12})
    metered(NOW, **{kind: "Other"})
    metered(NOW)
    for value in ("Acme", ids.encode(kind, 12)):
        assert counted(connection, where(dimension, "IS", value)) == 1
        assert counted(connection, where(dimension, "IS_NOT", value)) == 2
        assert counted(connection, where(dimension, "IN", value, "Other")) == 2


@pytest.mark.parametrize("dimension", Dimension)
def test_every_dimension_can_be_filtered_and_grouped_by(connection: sqlite3.Connection, dimension: Dimension) -> None:
    scope = Scope(TEAM, (Filter(dimension, Comparison.IS, ("x",)),), dimension)
    assert readings.usage(connection, scope, HOUR).groups == ()


def test_calls_that_belong_to_no_group_are_left_apart(connection: sqlite3.Connection, metered: Any) -> None:
    metered(NOW, agent="b", total_cost=2)
    metered(NOW, agent="a", total_cost=3)
    metered(NOW, total_cost=5)
    usage = readings.usage(connection, Scope(TEAM, group_by=Dimension.AGENT), HOUR)
    assert [(group.value, group.label, group.sums.cost) for group in usage.groups] == [("a", "a", 3), ("b", "b", 2)]
    assert (usage.total.cost, usage.unattributed.cost) == (5, 5)


def test_people_are_grouped_by_id_and_only_else_by_address(connection: sqlite3.Connection, metered: Any) -> None:
    metered(NOW, subscriber_id="u1", subscriber_email="ann@example.com")
    metered(NOW, subscriber_email="Bob@Example.com ")
    metered(NOW, subscriber_email="bob@example.com")
    found = readings.by_group(connection, Scope(TEAM, group_by=Dimension.SUBSCRIBER), HOUR)
    assert {group: sums.calls for group, sums in found.items()} == {"u1": 1, "bob@example.com": 2}


def test_the_last_call_of_a_group_is_found(connection: sqlite3.Connection, metered: Any) -> None:
    metered(NOW - timedelta(minutes=1), agent="a", transaction_id="earlier")
    metered(NOW, agent="a", transaction_id="later", subscriber_email="a@example.com")
    metered(NOW, agent="b", transaction_id="other")
    scope = Scope(TEAM, group_by=Dimension.AGENT)
    assert readings.latest(connection, scope, HOUR, "a") == Call("later", "OPENAI", "gpt-4o", "a@example.com")
    assert readings.latest(connection, scope, HOUR, "c") is None


def test_values_are_those_of_the_last_ninety_days(connection: sqlite3.Connection, metered: Any) -> None:
    metered(NOW - timedelta(days=91), provider="AZURE")
    metered(NOW - timedelta(days=89), provider="OPENAI")
    metered(NOW, provider="ANTHROPIC")
    assert readings.known_values(connection, TEAM, Dimension.PROVIDER, NOW) == ["ANTHROPIC", "OPENAI"]
    assert readings.known_values(connection, TEAM, Dimension.AGENT, NOW) == []


def test_a_window_is_read_along_the_index(connection: sqlite3.Connection) -> None:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    readings.usage(connection, Scope(TEAM, (where("MODEL", "IS", "gpt-4o"),), Dimension.AGENT), HOUR)
    connection.set_trace_callback(None)
    (query,) = statements
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert "SEARCH completion USING INDEX completion_by_request (team=? AND request_ms>? AND request_ms<?)" in plan
