"""A replay tells what a daemon would have told, and keeps no more than that needs."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.backtest.compare import finish
from detectors.backtest.history import History
from detectors.backtest.replay import replay
from detectors.backtest.settings import Settings
from detectors.backtest.telling import Told, episodes
from detectors.backtest.tracing import trace
from detectors.base import Observation, Verdict
from detectors.decision.episodes import Policy, Reason
from detectors.feedback import Kind, Lesson, Lessons, Side

HOUR = timedelta(hours=1)
LARGE = Settings(min_impact=50.0)  # what is injected, and not the odd stir of the series itself


class Scripted:
    """Stands in for the settings: its detector says what the test wrote down."""

    def __init__(self, verdicts):
        self.verdicts = iter(verdicts)

    def build(self):
        return self

    def update(self, observation):
        return next(self.verdicts)


def verdict(odd, *, side=1, warming_up=False):
    return Verdict(0.9 if odd else 0.1, odd, 10.0, 5.0, 15.0, "far off", warming_up)


def test_a_spike_is_told_with_its_window_and_its_worth(recorder, at):
    trial = replay(recorder.hours(extra={400: 190.0}), LARGE)
    (told,) = trial.told
    assert (told.start, told.episode.window_start) == (at(400), at(400))
    assert at(403) <= told.until < at(424)
    assert 185.0 < told.worth < 195.0
    assert (trial.windows, trial.too_little) == (504, 72)
    assert trial.weeks == (504 - 72) / 168
    assert trial.per_week == 1 / trial.weeks
    assert (trial.first, trial.last) == (at(0), at(504))


def test_what_is_worth_too_little_is_not_told(recorder):
    hours = recorder.hours(extra={400: 190.0})
    assert replay(hours, Settings(min_impact=200.0)).told == ()
    assert len(replay(hours, Settings(min_impact=150.0)).told) == 1


def test_windows_before_the_judged_ones_are_learnt_and_not_told(recorder, at):
    hours = recorder.hours(extra={300: 190.0, 400: 190.0})
    trial = replay(hours, Settings(), judged_from=at(350))
    assert [told.start for told in trial.told] == [at(400)]
    assert (trial.windows, trial.too_little, trial.first) == (154, 0, at(350))


def test_what_people_excused_is_not_told(recorder, at):
    hours = recorder.hours(extra={400: 190.0})
    once = Lesson("one", Kind.EXPECTED_ONCE, Side.ABOVE, at(399), at(402), 0.0, at(399), "ann")
    assert replay(hours, Settings(), lessons=Lessons((once,), at(400))).told == ()


def test_an_episode_ends_when_its_series_falls_silent(recorder, at):
    silent = [*range(401, 410)]
    hours = [one for n, one in enumerate(recorder.hours(extra={400: 190.0})) if n not in silent]
    told = replay(hours, LARGE).told[0]
    assert told.episode.ended_by is Reason.NOTHING_TO_JUDGE
    assert told.until == at(401) + Policy().silent_after


def test_an_episode_that_goes_on_at_the_end_is_open(recorder):
    (told,) = replay(recorder.hours(count=401, extra={400: 190.0}), LARGE).told
    assert told.episode.is_open
    assert told.length == HOUR


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["odd", "calm", "young"]), st.floats(0.0, 60.0), st.sampled_from([1, 1, 1, 1, 5, -2]))
    ),
    min_impact=st.sampled_from([0.0, 10.0, 60.0, 200.0]),
)
@settings(max_examples=200, deadline=None)
def test_the_kept_windows_tell_the_same_as_all_windows(recorder, steps, min_impact):
    at, heard = recorder.start, []
    for kind, value, hours in steps:
        at += hours * HOUR
        heard.append((Observation(at, value, HOUR), verdict(kind == "odd", warming_up=kind == "young")))
    history = History([observation for observation, _ in heard])
    kept = finish(trace(history, Scripted([said for _, said in heard])), None)
    policy = Policy(min_impact=min_impact)

    def brief(found):
        return [(one.opened_at, one.total_excess, one.ended_at, one.ended_by) for one in found]

    assert brief(episodes(kept.eventful, policy)) == brief(episodes(heard, policy))
    assert kept.windows == len(heard)


def test_a_trace_reports_every_window_it_has_done(recorder):
    steps = trace(History(recorder.hours(2500)), LARGE)
    assert list(steps) == [1000, 1000, 500]


def test_episodes_of_different_series_never_overlap(recorder):
    (told,) = replay(recorder.hours(extra={400: 190.0}), LARGE).told
    assert told.overlaps(told)
    assert not told.overlaps(Told("other", "$", told.episode))
