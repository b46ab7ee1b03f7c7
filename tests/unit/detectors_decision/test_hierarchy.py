"""One incident for what one cause moves, and two for two causes, however close in time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.decision.hierarchy import MOST, TOGETHER, Mover, accounted, leads

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGENT, KEY, CUSTOMER, MODEL, PROVIDER, TOTAL = range(6)
BREADTH = {"agent": AGENT, "key": KEY, "customer": CUSTOMER, "model": MODEL, "provider": PROVIDER, "total": TOTAL}


def _mover(
    name: str, excess: float, usual: float, shared: dict[str, float] | None = None, at: datetime = NOON
) -> Mover:
    """An episode named by its dimension and a letter."""
    return Mover(name, BREADTH[name.split(maxsplit=1)[0]], at, excess, excess + usual, shared or {})


def test_everything_that_one_agent_moves_lies_beneath_the_agent() -> None:
    shared = {"agent a": 100.0}
    movers = [
        _mover("total", 92.0, 408.0, shared),
        _mover("provider o", 91.0, 200.0, shared),
        _mover("model x", 90.0, 50.0, shared),
        _mover("key k", 90.0, 20.0, shared),
        _mover("agent a", 90.0, 10.0),
    ]
    assert leads(movers) == dict.fromkeys((mover.id for mover in movers), "agent a")


def test_two_incidents_at_the_same_time_are_two() -> None:
    movers = [
        _mover("agent a", 90.0, 10.0, {"model x": 100.0}),
        _mover("model x", 90.0, 30.0),
        _mover("customer b", 80.0, 10.0, {"model y": 90.0}),
        _mover("model y", 81.0, 60.0),
    ]
    assert leads(movers) == {
        "agent a": "agent a",
        "model x": "agent a",
        "customer b": "customer b",
        "model y": "customer b",
    }


def test_a_second_cause_does_not_hide_behind_the_total_that_the_first_moved() -> None:
    first = _mover("agent a", 190.0, 10.0)
    later = _mover("customer b", 80.0, 10.0, {"total": 90.0}, NOON + timedelta(hours=1))
    assert leads([later], [first]) == {"customer b": "customer b"}


def test_a_whole_with_several_parts_of_size_leads_them() -> None:
    movers = [
        _mover("total", 200.0, 300.0, {"agent a": 110.0, "agent b": 105.0}),
        _mover("agent a", 100.0, 10.0),
        _mover("agent b", 95.0, 10.0),
    ]
    assert leads(movers) == dict.fromkeys(["total", "agent a", "agent b"], "total")


def test_a_part_too_small_to_matter_to_the_whole_has_its_own_story() -> None:
    movers = [
        _mover("total", 200.0, 300.0, {"agent a": 30.0}),
        _mover("agent a", 20.0, 10.0),
    ]
    assert leads(movers) == {"total": "total", "agent a": "agent a"}


def test_what_only_passes_through_the_whole_in_part_is_no_part() -> None:
    movers = [_mover("model x", 100.0, 100.0, {"agent a": 60.0}), _mover("agent a", 90.0, 10.0)]
    assert leads(movers) == {"model x": "model x", "agent a": "agent a"}


def test_a_total_that_follows_hours_later_joins_the_cause_that_still_accounts_for_it() -> None:
    first = _mover("agent a", 90.0, 10.0)
    total = _mover("total", 95.0, 400.0, {"agent a": 100.0}, NOON + timedelta(hours=7))
    assert leads([total], [first]) == {"total": "agent a"}


@pytest.mark.parametrize(("after", "lead"), [(TOGETHER, "total"), (TOGETHER + timedelta(minutes=1), "agent a")])
def test_a_part_joins_a_standing_whole_only_when_it_began_with_it(after: timedelta, lead: str) -> None:
    part = _mover("agent a", 90.0, 10.0, {"total": 100.0}, NOON + after)
    assert leads([part], [_mover("total", 95.0, 400.0)]) == {"agent a": lead}


def test_parts_of_parts_lie_beneath_the_whole() -> None:
    movers = [
        _mover("total", 300.0, 100.0, {"model x": 160.0, "agent a": 70.0}),
        _mover("model x", 150.0, 10.0, {"agent a": 70.0}),
        _mover("agent a", 60.0, 10.0),
    ]
    assert set(leads(movers).values()) == {"total"}


def test_nothing_in_common_accounts_for_nothing() -> None:
    silent = Mover("agent a", AGENT, NOON, 0.0, 0.0)
    assert accounted(_mover("total", 90.0, 10.0), silent) == 0.0
    assert accounted(silent, _mover("total", 90.0, 10.0)) == 0.0


NAMES = ["agent a", "agent b", "key k", "customer c", "model x", "model y", "provider o", "total"]


@st.composite
def _movers(draw: st.DrawFn) -> list[Mover]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=7))
    amounts = st.sampled_from([0.0, 10.0, 50.0, 90.0, 100.0])
    return [
        _mover(
            name,
            draw(amounts),
            draw(amounts),
            {other: draw(amounts) for other in names if other != name},
            NOON + timedelta(minutes=draw(st.integers(0, 300))),
        )
        for name in names
    ]


@given(_movers(), st.integers(0, 7))
@settings(max_examples=80, deadline=None)
def test_each_is_in_one_incident_whose_lead_leads_itself_in_any_order(movers: list[Mover], cut: int) -> None:
    standing, fresh = movers[:cut], movers[cut:]
    found = leads(fresh, standing)
    assert set(found) == {mover.id for mover in fresh}
    led = {**{mover.id: mover.id for mover in standing}, **found}
    assert all(led[lead] == lead for lead in led.values())
    for shuffled in itertools.islice(itertools.permutations(fresh), 0, 24, 5):
        assert leads(shuffled, standing[::-1]) == found


def test_the_share_that_makes_a_cause_is_four_fifths() -> None:
    cause = _mover("agent a", 80.0, 20.0)
    whole = _mover("total", 100.0, 300.0, {"agent a": 100.0})
    assert accounted(whole, cause) == pytest.approx(MOST)
