"""The pure step: what a batch does to states, and what it must not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert
from daemon.domain import SeriesKey
from daemon.pipeline.restore import rebuilt
from daemon.pipeline.step import Batch, SeriesInput, SeriesState, StepResult, step
from daemon.rules import SeriesRules
from detectors.base import Observation, Sensitivity
from detectors.decision.episodes import Reason, Transition
from detectors.feedback.lesson import Kind, Lesson, Side, evidence_of
from detectors.feedback.lessons import Lessons

KEY = SeriesKey.parse("cost/agent/robot")
RULES = SeriesRules(enabled=True, detector="spend", sensitivity=Sensitivity.NORMAL, min_impact=5.0)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAWN = datetime(2026, 2, 2, tzinfo=UTC)
TAUGHT = DAWN + 10 * 24 * HOUR
"""Up to here the state knows an ordinary past of about 10 dollars an hour."""


def _usual(number: int) -> float:
    return 10.0 + number * 7 % 11 / 10


def _hours(values: Sequence[float], start: datetime = TAUGHT) -> list[Observation]:
    return [Observation(start + number * HOUR, value, HOUR) for number, value in enumerate(values)]


def _batch(until: datetime, *, mute_until: datetime = DAWN, rules: SeriesRules = RULES, **new: Any) -> Batch:
    return Batch("team-1", at=until, until=until, mute_until=mute_until, series=[SeriesInput(KEY, rules, **new)])


@cache
def _taught() -> SeriesState:
    """Return a state that knows ten days; steps must not change it, so all tests share it."""
    newborn = SeriesState(RULES.build(), DAWN, DAWN)
    closed = _hours([_usual(number) for number in range(240)], DAWN)
    return step({KEY: newborn}, _batch(TAUGHT, mute_until=TAUGHT, closed=closed)).states[KEY]


def _step(batch: Batch, state: SeriesState | None = None) -> StepResult:
    return step({KEY: state or _taught()}, batch)


def _told(result: StepResult) -> list[tuple[Transition, Reason]]:
    return [(outcome.transition, outcome.reason) for outcome in result.outcomes]


def _with_alert(state: SeriesState) -> SeriesState:
    spike = Observation(TAUGHT - 30 * MINUTE, 500.0, HOUR)
    after = _step(_batch(TAUGHT, current=spike), state).states[KEY]
    assert after.alert is not None
    return after


# -- purity


def test_the_given_states_are_not_changed() -> None:
    given_state = _taught()
    before = given_state.detector.state()
    result = _step(_batch(TAUGHT + 3 * HOUR, closed=_hours([10.0, 900.0, 10.0])))
    assert given_state.detector.state() == before
    assert given_state.alert is None
    assert result.states[KEY].detector.state() != before


def test_the_same_batch_on_the_same_states_gives_the_same_result() -> None:
    batch = _batch(TAUGHT + 3 * HOUR, closed=_hours([10.0, 900.0, 10.0]), late=_hours([900.0], DAWN))
    one, other = _step(batch), _step(batch)
    assert one.outcomes == other.outcomes
    assert len(one.outcomes) > 0
    assert one.verdicts == other.verdicts
    assert one.states[KEY].detector.state() == other.states[KEY].detector.state()


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from([9.0, 10.0, 11.0, 0.0, 60.0, 400.0, 5000.0]), min_size=2, max_size=30),
    st.integers(min_value=1, max_value=29),
)
def test_cutting_a_batch_in_two_changes_nothing(values: list[float], cut: int) -> None:
    closed = _hours(values)
    cut = min(cut, len(values) - 1)
    middle, end = TAUGHT + cut * HOUR, TAUGHT + len(values) * HOUR
    whole = _step(_batch(end, closed=closed))
    first = _step(_batch(middle, closed=closed[:cut]))
    second = _step(_batch(end, closed=closed[cut:]), first.states[KEY])
    assert [*first.outcomes, *second.outcomes] == list(whole.outcomes)
    assert second.verdicts == whole.verdicts
    ours, theirs = second.states[KEY], whole.states[KEY]
    assert ours.detector.state() == theirs.detector.state()
    assert replace(ours, detector=theirs.detector) == theirs


# -- opening and ending


def test_a_spike_in_a_closed_hour_opens_and_calm_hours_end_it() -> None:
    opened = _step(_batch(TAUGHT + HOUR, closed=_hours([2000.0])))
    assert _told(opened) == [(Transition.OPEN, Reason.OUT_OF_BAND)]
    state = opened.states[KEY]
    assert state.alert is not None
    assert state.alert.window_end == TAUGHT + HOUR
    calm = _hours([_usual(number) for number in range(120)], TAUGHT + HOUR)
    ended = _step(_batch(TAUGHT + 121 * HOUR, closed=calm), state)
    assert _told(ended)[-1] == (Transition.RESOLVE, Reason.BACK_TO_NORMAL)
    assert ended.states[KEY].alert is None
    assert ended.states[KEY].last == ended.outcomes[-1].alert


def test_the_trailing_hour_is_judged_and_not_learnt() -> None:
    before = _taught().detector.state()
    result = _step(_batch(TAUGHT, current=Observation(TAUGHT - 30 * MINUTE, 500.0, HOUR)))
    assert _told(result) == [(Transition.OPEN, Reason.OUT_OF_BAND)]
    assert result.states[KEY].detector.state() == before
    assert result.learned == frozenset()


def test_muted_history_is_learnt_and_opens_nothing() -> None:
    wild = _hours([_usual(number) if number % 50 else 5000.0 for number in range(200)])
    end = TAUGHT + 200 * HOUR
    result = _step(_batch(end, mute_until=end, closed=wild, late=_hours([5000.0], DAWN), current=wild[-1]))
    assert result.outcomes == []
    assert result.learned == {KEY}
    assert result.states[KEY].learned_until == end


def test_small_hours_open_once_they_are_worth_it_together_and_wait_in_the_state() -> None:
    dear = replace(RULES, min_impact=1000.0)
    first = _step(_batch(TAUGHT + HOUR, rules=dear, closed=_hours([700.0])))
    assert (first.outcomes, first.changed) == ([], {KEY})
    waiting = first.states[KEY].pending
    assert waiting is not None
    assert waiting.opened_at == TAUGHT + HOUR
    later = _batch(TAUGHT + 2 * HOUR, rules=dear, closed=_hours([700.0], TAUGHT + HOUR))
    opened = _step(later, first.states[KEY])
    assert _told(opened) == [(Transition.OPEN, Reason.OUT_OF_BAND)]
    assert opened.outcomes[0].alert.opened_at == TAUGHT + HOUR
    assert opened.outcomes[0].alert.total_excess > 1000.0
    assert opened.states[KEY].pending is None


def test_what_comes_back_soon_is_the_same_alert() -> None:
    alert = _with_alert(_taught()).alert or pytest.fail("no alert")
    over = replace(alert.told(), resolved_at=TAUGHT + HOUR, updated_at=TAUGHT + HOUR)
    state = replace(_taught(), last=over)
    back = _step(_batch(TAUGHT + 2 * HOUR, current=Observation(TAUGHT + HOUR, 500.0, HOUR)), state)
    assert _told(back) == [(Transition.UPDATE, Reason.REOPENED)]
    assert back.outcomes[0].alert.id == alert.id
    assert (back.states[KEY].alert, back.states[KEY].last) == (back.outcomes[0].alert, None)


def test_a_series_that_cannot_be_judged_yet_opens_nothing() -> None:
    newborn = SeriesState(RULES.build(), DAWN, DAWN)
    result = _step(_batch(DAWN + 3 * HOUR, closed=_hours([1.0, 1.0, 5000.0], DAWN)), newborn)
    assert result.outcomes == []
    assert result.verdicts[KEY][1].warming_up


# -- what people said


def _lesson(kind: Kind, alert: Alert) -> Lessons:
    said = Lesson(
        id="lesson-1",
        kind=kind,
        side=Side.ABOVE,
        start=alert.window_start,
        end=None,
        evidence=evidence_of(alert.score),
        given_at=TAUGHT + HOUR,
        given_by="ann",
    )
    return Lessons.of([said], TAUGHT + HOUR)


@pytest.mark.parametrize("kind", [Kind.EXPECTED, Kind.NOISE, Kind.EXPECTED_ONCE])
def test_an_alert_that_a_person_excuses_ends_with_their_word_and_does_not_come_back(kind: Kind) -> None:
    state = _with_alert(_taught())
    assert state.alert is not None
    spike = Observation(TAUGHT - 30 * MINUTE, 500.0, HOUR)
    result = _step(_batch(TAUGHT, current=spike, lessons=_lesson(kind, state.alert)), state)
    assert _told(result)[-1] == (Transition.RESOLVE, Reason.FEEDBACK)
    over = result.states[KEY].last
    assert over is not None
    assert "ann" in over.feedback
    assert result.states[KEY].alert is None


def test_an_alert_that_a_person_confirms_goes_on_with_their_word_and_is_changed_once() -> None:
    state = _with_alert(_taught())
    assert state.alert is not None
    lessons = _lesson(Kind.REAL, state.alert)
    heard = _step(_batch(TAUGHT, lessons=lessons), state)
    assert _told(heard) == [(Transition.UPDATE, Reason.FEEDBACK)]
    after = heard.states[KEY]
    assert after.alert is not None
    assert "ann" in after.alert.feedback
    assert _step(_batch(TAUGHT, lessons=lessons), after).outcomes == []


# -- late hours and gaps


def test_a_late_hour_is_judged_against_its_own_hour_and_not_learnt_twice() -> None:
    before = _taught().detector.state()
    result = _step(_batch(TAUGHT, late=_hours([2000.0], TAUGHT - 3 * HOUR)))
    assert _told(result) == [(Transition.OPEN, Reason.OUT_OF_BAND)]
    opened = result.states[KEY].alert
    assert opened is not None
    assert opened.window_end == TAUGHT - 2 * HOUR
    assert result.states[KEY].detector.state() == before


def test_a_late_call_to_an_hour_of_the_last_episode_opens_nothing() -> None:
    over = replace(_with_alert(_taught()).alert or pytest.fail("no alert"), resolved_at=TAUGHT + HOUR)
    state = replace(_taught(), last=over)
    assert _step(_batch(TAUGHT, late=_hours([600.0], TAUGHT - HOUR)), state).outcomes == []
    earlier = _step(_batch(TAUGHT, late=_hours([2000.0], TAUGHT - 3 * HOUR)), state)
    assert _told(earlier) == [(Transition.OPEN, Reason.OUT_OF_BAND)]


def test_a_gap_is_not_learnt_and_the_clock_goes_on() -> None:
    result = _step(_batch(TAUGHT + 5 * HOUR))
    state = result.states[KEY]
    assert state.detector.state() == _taught().detector.state()
    assert (state.learned_until, state.judged_until) == (TAUGHT + 5 * HOUR, TAUGHT + 5 * HOUR)
    assert result.learned == frozenset()


def test_an_alert_ends_when_there_was_nothing_to_judge_for_hours() -> None:
    state = _with_alert(_taught())
    assert state.alert is not None
    opened = state.alert.updated_at
    assert _step(_batch(opened + 2 * HOUR), state).outcomes == []
    silent = _step(_batch(opened + 3 * HOUR), state)
    assert _told(silent) == [(Transition.RESOLVE, Reason.NOTHING_TO_JUDGE)]
    assert silent.states[KEY].alert is None
    judged = Observation(opened + 2 * HOUR, 500.0, HOUR)
    assert Transition.RESOLVE not in dict(_told(_step(_batch(opened + 3 * HOUR, current=judged), state)))


# -- rebuilding


def test_a_rebuilt_detector_alerts_on_no_hour_that_was_judged_before() -> None:
    values = [_usual(number) for number in range(240)]
    values[200] = 5000.0
    judged = replace(_taught(), judged_until=TAUGHT)
    state = rebuilt(judged, RULES)
    assert state.learned_until < state.judged_until == TAUGHT
    result = _step(_batch(TAUGHT + HOUR, closed=[*_hours(values, DAWN), *_hours([9000.0])]), state)
    assert [outcome.alert.window_end for outcome in result.outcomes] == [TAUGHT + HOUR]


def test_a_rebuild_across_the_repeated_hour_of_autumn_alerts_on_nothing_twice() -> None:
    change = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # in Berlin 03:00 becomes 02:00
    start = change - 240 * HOUR
    values = [*(_usual(number) for number in range(239)), 5000.0]
    berlin = ZoneInfo("Europe/Berlin")
    closed = [Observation(one.at.astimezone(berlin), one.value, HOUR) for one in _hours(values, start)]
    state = SeriesState(RULES.build(), learned_until=start, judged_until=change)
    assert _step(_batch(change, closed=closed), state).outcomes == []


# -- switched off


def test_a_series_switched_off_ends_its_alert_and_goes_on_learning_in_silence() -> None:
    off = replace(RULES, enabled=False)
    state = _with_alert(_taught())
    spike = _hours([3000.0])
    result = _step(_batch(TAUGHT + HOUR, rules=off, closed=spike, current=spike[0]), state)
    assert _told(result) == [(Transition.RESOLVE, Reason.SWITCHED_OFF)]
    assert result.states[KEY].alert is None
    assert result.states[KEY].detector.state() != state.detector.state()
    assert result.verdicts == {}
    again = _step(_batch(TAUGHT + 2 * HOUR, rules=off, closed=_hours([3000.0], TAUGHT + HOUR)), result.states[KEY])
    assert again.outcomes == []


def test_two_series_in_one_batch_do_not_touch_each_other() -> None:
    other = SeriesKey.parse("cost/agent/helper")
    batch = Batch(
        "team-1",
        at=TAUGHT + HOUR,
        until=TAUGHT + HOUR,
        mute_until=DAWN,
        series=[SeriesInput(KEY, RULES, closed=_hours([2000.0])), SeriesInput(other, RULES, closed=_hours([10.0]))],
    )
    result = step({KEY: _taught(), other: _taught()}, batch)
    alerts: list[Alert] = [outcome.alert for outcome in result.outcomes]
    assert [alert.series for alert in alerts] == [KEY]
    assert result.states[other].alert is None
    assert set(result.verdicts) == {KEY, other}
