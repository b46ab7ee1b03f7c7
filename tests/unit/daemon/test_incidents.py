"""One message for one incident, however many series it moves, and two for two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from daemon.alerts import Alert
from daemon.domain import NAMED, NANO, Dimension, Entity, Measures, SeriesKey
from daemon.pipeline.incidents import STRANDED_AFTER, Told, group, unsettled
from daemon.pipeline.movers import survey
from daemon.pipeline.step import Batch, Outcome, SeriesInput, SeriesState, step
from daemon.rules import SeriesRules
from daemon.store import Cells, Span
from daemon.testing import NOON
from detectors.base import Detector, Observation, Sensitivity, Verdict
from detectors.decision.episodes import Reason, Transition
from notifiers.base import Kind

MakeAlert = Callable[..., Alert]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

REASONS = {
    Transition.OPEN: Reason.OUT_OF_BAND,
    Transition.UPDATE: Reason.STILL_FIRING,
    Transition.ESCALATE: Reason.GREW,
    Transition.RESOLVE: Reason.BACK_TO_NORMAL,
}


class Calls:
    """What was spent by whom, in place of a store; the same in every span."""

    def __init__(self, *spent: tuple[float, str]) -> None:
        self.spent = [(cost, dict(one.split("/") for one in names.split())) for cost, names in spent]
        self.asked: list[Sequence[Span]] = []

    async def cells(self, entity: Entity, spans: Sequence[Span]) -> Cells:
        self.asked.append(spans)
        own = [one for one in self.spent if _is_of(one[1], entity)]
        return {
            tuple(names.get(dimension) for dimension in NAMED): Measures(calls=10, cost_nanos=round(cost * NANO))
            for cost, names in own
        }


def _is_of(names: Mapping[str, str], entity: Entity) -> bool:
    return entity.dimension is Dimension.TOTAL or names.get(entity.dimension) == entity.name


ROBOT = Calls(
    (100.0, "agent/robot provider/openai model/big api_key/prod"),
    (300.0, "agent/helper provider/openai model/small api_key/dev"),
)
"""One agent that spends 90 dollars more than usual, on a model and with a key of its own."""

NOTHING = Calls()


async def _group(
    outcomes: Sequence[Outcome],
    still_open: Sequence[Alert] = (),
    calls: Calls = NOTHING,
    verdicts: Mapping[Any, tuple[Observation, Verdict]] | None = None,
    over: Sequence[Alert] = (),
) -> tuple[list[Alert], list[Told]]:
    found = unsettled(outcomes, still_open, over)
    movers = await survey(calls, found.joining, found.heads, verdicts or {})  # type: ignore[arg-type] # all it needs
    return group(outcomes, found, movers)


def _outcome(alert: Alert, transition: Transition = Transition.OPEN, reason: Reason | None = None) -> Outcome:
    return Outcome(alert.series, transition, reason or REASONS[transition], alert)


def _over(alert: Alert) -> Alert:
    return replace(alert, resolved_at=alert.opened_at + 30 * MINUTE)


def _grouped(told: list[Told]) -> list[tuple[str, Kind]]:
    return [(str(one.alert.series), one.kind) for one in told]


def _moved(alert: MakeAlert, observed: Mapping[str, float]) -> list[Outcome]:
    """Return openings of series that are 90 dollars beyond what is usual for them."""
    return [_outcome(alert(f"cost/{name}", observed=value, expected=value - 90.0)) for name, value in observed.items()]


async def test_everything_that_one_agent_moves_gives_one_message_about_the_agent(alert: MakeAlert) -> None:
    series = {
        "total": 400.0,
        "provider/openai": 400.0,
        "model/big": 100.0,
        "api_key/prod": 100.0,
        "agent/robot": 100.0,
    }
    alerts, told = await _group(_moved(alert, series), calls=ROBOT)
    assert _grouped(told) == [("cost/agent/robot", Kind.FIRING)]
    assert {one.incident for one in alerts} == {told[0].alert.id}
    assert len(alerts) == 5


async def test_two_incidents_at_the_same_time_are_told_both(alert: MakeAlert) -> None:
    calls = Calls((100.0, "agent/robot model/big"), (100.0, "customer/acme agent/helper model/small"))
    series = {"agent/robot": 100.0, "model/big": 100.0, "customer/acme": 100.0, "model/small": 100.0}
    told = (await _group(_moved(alert, series), calls=calls))[1]
    assert sorted(_grouped(told)) == [("cost/agent/robot", Kind.FIRING), ("cost/customer/acme", Kind.FIRING)]


async def test_a_second_cause_does_not_hide_behind_the_first_or_the_total_beneath_it(alert: MakeAlert) -> None:
    calls = Calls((100.0, "agent/robot model/big"), (100.0, "customer/acme model/small"))
    first = alert("cost/agent/robot")
    total = alert("cost/total", observed=200.0, expected=110.0, incident=first.id)
    later = alert("cost/customer/acme", opened=NOON + 40 * MINUTE)
    assert _grouped((await _group([_outcome(later)], [first, total], calls))[1]) == [
        ("cost/customer/acme", Kind.FIRING)
    ]


async def test_the_dearest_series_speaks_when_the_agent_explains_little(alert: MakeAlert) -> None:
    calls = Calls((40.0, "agent/robot provider/openai"), (110.0, "agent/helper provider/openai"))
    opened = [
        _outcome(alert("cost/agent/robot", observed=40.0)),
        _outcome(alert("cost/provider/openai", observed=150.0)),
    ]
    alerts, told = await _group(opened, calls=calls)
    assert _grouped(told) == [("cost/provider/openai", Kind.FIRING)]
    assert {one.incident for one in alerts} == {told[0].alert.id}


async def test_a_total_that_follows_hours_later_joins_the_cause_that_still_moves_it(alert: MakeAlert) -> None:
    lead = alert("cost/agent/robot", observed=5000.0)
    later = alert("cost/total", opened=NOON + 5 * HOUR, observed=400.0, expected=310.0)
    present = {lead.series: (Observation(NOON + 4 * HOUR, 100.0, HOUR), Verdict(0.9, True, 10.0, 5, 20, "", False))}
    alerts, told = await _group([_outcome(later)], [lead], ROBOT, present)
    assert told == []
    assert alerts[0].incident == lead.id


async def test_a_total_does_not_join_an_alert_that_has_calmed_down_since(alert: MakeAlert) -> None:
    lead = alert("cost/agent/robot", observed=5000.0)
    later = alert("cost/total", opened=NOON + 5 * HOUR, observed=400.0, expected=310.0)
    present = {lead.series: (Observation(NOON + 4 * HOUR, 11.0, HOUR), Verdict(0.1, False, 10.0, 5, 20, "", False))}
    assert _grouped((await _group([_outcome(later)], [lead], ROBOT, present))[1]) == [("cost/total", Kind.FIRING)]


async def test_of_a_drop_the_day_before_says_what_belongs_together(alert: MakeAlert) -> None:
    fallen = [
        _outcome(alert("cost/agent/robot", observed=0.0, expected=100.0)),
        _outcome(alert("cost/model/big", observed=0.0, expected=100.0)),
        _outcome(alert("cost/agent/helper", observed=0.0, expected=300.0)),
    ]
    calls = Calls((2400.0, "agent/robot model/big"), (7200.0, "agent/helper model/small"))
    told = (await _group(fallen, calls=calls))[1]
    assert sorted(_grouped(told)) == [("cost/agent/helper", Kind.FIRING), ("cost/agent/robot", Kind.FIRING)]
    assert {end - start for spans in calls.asked for start, end in spans} == {24 * 3_600_000}


async def test_rates_belong_together_by_the_calls_they_are_over(alert: MakeAlert) -> None:
    calls = Calls((0.0, "model/big agent/robot"), (0.0, "model/small agent/helper"))
    failing = [
        _outcome(alert("error_rate/total", observed=0.4, expected=0.0)),
        _outcome(alert("error_rate/model/big", observed=0.8, expected=0.0)),
        _outcome(alert("error_rate/agent/helper", observed=0.3, expected=0.0)),
    ]
    told = (await _group(failing, calls=calls))[1]
    assert sorted(_grouped(told)) == [("error_rate/agent/helper", Kind.FIRING), ("error_rate/model/big", Kind.FIRING)]


async def test_whoever_is_alone_is_not_looked_into(alert: MakeAlert) -> None:
    calls = Calls((100.0, "agent/robot"))
    assert len((await _group([_outcome(alert())], [alert("error_rate/total")], calls))[1]) == 1
    assert await _group([], [alert(), alert("cost/total")], calls) == ([], [])
    assert calls.asked == []


async def test_many_alerts_of_one_hour_are_looked_into_with_one_query(alert: MakeAlert) -> None:
    calls = Calls(*((100.0, f"agent/a{number} model/m{number}") for number in range(50)))
    series = {f"{kind}{number}": 100.0 for kind in ("agent/a", "model/m") for number in range(50)}
    told = (await _group(_moved(alert, series), calls=calls))[1]
    assert len(calls.asked) == 1
    assert len(told) == 50
    assert all(str(one.alert.series).startswith("cost/agent/") for one in told)


@pytest.mark.parametrize("is_back", [True, False])
async def test_people_are_told_that_what_they_believe_over_is_back(alert: MakeAlert, is_back: bool) -> None:
    grown = alert(sequence=2, told_excess=20.0, unannounced=is_back)
    (told,) = (await _group([_outcome(grown, Transition.ESCALATE)], [grown]))[1]
    assert (told.kind, told.is_back, told.alert.unannounced) == (Kind.UPDATE, is_back, False)


@pytest.mark.parametrize("is_odd", [True, False])
async def test_what_people_excused_leads_in_silence_while_it_goes_on(alert: MakeAlert, is_odd: bool) -> None:
    lead = replace(_over(alert("cost/agent/robot", observed=100.0, expected=10.0)), ended_by=Reason.FEEDBACK)
    new = _outcome(alert("cost/model/big", observed=100.0, expected=10.0))
    found = unsettled([new], [], [lead], lambda _: is_odd)
    movers = await survey(ROBOT, found.joining, found.heads, {})  # type: ignore[arg-type] # all it needs
    (settled,), told = group([new], found, movers)
    assert (settled.incident == lead.id, _grouped(told)) == (
        is_odd,
        [] if is_odd else [("cost/model/big", Kind.FIRING)],
    )


async def test_what_comes_back_unannounced_stays_silent_to_its_end(alert: MakeAlert) -> None:
    back = alert(sequence=2, told_excess=90.0, unannounced=True)
    assert (await _group([_outcome(back, Transition.UPDATE, Reason.REOPENED)]))[1] == []
    assert (await _group([_outcome(_over(back), Transition.RESOLVE)], [back]))[1] == []


async def test_a_member_that_comes_back_after_its_lead_is_over_speaks_for_itself(alert: MakeAlert) -> None:
    lead = alert("cost/agent/robot")
    back = _outcome(alert("cost/total", incident=lead.id), Transition.UPDATE, Reason.REOPENED)
    assert _grouped((await _group([back]))[1]) == [("cost/total", Kind.FIRING)]
    assert (await _group([back], [lead]))[1] == []


@pytest.mark.parametrize(
    ("after", "changed", "told"),
    [
        (STRANDED_AFTER, {}, True),
        (STRANDED_AFTER - MINUTE, {}, False),
        (STRANDED_AFTER, {"quiet_since": NOON}, False),
        (STRANDED_AFTER, {"resolved_at": NOON}, False),
    ],
)
async def test_what_goes_on_long_after_the_end_of_its_lead_speaks_for_itself(
    alert: MakeAlert, after: timedelta, changed: dict[str, Any], told: bool
) -> None:
    lead = alert("cost/agent/robot", resolved_at=NOON)
    member = alert("cost/total", incident=lead.id, updated_at=NOON + after, **changed)
    alerts, messages = await _group([_outcome(member, Transition.UPDATE)], [member], over=[lead])
    assert _grouped(messages) == ([("cost/total", Kind.FIRING)] if told else [])
    assert [one.incident for one in alerts] == [member.id if told else lead.id]


async def test_another_metric_or_direction_is_another_incident(alert: MakeAlert) -> None:
    opened = [
        _outcome(alert("cost/agent/robot")),
        _outcome(alert("error_rate/total")),
        _outcome(alert("cost/agent/idle", observed=0.0)),
    ]
    told = (await _group(opened))[1]
    assert sorted(_grouped(told)) == [
        ("cost/agent/idle", Kind.FIRING),
        ("cost/agent/robot", Kind.FIRING),
        ("error_rate/total", Kind.FIRING),
    ]


async def test_nobody_joins_a_member_of_an_incident(alert: MakeAlert) -> None:
    member = alert("cost/provider/openai", incident="another")
    assert len((await _group([_outcome(alert("cost/total"))], [member], ROBOT))[1]) == 1


async def test_what_opened_and_ended_in_one_batch_is_told_once_as_over(alert: MakeAlert) -> None:
    opened = alert()
    outcomes = [_outcome(opened), _outcome(_over(opened), Transition.RESOLVE)]
    alerts, told = await _group(outcomes)
    assert _grouped(told) == [("cost/agent/robot", Kind.RESOLVED)]
    assert len(alerts) == 1
    assert alerts[0].resolved_at is not None


async def test_what_goes_on_does_not_hide_behind_what_is_over(alert: MakeAlert) -> None:
    ended, going_on = alert("cost/agent/robot"), alert("cost/total", observed=400.0, expected=310.0)
    outcomes = [_outcome(ended), _outcome(_over(ended), Transition.RESOLVE), _outcome(going_on)]
    assert _grouped((await _group(outcomes, calls=ROBOT))[1]) == [("cost/total", Kind.FIRING)]


async def test_what_is_over_may_hide_behind_what_goes_on(alert: MakeAlert) -> None:
    ended, going_on = alert("cost/total", observed=400.0, expected=310.0), alert("cost/agent/robot")
    outcomes = [_outcome(ended), _outcome(_over(ended), Transition.RESOLVE), _outcome(going_on)]
    assert _grouped((await _group(outcomes, calls=ROBOT))[1]) == [("cost/agent/robot", Kind.FIRING)]


async def test_an_escalation_is_an_update_with_the_next_number_and_the_new_excess(alert: MakeAlert) -> None:
    before = alert(sequence=1, told_excess=90.0)
    grown = replace(before, observed=1000.0)
    alerts, told = await _group([_outcome(grown, Transition.ESCALATE)], [before])
    assert [(one.kind, one.alert.sequence, one.alert.told_excess) for one in told] == [(Kind.UPDATE, 2, 990.0)]
    assert alerts == [told[0].alert]


async def test_a_quiet_update_is_kept_and_not_told(alert: MakeAlert) -> None:
    updated = alert(sequence=1, updated_at=NOON + MINUTE)
    alerts, told = await _group([_outcome(updated, Transition.UPDATE)], [alert(sequence=1)])
    assert (alerts, told) == ([updated], [])


async def test_a_member_that_ends_is_not_told(alert: MakeAlert) -> None:
    lead = alert("cost/agent/robot", sequence=1)
    member = _over(alert("cost/total", incident=lead.id))
    alerts, told = await _group([_outcome(member, Transition.RESOLVE)], [lead, alert("cost/total", incident=lead.id)])
    assert (alerts, told) == ([member], [])


class Bounded(Detector):
    """Finds more than 20 odd, and knows everything from the start."""

    name = "bounded"

    @override
    def judge(self, observation: Observation) -> Verdict:
        odd = observation.value > 20.0
        return Verdict(0.9 if odd else 0.0, odd, 10.0, 0.0, 20.0, "far above" if odd else "ordinary", False)

    @override
    def learn(self, observation: Observation) -> None:
        """Nothing is learnt."""

    @override
    def state(self) -> dict[str, Any]:
        return {}

    @override
    def restore(self, state: dict[str, Any]) -> None:
        """Nothing was learnt."""


KEY = SeriesKey.parse("cost/agent/robot")
RULES = SeriesRules(enabled=True, detector="spend", sensitivity=Sensitivity.NORMAL, min_impact=50.0)


def _batches(values: Sequence[float], cuts: Sequence[int]) -> Iterator[Batch]:
    """Cut hours into batches, as polls after outages of any length do."""
    hours = [Observation(NOON + number * HOUR, value, HOUR) for number, value in enumerate(values)]
    edges = sorted({0, len(values), *(cut for cut in cuts if cut < len(values))})
    for first, last in pairwise(edges):
        until = NOON + last * HOUR
        series = [SeriesInput(KEY, RULES, closed=hours[first:last])]
        yield Batch("team-1", at=until, until=until, mute_until=NOON, series=series)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([10.0, 10.0, 10.0, 40.0, 100.0, 200.0, 900.0]), min_size=1, max_size=40),
    st.lists(st.integers(1, 39), max_size=12),
)
async def test_what_people_believe_is_so_however_the_hours_come_in_batches(
    values: list[float], cuts: list[int]
) -> None:
    state = SeriesState(Bounded(), NOON, NOON)
    believed: dict[str, Kind] = {}
    for batch in _batches(values, cuts):
        result = step({KEY: state}, batch)
        alerts, told = await _group(result.outcomes, [state.alert] if state.alert else [])
        latest = {alert.id: alert for alert in alerts}
        believed |= {one.alert.id: one.kind for one in told}
        state = result.states[KEY]
        if state.alert is not None:
            state = replace(state, alert=latest.get(state.alert.id, state.alert))
        if state.last is not None:
            state = replace(state, last=latest.get(state.last.id, state.last))
        for alert in latest.values():
            over_for_them = believed[alert.id] is Kind.RESOLVED
            assert over_for_them or alert.is_open
            assert not (over_for_them and alert.is_open) or alert.unannounced


SERIES = st.sampled_from(["cost/total", "cost/agent/a", "cost/agent/b", "calls/total", "cost/model/m"])


@settings(max_examples=50)
@given(
    st.lists(st.tuples(SERIES, st.integers(0, 200), st.booleans(), st.booleans()), max_size=6, unique_by=lambda x: x[0])
)
async def test_every_open_alert_has_a_message_that_speaks_for_it(
    alert: MakeAlert, drawn: list[tuple[str, int, bool, bool]]
) -> None:
    outcomes: list[Outcome] = []
    for series, minutes, up, ends in drawn:
        changed: dict[str, Any] = {} if up else {"observed": 0.0}
        opened = alert(series, opened=NOON + minutes * MINUTE, **changed)
        outcomes.append(_outcome(opened))
        if ends:
            outcomes.append(_outcome(_over(opened), Transition.RESOLVE))
    calls = Calls((100.0, "agent/a model/m"), (50.0, "agent/b model/m"))
    alerts, told = await _group(outcomes, calls=calls)
    speaking = {one.alert.id: one for one in told}
    assert len(speaking) == len(told)
    for one in alerts:
        assert one.incident in speaking
        assert (one.sequence == 1) == (one.id in speaking)
        if one.is_open:
            assert speaking[one.incident].kind is Kind.FIRING
