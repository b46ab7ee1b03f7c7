"""The settings that keep to a budget, and honest words where none do."""

from __future__ import annotations

import pytest

from detectors.backtest.labels import Label
from detectors.backtest.settings import AS_TODAY, Settings
from detectors.backtest.suggest import rungs, suggest
from detectors.base import DetectorError, Sensitivity
from detectors.feedback import Kind

SMALL = dict.fromkeys(range(150, 500, 50), 40.0)


@pytest.fixture(scope="module")
def noisy(recorder):
    """Seven small episodes and one large one in three weeks of one series."""
    return {"cost/total": recorder.history({**SMALL, 475: 400.0})}


def test_a_higher_limit_keeps_what_is_worth_most(noisy):
    found = suggest(noisy, budget=0.5)
    assert found.is_met
    assert found.choice.trial.unwanted_per_week <= 0.5
    assert [round(one.worth, -2) for one in found.choice.trial.told] == [400]
    assert len(found.today.told) > 3
    assert "within the budget of 0.5" in found.sentence
    assert "today's settings tell" in found.sentence


def test_today_is_kept_where_nothing_is_better(recorder):
    found = suggest({"cost/total": recorder.history({475: 400.0})}, budget=1.0)
    assert (found.is_met, found.choice.trial.change) == (True, AS_TODAY)
    assert found.sentence.startswith("Keep today's settings")


def test_what_people_called_real_does_not_count_against_the_budget(noisy, at):
    labels = [Label("cost/total", at(hour), at(hour + 1), Kind.REAL) for hour in (*SMALL, 475)]
    found = suggest(noisy, budget=0.5, labels=labels)
    assert found.is_met
    assert len(found.choice.trial.marks.found) == 8
    assert "8 of 8 labelled real" in found.sentence


def test_where_the_budget_would_cost_a_real_one_the_nearest_is_named(noisy, at):
    smallest = Label("cost/total", at(150), at(151), Kind.REAL)
    found = suggest(noisy, budget=0.1, labels=[smallest])
    assert not found.is_met
    assert found.choice.trial.marks.missed == ()
    assert "over the budget of 0.1" in found.sentence


def test_the_detector_stays_unless_another_is_asked_for(noisy):
    assert {trial.change.detector for trial in suggest(noisy, budget=0.2).tried} == {None}
    tried = suggest(noisy, budget=0.2, detectors=["level"]).tried
    assert {trial.change.detector for trial in tried} == {None, "level"}
    assert {trial.change.sensitivity for trial in tried} == set(Sensitivity)


def test_impacts_of_different_units_are_left_alone(recorder):
    mixed = {"cost/total": recorder.history(SMALL), "calls/total": recorder.history(SMALL, unit="calls")}
    assert {trial.change.min_impact for trial in suggest(mixed, budget=0.2).tried} == {None}


def test_series_without_enough_history_give_no_suggestion(recorder):
    young = {"cost/total": recorder.history(settings=Settings(parameters={"warm_up": 1000.0}))}
    with pytest.raises(DetectorError, match="more days"):
        suggest(young, budget=0.2)


def test_the_rungs_are_round_and_each_drops_something():
    assert rungs([]) == [0.0]
    assert rungs([3.0, 40.0, 41.0, 900.0]) == [0.0, 5.0, 50.0, 1000.0]
    assert rungs([0.0, 0.25]) == [0.0, 0.1, 0.5]


def test_a_single_episode_is_no_reason_to_tell_nothing(recorder):
    found = suggest({"cost/total": recorder.history({475: 400.0})}, budget=0.01)
    assert (found.is_met, found.choice.trial.change) == (True, AS_TODAY)
    assert "over the budget of 0.01, since a single one is more in so short a time" in found.sentence


def test_silence_is_said_in_words(recorder):
    found = suggest({"cost/total": recorder.history()}, budget=0.2)
    assert found.sentence == "Keep today's settings: they tell no episode in 2.6 series-weeks."


def test_the_same_episodes_told_a_little_earlier_are_no_reason_to_change(recorder):
    # The hour before the incident is odd to the most sensitive setting alone.
    found = suggest({"cost/total": recorder.history({474: 4.2, 475: 12.0})}, budget=2.0)
    assert max(trial.worth["$"] for trial in found.tried if trial.told) > 1.2 * found.today.worth["$"]
    assert found.choice.trial.change == AS_TODAY
