"""When an episode begins, is told, goes on, ends and comes back, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from detectors.base import Observation, Verdict
from detectors.decision.episodes import (
    Decision,
    Episode,
    Policy,
    Reason,
    Transition,
    covers,
    decide,
    end,
    end_of,
    fell_silent,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
POLICY = Policy(min_impact=5.0)


def _window(ends: datetime = NOON, value: float = 100.0) -> Observation:
    return Observation(ends - HOUR, value, HOUR)


def _verdict(odd: bool = True, expected: float = 10.0, *, warming_up: bool = False, score: float = 0.9) -> Verdict:
    return Verdict(score, odd, expected, 0.5 * expected, 2 * expected, "far above", warming_up)


def _see(
    episode: Episode | None,
    ends: datetime,
    value: float,
    policy: Policy = POLICY,
    *,
    odd: bool | None = None,
    complete: bool = True,
) -> Decision:
    """Decide about a window whose usual value is 10 and whose band is 5 to 20."""
    is_odd = not 5.0 <= value <= 20.0 if odd is None else odd
    return decide(episode, _verdict(is_odd), _window(ends, value), policy, complete=complete)


def _opened(value: float = 100.0, ends: datetime = NOON, policy: Policy = POLICY) -> Episode:
    decision = _see(None, ends, value, policy)
    assert decision.transition is Transition.OPEN
    return _episode(decision)


def _episode(decision: Decision) -> Episode:
    assert decision.episode is not None
    return decision.episode


def _ended(episode: Episode, at: datetime) -> Episode:
    """An episode that ends at a moment, having been told."""
    return _episode(end(episode.told(), at, Reason.BACK_TO_NORMAL))


# -- beginning


@pytest.mark.parametrize(
    ("odd", "warming_up", "value", "transition", "reason"),
    [
        (False, False, 10.0, Transition.NONE, Reason.ORDINARY),
        (False, True, 900.0, Transition.NONE, Reason.TOO_LITTLE_HISTORY),
        (True, False, 14.99, Transition.NONE, Reason.BELOW_MIN_IMPACT),
        (True, False, 5.01, Transition.NONE, Reason.BELOW_MIN_IMPACT),
        (True, False, 15.0, Transition.OPEN, Reason.OUT_OF_BAND),
        (True, False, 5.0, Transition.OPEN, Reason.OUT_OF_BAND),
    ],
)
def test_at_first_every_outcome_has_a_named_reason(
    odd: bool, warming_up: bool, value: float, transition: Transition, reason: Reason
) -> None:
    decision = decide(None, _verdict(odd, warming_up=warming_up), _window(value=value), POLICY)
    assert (decision.transition, decision.reason) == (transition, reason)
    assert (decision.episode is not None) == odd
    assert (decision.episode is not None and decision.episode.is_open) == (transition is Transition.OPEN)


def test_an_opened_episode_tells_its_window_and_what_was_expected() -> None:
    episode = _opened()
    assert (episode.window_start, episode.window_end, episode.opened_at) == (NOON - HOUR, NOON, NOON)
    assert (episode.observed, episode.expected, episode.low, episode.high, episode.score) == (100, 10, 5, 20, 0.9)
    assert (episode.excess, episode.total_excess, episode.told_excess, episode.is_open) == (90.0, 90.0, 0.0, True)


# -- what it must be worth


def test_five_dollars_an_hour_pass_a_minimum_of_twenty_after_four_hours() -> None:
    policy = Policy(min_impact=20.0)
    episode: Episode | None = None
    seen = []
    for number in range(8):
        decision = _see(episode, NOON + number * HOUR, 15.0, policy, odd=True)
        episode = decision.episode
        seen.append(decision.reason)
    assert seen == [Reason.BELOW_MIN_IMPACT] * 3 + [Reason.OUT_OF_BAND] + [Reason.STILL_FIRING] * 4
    assert episode is not None
    assert (episode.total_excess, episode.opened_at, episode.excess) == (40.0, NOON, 5.0)


def test_a_rate_does_not_add_up() -> None:
    policy = Policy(min_impact=20.0, adds_up=False)
    episode: Episode | None = None
    for number in range(8):
        decision = _see(episode, NOON + number * HOUR, 15.0, policy, odd=True)
        assert decision.reason is Reason.BELOW_MIN_IMPACT
        episode = decision.episode
    assert _see(episode, NOON + 8 * HOUR, 30.0, policy).reason is Reason.OUT_OF_BAND


def test_a_sliding_hour_is_not_summed_at_each_look() -> None:
    policy = Policy(min_impact=20.0)
    episode: Episode | None = None
    for minutes in range(59):
        decision = _see(episode, NOON + minutes * MINUTE, 15.0, policy, odd=True, complete=False)
        episode = decision.episode
    assert _episode(decision).total_excess == 5.0


def test_a_spike_counts_once_though_a_complete_and_a_sliding_hour_both_hold_it() -> None:
    sliding = _see(None, NOON - 10 * MINUTE, 100.0, complete=False)
    complete = _see(sliding.episode, NOON, 100.0)
    again = _see(complete.episode, NOON + 20 * MINUTE, 100.0, complete=False)
    assert [_episode(one).total_excess for one in (sliding, complete, again)] == [90.0, 90.0, 90.0]
    next_hour = _see(again.episode, NOON + HOUR, 60.0)
    assert _episode(next_hour).total_excess == 140.0
    assert _episode(_see(next_hour.episode, NOON + HOUR, 60.0)).total_excess == 140.0


def test_a_shortfall_adds_up_below_the_norm() -> None:
    first = _see(None, NOON, 0.0, Policy(min_impact=15.0))
    assert first.reason is Reason.BELOW_MIN_IMPACT
    second = _see(first.episode, NOON + HOUR, 1.0, Policy(min_impact=15.0))
    assert (second.transition, _episode(second).total_excess) == (Transition.OPEN, -19.0)


def test_what_was_never_worth_telling_is_forgotten_once_it_is_calm() -> None:
    pending = _see(None, NOON, 21.0, Policy(min_impact=20.0)).episode
    quiet = _see(pending, NOON + HOUR, 10.0)
    assert (quiet.transition, quiet.reason) == (Transition.NONE, Reason.QUIET_TOO_SHORT)
    gone = _see(quiet.episode, NOON + 2 * HOUR, 10.0)
    assert gone == Decision(Transition.NONE, Reason.BACK_TO_NORMAL, None)


# -- going on


@pytest.mark.parametrize(
    ("after", "odd", "value", "transition", "reason"),
    [
        (MINUTE, True, 100.0, Transition.UPDATE, Reason.STILL_FIRING),
        (MINUTE, True, 12.0, Transition.UPDATE, Reason.STILL_FIRING),
        (MINUTE, True, 369.9, Transition.UPDATE, Reason.STILL_FIRING),
        (MINUTE, True, 370.0, Transition.ESCALATE, Reason.GREW),
        (MINUTE, False, 10.0, Transition.UPDATE, Reason.QUIET_TOO_SHORT),
        (-MINUTE, False, 10.0, Transition.UPDATE, Reason.OUTDATED),
        (MINUTE, True, 4.0, Transition.UPDATE, Reason.QUIET_TOO_SHORT),
    ],
)
def test_while_one_goes_on_every_outcome_has_a_named_reason(
    after: timedelta, odd: bool, value: float, transition: Transition, reason: Reason
) -> None:
    decision = _see(_opened().told(), NOON + after, value, odd=odd)
    assert (decision.transition, decision.reason) == (transition, reason)
    assert _episode(decision).opened_at == NOON


def test_an_episode_nobody_was_told_of_never_escalates() -> None:
    assert _see(_opened(), NOON + MINUTE, 1e6).transition is Transition.UPDATE


def test_a_drop_that_deepens_fourfold_escalates_too() -> None:
    opened = decide(None, _verdict(expected=1000.0), _window(value=900.0), POLICY)
    deeper = decide(_episode(opened).told(), _verdict(expected=1000.0), _window(NOON + MINUTE, 600.0), POLICY)
    assert deeper.transition is Transition.ESCALATE


def test_the_worst_window_is_kept_while_milder_ones_follow() -> None:
    worse = decide(_opened(), _verdict(score=0.95), _window(NOON + HOUR, 200.0), POLICY)
    milder = _episode(decide(worse.episode, _verdict(score=0.8), _window(NOON + 2 * HOUR, 50.0), POLICY))
    assert (milder.observed, milder.window_end, milder.score) == (200.0, NOON + HOUR, 0.95)
    assert milder.updated_at == NOON + 2 * HOUR


def test_a_detector_that_lost_its_history_neither_goes_on_nor_calms_an_episode() -> None:
    opened = _opened()
    decision = decide(opened, _verdict(False, warming_up=True), _window(NOON + 2 * HOUR, 10.0), POLICY)
    assert decision == Decision(Transition.UPDATE, Reason.TOO_LITTLE_HISTORY, opened)


# -- ending


@pytest.mark.parametrize(
    ("quiet", "transition"),
    [
        (timedelta(0), Transition.UPDATE),
        (POLICY.resolve_after - MINUTE, Transition.UPDATE),
        (POLICY.resolve_after, Transition.RESOLVE),
    ],
)
def test_an_episode_ends_only_after_ten_quiet_minutes(quiet: timedelta, transition: Transition) -> None:
    begun = _see(_opened(), NOON + MINUTE, 10.0).episode
    decision = _see(begun, NOON + MINUTE + quiet, 10.0)
    assert decision.transition is transition
    assert _episode(decision).is_open == (transition is Transition.UPDATE)


def test_an_odd_window_starts_the_quiet_time_afresh() -> None:
    quiet = _see(_opened(), NOON + MINUTE, 10.0).episode
    again = _see(quiet, NOON + 9 * MINUTE, 90.0).episode
    assert _see(again, NOON + 12 * MINUTE, 10.0).reason is Reason.QUIET_TOO_SHORT


def test_a_late_ordinary_hour_does_not_end_an_episode_that_goes_on() -> None:
    late = _see(_opened(), NOON - 3 * HOUR, 10.0).episode
    assert _see(late, NOON + MINUTE, 10.0).reason is Reason.QUIET_TOO_SHORT


def test_a_late_odd_hour_worsens_an_episode_but_does_not_delay_its_end() -> None:
    quiet = _see(_opened(), NOON + MINUTE, 10.0).episode
    late = _see(quiet, NOON, 300.0).episode
    decision = _see(late, NOON + 11 * MINUTE, 10.0)
    assert decision.transition is Transition.RESOLVE
    assert _episode(decision).observed == 300.0


def test_what_turns_to_the_other_side_ends_as_turned_and_begins_anew() -> None:
    fallen = _see(_opened(), NOON + HOUR, 0.0)
    ended = _see(fallen.episode, NOON + 2 * HOUR, 0.0)
    assert (ended.transition, ended.reason) == (Transition.RESOLVE, Reason.TURNED)
    anew = _see(ended.episode, NOON + 3 * HOUR, 0.0)
    assert (anew.transition, _episode(anew).excess) == (Transition.OPEN, -10.0)


@pytest.mark.parametrize("reason", [Reason.SWITCHED_OFF, Reason.NOTHING_TO_JUDGE, Reason.FEEDBACK])
def test_an_episode_can_be_ended_from_outside(reason: Reason) -> None:
    decision = end(_opened(), NOON + MINUTE, reason)
    assert (decision.transition, decision.reason) == (Transition.RESOLVE, reason)
    assert (_episode(decision).ended_at, _episode(decision).ended_by) == (NOON + MINUTE, reason)


def test_a_pending_episode_that_is_ended_vanishes() -> None:
    pending = _episode(_see(None, NOON, 21.0, Policy(min_impact=20.0)))
    assert end(pending, NOON + MINUTE, Reason.SWITCHED_OFF) == Decision(Transition.NONE, Reason.SWITCHED_OFF, None)


def test_an_episode_whose_series_cannot_be_judged_any_more_fell_silent_after_three_hours() -> None:
    assert not fell_silent(_opened(), NOON + POLICY.silent_after - MINUTE, POLICY)
    assert fell_silent(_opened(), NOON + POLICY.silent_after, POLICY)
    assert not fell_silent(_ended(_opened(), NOON), NOON + 9 * HOUR, POLICY)


# -- coming back


def test_what_comes_back_soon_is_the_same_episode_and_no_news() -> None:
    over = _ended(_opened(), NOON + HOUR)
    back = _see(over, NOON + 3 * HOUR, 100.0)
    assert (back.transition, back.reason) == (Transition.UPDATE, Reason.REOPENED)
    assert (_episode(back).opened_at, _episode(back).is_open, _episode(back).unannounced) == (NOON, True, True)
    assert _episode(back).ended_by is None


def test_what_comes_back_clearly_stronger_is_told_again() -> None:
    over = _ended(_opened(), NOON + HOUR)
    assert _see(over, NOON + 3 * HOUR, 144.9).transition is Transition.UPDATE
    stronger = _see(over, NOON + 3 * HOUR, 145.0)
    assert (stronger.transition, stronger.reason) == (Transition.ESCALATE, Reason.REOPENED)


def test_one_that_came_back_unannounced_is_told_when_it_grows_or_goes_on_for_long() -> None:
    back = _see(_ended(_opened(), NOON + HOUR), NOON + 2 * HOUR, 100.0).episode
    assert _see(back, NOON + 3 * HOUR, 145.0).reason is Reason.REOPENED
    third = _see(back, NOON + 3 * HOUR, 100.0)
    fourth = _see(third.episode, NOON + 4 * HOUR, 100.0)
    assert [one.transition for one in (third, fourth)] == [Transition.UPDATE, Transition.ESCALATE]
    assert not _episode(fourth).told().unannounced


@pytest.mark.parametrize(("after", "transition"), [(6 * HOUR, Transition.UPDATE), (7 * HOUR, Transition.OPEN)])
def test_after_the_cool_down_it_is_another_episode(after: timedelta, transition: Transition) -> None:
    decision = _see(_ended(_opened(), NOON), NOON + after, 100.0)
    assert decision.transition is transition
    assert (_episode(decision).opened_at == NOON) == (transition is Transition.UPDATE)


def test_ordinary_windows_change_nothing_about_what_can_come_back() -> None:
    over = _ended(_opened(), NOON)
    assert _see(over, NOON + HOUR, 10.0) == Decision(Transition.NONE, Reason.ORDINARY, over)
    # Beyond the cool-down as well: a late window within it may follow.
    assert _see(over, NOON + 7 * HOUR, 10.0) == Decision(Transition.NONE, Reason.ORDINARY, over)


@pytest.mark.parametrize("reason", [Reason.SWITCHED_OFF, Reason.FEEDBACK])
def test_what_people_ended_does_not_come_back_as_the_same(reason: Reason) -> None:
    over = end(_opened(), NOON, reason).episode
    assert _see(over, NOON + HOUR, 100.0).transition is Transition.OPEN


def test_a_window_before_the_end_does_not_reopen_what_is_over() -> None:
    assert _see(_ended(_opened(), NOON + HOUR), NOON - 2 * HOUR, 100.0).transition is Transition.OPEN


def test_a_series_that_flaps_all_day_is_one_episode_told_rarely() -> None:
    episode: Episode | None = None
    opened, told, began = 0, 0, set()
    for number in range(4 * 24):
        decision = _see(episode, NOON + number * HOUR, 100.0 if number % 4 == 0 else 10.0)
        episode = decision.episode
        opened += decision.transition is Transition.OPEN
        if decision.transition in {Transition.OPEN, Transition.ESCALATE}:
            episode = _episode(decision).told()
            told += 1
        began.add(_episode(decision).opened_at)
    assert (opened, began) == (1, {NOON})
    assert told == 3  # at first, at the fourth and at the sixteenth of 24 turns


# -- clocks and late windows


@pytest.mark.parametrize(
    ("ends", "known"),
    [
        (NOON - HOUR, False),  # ends where the episode's first window begins
        (NOON - 30 * MINUTE, True),
        (NOON, True),
        (NOON + 2 * HOUR, True),
        (NOON + 3 * HOUR, False),  # begins where the episode ends
    ],
)
def test_a_window_is_known_when_it_overlaps_an_episode(ends: datetime, known: bool) -> None:
    assert covers(_ended(_opened(), NOON + 2 * HOUR), _window(ends)) is known


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_an_hour_is_an_hour_when_the_clocks_change(day: tuple[int, int, int]) -> None:
    midnight = datetime(*day, tzinfo=UTC)
    hours = [Observation((midnight + number * HOUR).astimezone(BERLIN), 1.0, HOUR) for number in range(-3, 6)]
    assert [end_of(one) for one in hours] == [midnight + (number + 1) * HOUR for number in range(-3, 6)]


def test_the_quiet_time_is_not_shortened_when_the_clocks_go_forward() -> None:
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 02:00 becomes 03:00 in Berlin
    episode = _opened(ends=change - HOUR)
    for ends in (change - 2 * MINUTE, change + 3 * MINUTE):
        window = Observation((ends - HOUR).astimezone(BERLIN), 10.0, HOUR)
        episode = _episode(decide(episode, _verdict(False), window, POLICY))
    assert episode.is_open


# -- whatever happens


@given(st.lists(st.sampled_from([0.0, 10.0, 25.0, 80.0]), max_size=40))
@settings(max_examples=60, deadline=None)
def test_an_episode_is_never_worth_more_than_all_its_windows_exceeded_the_norm_by(values: list[float]) -> None:
    episode: Episode | None = None
    for number, value in enumerate(values):
        episode = _see(episode, NOON + number * HOUR, value).episode
        if episode is not None:
            side = 1 if episode.excess > 0 else -1
            beyond = sum(max(0.0, side * (one - 10.0)) for one in values[: number + 1])
            assert abs(episode.excess) <= abs(episode.total_excess) <= beyond


class Life(RuleBasedStateMachine):
    """Windows of one series in any order of calm and storm, sliding, complete and late."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.episode: Episode | None = None
        self.last_odd = NOON
        self.openings: list[datetime] = []

    def _see(self, ends: datetime, value: float, complete: bool) -> Decision:
        before = self.episode
        decision = _see(before, ends, value, complete=complete)
        after = decision.episode
        match decision.transition:
            case Transition.OPEN:
                assert before is None or not before.is_open
                assert abs(_episode(decision).total_excess) >= POLICY.min_impact
                self.openings.append(_episode(decision).opened_at)
            case Transition.ESCALATE:
                assert abs(_episode(decision).total_excess) > abs(_episode(decision).told_excess) > 0
            case Transition.RESOLVE:
                assert before is not None
                assert before.is_open
                assert decision.reason is Reason.TURNED or ends - self.last_odd >= POLICY.resolve_after
            case Transition.NONE:
                assert after is None or not after.is_open
            case Transition.UPDATE:
                assert after is not None
                assert after.is_open
        if value > 20.0 and ends >= self.last_odd:
            self.last_odd = ends
        self.episode = after
        return decision

    @rule(
        minutes=st.integers(1, 90),
        value=st.sampled_from([0.0, 10.0, 19.0, 25.0, 80.0, 400.0, 9000.0]),
        complete=st.booleans(),
    )
    def a_window_follows(self, minutes: int, value: float, complete: bool) -> None:
        self.now += minutes * MINUTE
        self._see(self.now, value, complete)

    @precondition(lambda self: self.episode is not None and self.episode.is_open)
    @rule(hours=st.integers(2, 5), value=st.sampled_from([0.0, 10.0, 80.0]))
    def a_late_window_is_judged(self, hours: int, value: float) -> None:
        assert self._see(self.now - hours * HOUR, value, complete=True).transition is not Transition.RESOLVE

    @precondition(lambda self: self.episode is not None and self.episode.is_open)
    @rule()
    def people_are_told(self) -> None:
        assert self.episode is not None
        self.episode = self.episode.told()

    @invariant()
    def no_episode_opens_twice(self) -> None:
        assert len(self.openings) == len(set(self.openings))

    @invariant()
    def an_episode_is_pending_open_or_over(self) -> None:
        if self.episode is not None:
            assert [self.episode.pending, self.episode.is_open, self.episode.ended_at is not None].count(True) == 1


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_told_keeps_what_people_know() -> None:
    told = replace(_opened(), unannounced=True, total_excess=120.0).told()
    assert (told.told_excess, told.told_total, told.unannounced) == (90.0, 120.0, False)
