"""Labelled incidents: what they claim is what happens, and nothing else changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.workload.calls import Body
from local_platform.workload.company import HALDEN
from local_platform.workload.generator import generate, stream
from local_platform.workload.incidents import (
    KINDS,
    QUIET,
    WILD_LASTS,
    Incident,
    disturbance,
    gone_wild,
    plan,
    wild_calls,
)

UNTIL = datetime(2026, 11, 20, 13, 7, tzinfo=UTC)
START = UNTIL - timedelta(days=60)
PLANNED = {incident.kind: incident for incident in plan(HALDEN, 7, START, UNTIL)}
HOURS = timedelta(hours=3)


def around(incident: Incident, *, disturbed: bool) -> list[Body]:
    disturb = disturbance(HALDEN, 7, [incident]) if disturbed else None
    return list(generate(HALDEN, 7, incident.start - HOURS, incident.end + HOURS, disturb))


def difference(incident: Incident) -> tuple[list[Body], list[Body]]:
    """Return what the incident adds and what it takes away."""
    before = {c["transactionId"]: c for c in around(incident, disturbed=False)}
    after = {c["transactionId"]: c for c in around(incident, disturbed=True)}
    added = [call for key, call in after.items() if key not in before]
    return added, [call for key, call in before.items() if key not in after]


def inside(incident: Incident, call: Body) -> bool:
    return incident.start <= datetime.fromisoformat(call["requestTime"]) < incident.end


def test_sixty_days_hold_one_incident_of_each_kind() -> None:
    assert set(PLANNED) == set(KINDS)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 120),
    st.integers(0, 400 * 24 * 60).map(lambda minutes: UNTIL + timedelta(minutes=minutes)),
)
def test_the_start_and_the_last_two_days_stay_free_and_incidents_keep_apart(
    seed: int, days: int, until: datetime
) -> None:
    start = until - timedelta(days=days)
    planned = plan(HALDEN, seed, start, until)
    learning = min(timedelta(days=14), timedelta(days=days) / 3)
    assert len(planned) == max(0, min(len(KINDS), (until - QUIET - start - learning).days // 9))
    times = [time for incident in planned for time in (incident.start, incident.end)]
    assert times == sorted(times)
    assert not times or start + learning <= times[0] <= times[-1] <= until - QUIET


def test_the_plan_is_fixed_by_the_seed() -> None:
    assert plan(HALDEN, 7, START, UNTIL) == plan(HALDEN, 7, START, UNTIL)
    assert plan(HALDEN, 7, START, UNTIL) != plan(HALDEN, 8, START, UNTIL)


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_incident_survives_as_its_label(kind: str) -> None:
    assert Incident.from_label(PLANNED[kind].label()) == PLANNED[kind]


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_incident_changes_its_entity_alone_and_only_within_its_time(kind: str) -> None:
    incident = PLANNED[kind]
    added, removed = difference(incident)
    assert added or removed
    for call in added + removed:
        assert inside(incident, call)
        by = {"agent": call.get("agent"), "api_key": call["subscriber"]["credential"]["name"]}
        assert by[incident.dimension] == incident.entity


@pytest.mark.parametrize("kind", list(KINDS))
def test_calls_stay_in_time_order_through_an_incident(kind: str) -> None:
    times = [call["requestTime"] for call in around(PLANNED[kind], disturbed=True)]
    assert times == sorted(times)


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_incident_does_not_depend_on_how_the_interval_is_cut(kind: str) -> None:
    incident = PLANNED[kind]
    disturb = disturbance(HALDEN, 7, [incident])
    middle = incident.start + timedelta(minutes=71, seconds=3)
    parts = [
        *generate(HALDEN, 7, incident.start, middle, disturb),
        *generate(HALDEN, 7, middle, incident.end, disturb),
    ]
    assert parts == list(generate(HALDEN, 7, incident.start, incident.end, disturb))


def test_a_spike_multiplies_the_agents_calls() -> None:
    added, removed = difference(PLANNED["spike"])
    ordinary = [
        call
        for call in around(PLANNED["spike"], disturbed=False)
        if call["agent"] == "contract-review" and inside(PLANNED["spike"], call)
    ]
    assert not removed
    assert len(added) > 3 * len(ordinary)


def test_a_leaked_key_is_used_at_night_by_nobody_known() -> None:
    added, removed = difference(PLANNED["leaked-key"])
    hours = {datetime.fromisoformat(c["requestTime"]).astimezone(HALDEN.zone).hour for c in added}
    assert not removed
    assert hours == {22, 23, 0, 1, 2, 3, 4, 5}
    assert not any("agent" in call for call in added)


def test_a_drop_leaves_the_agent_silent() -> None:
    added, removed = difference(PLANNED["drop"])
    assert not added
    assert len(removed) > 60
    left = [c for c in around(PLANNED["drop"], disturbed=True) if inside(PLANNED["drop"], c)]
    assert left
    assert "support-chat" not in {call["agent"] for call in left}


def test_a_runaway_job_runs_over_a_weekend_and_gets_faster() -> None:
    incident = PLANNED["runaway"]
    added, removed = difference(incident)
    assert not removed
    assert incident.start.astimezone(HALDEN.zone).weekday() == 5
    middle = incident.start + (incident.end - incident.start) / 2
    late = [c for c in added if datetime.fromisoformat(c["requestTime"]) >= middle]
    assert len(late) > 1.5 * (len(added) - len(late))


def test_a_label_of_another_kind_disturbs_nothing() -> None:
    wild = gone_wild(START)
    calls = [{"requestTime": "2026-09-21T13:10:00.000Z", "agent": "research-agent"}]
    assert disturbance(HALDEN, 7, [wild])(START.replace(minute=0), calls) == calls


def test_an_agent_gone_wild_calls_four_to_six_times_a_second_for_three_minutes() -> None:
    incident = gone_wild(UNTIL)
    times = [elapsed for elapsed, _ in wild_calls(HALDEN, incident, stream(3, "wild", UNTIL))]
    gaps = [b - a for a, b in pairwise(times)]
    assert times[0] == 0
    assert WILD_LASTS.total_seconds() - 1 < times[-1] < WILD_LASTS.total_seconds()
    assert 1 / 6 <= min(gaps) <= max(gaps) <= 1 / 4


def test_an_agent_gone_wild_burns_dollars_every_ten_seconds() -> None:
    calls = list(wild_calls(HALDEN, gone_wild(UNTIL), stream(3, "wild", UNTIL)))
    spent = [0.0] * 18
    for elapsed, call in calls:
        usage = Usage(input_tokens=call["inputTokenCount"], output_tokens=call["outputTokenCount"])
        priced = calc_price(usage, model_ref=call["model"], provider_id=call["provider"])
        spent[int(elapsed // 10)] += float(priced.total_price)
    assert 1.5 < spent[0] < 4
    assert 3 < spent[-1] < 8
    assert {call["agent"] for _, call in calls} == {"research-agent"}
    assert len({call["traceId"] for _, call in calls}) == 1
