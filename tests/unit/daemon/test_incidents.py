"""One message for one incident, however many series it moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert, Decision, Reason, Transition
from daemon.pipeline.incidents import SAME_INCIDENT, Told, group
from daemon.pipeline.step import Outcome
from daemon.testing import NOON
from notifiers.base import Kind

MakeAlert = Callable[..., Alert]
MINUTE = timedelta(minutes=1)

REASONS = {
    Transition.OPEN: Reason.OUT_OF_BAND,
    Transition.UPDATE: Reason.STILL_FIRING,
    Transition.ESCALATE: Reason.GREW,
    Transition.RESOLVE: Reason.BACK_TO_NORMAL,
}


def _outcome(alert: Alert, transition: Transition = Transition.OPEN) -> Outcome:
    return Outcome(alert.series, Decision(transition, REASONS[transition], alert), alert)


def _over(alert: Alert) -> Alert:
    return replace(alert, resolved_at=alert.opened_at + 30 * MINUTE)


def _grouped(told: list[Told]) -> list[tuple[str, Kind]]:
    return [(str(one.alert.series), one.kind) for one in told]


def test_everything_that_one_agent_moves_gives_one_message_about_the_agent(alert: MakeAlert) -> None:
    moved = {
        "cost/total": 108.0,
        "cost/provider/openai": 104.0,
        "cost/api_key/prod": 102.0,
        "cost/agent/robot": 100.0,
    }
    opened = [_outcome(alert(series, observed=value)) for series, value in moved.items()]
    alerts, told = group(opened, [])
    assert _grouped(told) == [("cost/agent/robot", Kind.FIRING)]
    assert {one.incident for one in alerts} == {told[0].alert.id}
    assert len(alerts) == 4


def test_the_dearest_series_speaks_when_the_agent_explains_little(alert: MakeAlert) -> None:
    opened = [
        _outcome(alert("cost/agent/robot", observed=40.0)),
        _outcome(alert("cost/provider/openai", observed=200.0)),
    ]
    assert _grouped(group(opened, [])[1]) == [("cost/provider/openai", Kind.FIRING)]


def test_a_later_alert_joins_the_incident_in_silence(alert: MakeAlert) -> None:
    lead = alert("cost/agent/robot")
    later = alert("cost/total", opened=NOON + SAME_INCIDENT)
    alerts, told = group([_outcome(later)], [lead])
    assert told == []
    assert alerts[0].incident == lead.id


def test_an_alert_much_later_speaks_for_itself(alert: MakeAlert) -> None:
    later = alert("cost/total", opened=NOON + SAME_INCIDENT + MINUTE)
    assert _grouped(group([_outcome(later)], [alert()])[1]) == [("cost/total", Kind.FIRING)]


def test_another_metric_or_direction_is_another_incident(alert: MakeAlert) -> None:
    opened = [
        _outcome(alert("cost/agent/robot")),
        _outcome(alert("error_rate/total")),
        _outcome(alert("cost/agent/idle", observed=0.0)),
    ]
    told = group(opened, [])[1]
    assert sorted(_grouped(told)) == [
        ("cost/agent/idle", Kind.FIRING),
        ("cost/agent/robot", Kind.FIRING),
        ("error_rate/total", Kind.FIRING),
    ]


def test_nobody_joins_a_member_of_an_incident(alert: MakeAlert) -> None:
    member = alert("cost/provider/openai", incident="another")
    assert len(group([_outcome(alert("cost/total"))], [member])[1]) == 1


def test_what_opened_and_ended_in_one_batch_is_told_once_as_over(alert: MakeAlert) -> None:
    opened = alert()
    outcomes = [_outcome(opened), _outcome(_over(opened), Transition.RESOLVE)]
    alerts, told = group(outcomes, [])
    assert _grouped(told) == [("cost/agent/robot", Kind.RESOLVED)]
    assert len(alerts) == 1
    assert alerts[0].resolved_at is not None


def test_what_goes_on_does_not_hide_behind_what_is_over(alert: MakeAlert) -> None:
    ended, going_on = alert("cost/agent/robot"), alert("cost/total")
    outcomes = [_outcome(ended), _outcome(_over(ended), Transition.RESOLVE), _outcome(going_on)]
    assert sorted(_grouped(group(outcomes, [])[1])) == [
        ("cost/agent/robot", Kind.RESOLVED),
        ("cost/total", Kind.FIRING),
    ]


def test_what_is_over_may_hide_behind_what_goes_on(alert: MakeAlert) -> None:
    ended, going_on = alert("cost/total"), alert("cost/agent/robot")
    outcomes = [_outcome(ended), _outcome(_over(ended), Transition.RESOLVE), _outcome(going_on)]
    assert _grouped(group(outcomes, [])[1]) == [("cost/agent/robot", Kind.FIRING)]


def test_an_escalation_is_an_update_with_the_next_number_and_the_new_excess(alert: MakeAlert) -> None:
    before = alert(sequence=1, told_excess=90.0)
    grown = replace(before, observed=1000.0)
    alerts, told = group([_outcome(grown, Transition.ESCALATE)], [before])
    assert [(one.kind, one.alert.sequence, one.alert.told_excess) for one in told] == [(Kind.UPDATE, 2, 990.0)]
    assert alerts == [told[0].alert]


def test_a_quiet_update_is_kept_and_not_told(alert: MakeAlert) -> None:
    updated = alert(sequence=1, updated_at=NOON + MINUTE)
    alerts, told = group([_outcome(updated, Transition.UPDATE)], [alert(sequence=1)])
    assert (alerts, told) == ([updated], [])


def test_a_member_that_ends_is_not_told(alert: MakeAlert) -> None:
    lead = alert("cost/agent/robot", sequence=1)
    member = _over(alert("cost/total", incident=lead.id))
    alerts, told = group([_outcome(member, Transition.RESOLVE)], [lead, alert("cost/total", incident=lead.id)])
    assert (alerts, told) == ([member], [])


SERIES = st.sampled_from(["cost/total", "cost/agent/a", "cost/agent/b", "calls/total", "cost/model/m"])


@settings(max_examples=50)
@given(
    st.lists(st.tuples(SERIES, st.integers(0, 200), st.booleans(), st.booleans()), max_size=6, unique_by=lambda x: x[0])
)
def test_every_open_alert_has_a_message_that_speaks_for_it(
    alert: MakeAlert, drawn: list[tuple[str, int, bool, bool]]
) -> None:
    outcomes: list[Outcome] = []
    for series, minutes, up, ends in drawn:
        changed: dict[str, Any] = {} if up else {"observed": 0.0}
        opened = alert(series, opened=NOON + minutes * MINUTE, **changed)
        outcomes.append(_outcome(opened))
        if ends:
            outcomes.append(_outcome(_over(opened), Transition.RESOLVE))
    alerts, told = group(outcomes, [])
    speaking = {one.alert.id: one for one in told}
    assert len(speaking) == len(told)
    for one in alerts:
        assert one.incident in speaking
        assert (one.sequence == 1) == (one.id in speaking)
        if one.is_open:
            assert speaking[one.incident].kind is Kind.FIRING
