"""Deciding: when an alert opens, goes on, grows and ends, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from daemon.alerts import (
    ESCALATION,
    RESOLVE_AFTER,
    SILENT_AFTER,
    Alert,
    Decision,
    Reason,
    Transition,
    alert_id,
    decide,
    end_of,
    fell_silent,
    is_told,
    lapse,
    switch_off,
)
from daemon.domain import SeriesKey
from daemon.testing import NOON
from detectors.base import Observation, Verdict

SERIES = SeriesKey.parse("cost/agent/robot")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")

MakeWindow = Callable[..., Observation]
MakeVerdict = Callable[..., Verdict]
MakeAlert = Callable[..., Alert]


def _decide(alert: Alert | None, verdict: Verdict, observation: Observation, min_impact: float = 5.0) -> Decision:
    return decide(
        alert,
        verdict,
        observation,
        tenant="team-1",
        series=SERIES,
        detector="spend",
        min_impact=min_impact,
    )


# -- no alert yet


@pytest.mark.parametrize(
    ("odd", "warming_up", "value", "transition", "reason"),
    [
        (False, False, 10.0, Transition.NONE, Reason.ORDINARY),
        (False, True, 900.0, Transition.NONE, Reason.WARMING_UP),
        (True, False, 14.99, Transition.NONE, Reason.BELOW_MIN_IMPACT),
        (True, False, 5.01, Transition.NONE, Reason.BELOW_MIN_IMPACT),
        (True, False, 15.0, Transition.OPEN, Reason.OUT_OF_BAND),
        (True, False, 5.0, Transition.OPEN, Reason.OUT_OF_BAND),
    ],
)
def test_without_an_alert_every_outcome_has_a_named_reason(
    window: MakeWindow,
    verdict: MakeVerdict,
    odd: bool,
    warming_up: bool,
    value: float,
    transition: Transition,
    reason: Reason,
) -> None:
    decision = _decide(None, verdict(odd, warming_up=warming_up), window(value=value))
    assert (decision.transition, decision.reason) == (transition, reason)
    assert (decision.alert is not None) == (transition is Transition.OPEN)


def test_an_opened_alert_tells_its_window_and_what_was_expected(window: MakeWindow, verdict: MakeVerdict) -> None:
    alert = _decide(None, verdict(), window()).alert
    assert alert is not None
    assert alert.id == alert.incident == alert_id("team-1", SERIES, NOON)
    assert (alert.window_start, alert.window_end, alert.opened_at) == (NOON - HOUR, NOON, NOON)
    assert (alert.observed, alert.expected, alert.low, alert.high, alert.score) == (100.0, 10.0, 5.0, 20.0, 0.9)
    assert (alert.excess, alert.sequence, alert.told_excess, alert.is_open) == (90.0, 0, 0.0, True)


# -- an alert is open


@pytest.mark.parametrize(
    ("after", "odd", "value", "transition", "reason"),
    [
        (MINUTE, True, 100.0, Transition.UPDATE, Reason.STILL_FIRING),
        (MINUTE, True, 12.0, Transition.UPDATE, Reason.STILL_FIRING),
        (MINUTE, True, 369.9, Transition.UPDATE, Reason.STILL_FIRING),
        (MINUTE, True, 370.0, Transition.ESCALATE, Reason.GREW),
        (MINUTE, False, 10.0, Transition.UPDATE, Reason.QUIET_TOO_SHORT),
        (-MINUTE, False, 10.0, Transition.UPDATE, Reason.OUTDATED),
    ],
)
def test_with_an_alert_every_outcome_has_a_named_reason(
    alert: MakeAlert,
    window: MakeWindow,
    verdict: MakeVerdict,
    after: timedelta,
    odd: bool,
    value: float,
    transition: Transition,
    reason: Reason,
) -> None:
    told = alert(told_excess=90.0, sequence=1)
    decision = _decide(told, verdict(odd), window(NOON + after, value))
    assert (decision.transition, decision.reason) == (transition, reason)
    assert decision.alert is not None
    assert decision.alert.id == told.id


def test_an_alert_nobody_was_told_of_never_escalates(
    alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict
) -> None:
    assert _decide(alert(), verdict(), window(NOON + MINUTE, 1e6)).transition is Transition.UPDATE


def test_a_drop_that_deepens_fourfold_escalates_too(alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict) -> None:
    told = alert(observed=900.0, expected=1000.0, told_excess=-100.0)
    decision = _decide(told, verdict(expected=1000.0), window(NOON + MINUTE, 600.0))
    assert decision.transition is Transition.ESCALATE


def test_the_worst_window_is_kept_while_milder_ones_follow(
    alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict
) -> None:
    worse = _decide(alert(), verdict(score=0.95), window(NOON + HOUR, 200.0)).alert
    milder = _decide(worse, verdict(score=0.8), window(NOON + 2 * HOUR, 50.0)).alert
    assert milder is not None
    assert (milder.observed, milder.window_end, milder.score) == (200.0, NOON + HOUR, 0.95)
    assert milder.updated_at == NOON + 2 * HOUR


@pytest.mark.parametrize(
    ("quiet", "transition"),
    [
        (timedelta(0), Transition.UPDATE),
        (RESOLVE_AFTER - MINUTE, Transition.UPDATE),
        (RESOLVE_AFTER, Transition.RESOLVE),
    ],
)
def test_an_alert_ends_only_after_ten_quiet_minutes(
    alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict, quiet: timedelta, transition: Transition
) -> None:
    begun = _decide(alert(), verdict(False), window(NOON + MINUTE, 10.0)).alert
    decision = _decide(begun, verdict(False), window(NOON + MINUTE + quiet, 10.0))
    assert decision.transition is transition
    assert decision.alert is not None
    assert decision.alert.is_open == (transition is Transition.UPDATE)


def test_an_odd_window_starts_the_quiet_time_afresh(alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict) -> None:
    quiet = alert(quiet_since=NOON, updated_at=NOON + 9 * MINUTE)
    again = _decide(quiet, verdict(), window(NOON + 9 * MINUTE, 90.0)).alert
    decision = _decide(again, verdict(False), window(NOON + 11 * MINUTE, 10.0))
    assert decision.reason is Reason.QUIET_TOO_SHORT


def test_a_late_ordinary_hour_does_not_end_an_alert_that_goes_on(
    alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict
) -> None:
    late = _decide(alert(), verdict(False), window(NOON - 3 * HOUR, 10.0)).alert
    decision = _decide(late, verdict(False), window(NOON + MINUTE, 10.0))
    assert decision.reason is Reason.QUIET_TOO_SHORT


def test_a_late_odd_hour_worsens_an_alert_but_does_not_delay_its_end(
    alert: MakeAlert, window: MakeWindow, verdict: MakeVerdict
) -> None:
    quiet = alert(quiet_since=NOON + MINUTE, updated_at=NOON + 9 * MINUTE)
    late = _decide(quiet, verdict(), window(NOON, 300.0)).alert
    decision = _decide(late, verdict(False), window(NOON + 11 * MINUTE, 10.0))
    assert decision.transition is Transition.RESOLVE
    assert decision.alert is not None
    assert decision.alert.observed == 300.0


def test_switching_off_ends_an_alert(alert: MakeAlert) -> None:
    decision = switch_off(alert(), NOON + MINUTE)
    assert (decision.transition, decision.reason) == (Transition.RESOLVE, Reason.SWITCHED_OFF)
    assert decision.alert is not None
    assert (decision.alert.resolved_at, decision.alert.ended_by) == (NOON + MINUTE, Reason.SWITCHED_OFF)


def test_an_alert_whose_series_cannot_be_judged_any_more_lapses_after_three_hours(alert: MakeAlert) -> None:
    assert not fell_silent(alert(), NOON + SILENT_AFTER - MINUTE)
    assert fell_silent(alert(), NOON + SILENT_AFTER)
    decision = lapse(alert(), NOON + SILENT_AFTER)
    assert (decision.transition, decision.reason) == (Transition.RESOLVE, Reason.NOTHING_TO_JUDGE)
    assert decision.alert is not None
    assert decision.alert.resolved_at == NOON + SILENT_AFTER


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (NOON - HOUR, False),  # ends where the episode's first window begins
        (NOON - 30 * MINUTE, True),
        (NOON, True),
        (NOON + 2 * HOUR, True),
        (NOON + 3 * HOUR, False),  # begins where the episode ends
    ],
)
def test_a_window_is_known_when_it_overlaps_an_episode(
    alert: MakeAlert, window: MakeWindow, end: datetime, told: bool
) -> None:
    assert is_told(alert(resolved_at=NOON + 2 * HOUR), window(end)) is told


# -- identity and clocks


@given(
    st.tuples(st.text(max_size=5), st.text(max_size=5), st.integers(0, 3)),
    st.tuples(st.text(max_size=5), st.text(max_size=5), st.integers(0, 3)),
)
@settings(max_examples=50)
def test_ids_are_equal_exactly_when_tenant_series_and_window_are(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    def identity(parts: tuple[str, str, int]) -> str:
        tenant, name, hours = parts
        return alert_id(tenant, SeriesKey.parse(f"cost/agent/{name}"), NOON + hours * HOUR)

    without_zeros = all("\0" not in text for parts in (one, other) for text in parts[:2])
    assert identity(one) == identity(one)
    if without_zeros:
        assert (identity(one) == identity(other)) == (one == other)


def test_the_id_does_not_depend_on_the_owners_zone(verdict: MakeVerdict) -> None:
    here = _decide(None, verdict(), Observation(NOON - HOUR, 100.0, HOUR)).alert
    there = _decide(None, verdict(), Observation((NOON - HOUR).astimezone(BERLIN), 100.0, HOUR)).alert
    assert here == there


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_an_hour_is_an_hour_when_the_clocks_change(day: tuple[int, int, int]) -> None:
    midnight = datetime(*day, tzinfo=UTC)
    hours = [Observation((midnight + number * HOUR).astimezone(BERLIN), 1.0, HOUR) for number in range(-3, 6)]
    assert [end_of(one) for one in hours] == [midnight + (number + 1) * HOUR for number in range(-3, 6)]


def test_the_quiet_time_is_not_shortened_when_the_clocks_go_forward(alert: MakeAlert, verdict: MakeVerdict) -> None:
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 02:00 becomes 03:00 in Berlin
    begun = alert(opened=change - HOUR)
    for end in (change - 2 * MINUTE, change + 3 * MINUTE):
        observation = Observation((end - HOUR).astimezone(BERLIN), 10.0, HOUR)
        decision = _decide(begun, verdict(False), observation)
        assert decision.alert is not None
        begun = decision.alert
    assert begun.is_open


# -- whatever happens


class Episode(RuleBasedStateMachine):
    """Windows of one series in any order of calm and storm, with late ones in between."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.alert: Alert | None = None
        self.last_odd = NOON
        self.ids: list[str] = []

    def _see(self, end: datetime, value: float) -> Decision:
        odd = value >= 20
        verdict = Verdict(0.9 if odd else 0.1, odd, 10.0, 5.0, 20.0, "words", warming_up=False)
        decision = _decide(self.alert, verdict, Observation(end - HOUR, value, HOUR))
        before = self.alert
        if decision.transition is Transition.OPEN:
            assert before is None
            assert decision.alert is not None
            self.ids.append(decision.alert.id)
        if decision.transition is Transition.ESCALATE:
            assert before is not None
            assert decision.alert is not None
            assert abs(decision.alert.excess) >= ESCALATION * abs(before.told_excess) > 0
        if decision.transition is Transition.RESOLVE:
            assert end - self.last_odd >= RESOLVE_AFTER
        if odd and end >= self.last_odd:
            self.last_odd = end
        self.alert = decision.alert if decision.alert is not None and decision.alert.is_open else None
        return decision

    @rule(minutes=st.integers(1, 12), value=st.sampled_from([0.0, 10.0, 19.0, 25.0, 80.0, 400.0, 9000.0]))
    def a_window_follows(self, minutes: int, value: float) -> None:
        self.now += minutes * MINUTE
        self._see(self.now, value)

    @precondition(lambda self: self.alert is not None)
    @rule(hours=st.integers(1, 5), value=st.sampled_from([0.0, 10.0, 80.0]))
    def a_late_window_is_judged(self, hours: int, value: float) -> None:
        assert self._see(self.now - hours * HOUR, value).transition is not Transition.RESOLVE

    @precondition(lambda self: self.alert is not None)
    @rule()
    def people_are_told(self) -> None:
        assert self.alert is not None
        self.alert = replace(self.alert, told_excess=self.alert.excess, sequence=self.alert.sequence + 1)

    @invariant()
    def no_id_is_used_twice(self) -> None:
        assert len(self.ids) == len(set(self.ids))


TestEpisode = Episode.TestCase
TestEpisode.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
