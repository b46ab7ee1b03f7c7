"""Candidates beside today's settings, and against what people said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detectors.backtest.compare import compare, comparing
from detectors.backtest.history import Headway
from detectors.backtest.labels import Label
from detectors.backtest.settings import AS_TODAY, Change, Settings
from detectors.base import DetectorError, Sensitivity
from detectors.feedback import Kind

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def histories(recorder):
    small, large = Settings(min_impact=5.0), Settings(min_impact=100.0)
    return {
        "cost/agent/a": recorder.history({300: 50.0, 450: 190.0}, settings=small),
        "cost/agent/b": recorder.history({200: 50.0}, settings=large),
    }


def told(trial):
    return [(one.series, one.start) for one in trial.told]


def test_today_is_what_each_series_is_set_to(histories, at):
    today = compare(histories, ()).today
    assert told(today) == [("cost/agent/a", at(300)), ("cost/agent/a", at(450))]
    assert 230.0 < today.worth["$"] < 250.0


def test_a_candidate_shows_what_it_would_gain_and_lose(histories, at):
    (lower, higher) = compare(histories, [Change(min_impact=20.0), Change(min_impact=100.0)]).candidates
    assert told(lower.trial) == [("cost/agent/a", at(300)), ("cost/agent/a", at(450)), ("cost/agent/b", at(200))]
    assert [one.series for one in lower.gained] == ["cost/agent/b"]
    assert lower.lost == ()
    assert [one.start for one in higher.lost] == [at(300)]
    assert higher.gained == ()


def test_a_candidate_that_changes_nothing_differs_in_nothing(histories):
    comparison = compare(histories, [AS_TODAY])
    assert comparison.candidates[0].trial == comparison.today
    assert comparison.candidates[0].gained == comparison.candidates[0].lost == ()


def test_parameters_go_with_their_detector():
    tuned = Settings("spend", Sensitivity.NORMAL, {"rate": 0.01}, 5.0)
    assert Change(sensitivity=Sensitivity.AGGRESSIVE).applied_to(tuned).parameters == {"rate": 0.01}
    assert Change(detector="level").applied_to(tuned) == Settings("level", min_impact=5.0)
    assert Change(parameters={"warm_up": 48.0}).applied_to(tuned).parameters == {"warm_up": 48.0}


def test_a_change_says_what_it_changes():
    change = Change("spend", Sensitivity.AGGRESSIVE, {"rate": 0.01, "clip": 2.0}, 20.0)
    assert str(change) == "spend, aggressive, rate=0.01, clip=2, min_impact=20"
    assert str(AS_TODAY) == "as today"


def test_candidates_that_differ_in_impact_alone_share_one_replay(histories):
    steps = list(comparing(histories, [Change(min_impact=float(n)) for n in range(10)]))
    assert steps[-1] == Headway(2 * 504, 2 * 504)


def test_labels_say_what_was_found_missed_and_repeated(histories, at):
    labels = [
        Label("cost/agent/a", at(450), at(451), Kind.REAL),
        Label("cost/agent/b", at(200), at(201), Kind.REAL),
        Label("cost/agent/a", at(299), at(301), Kind.NOISE),
        Label("cost/agent/gone", at(0), at(9), Kind.REAL),
    ]
    comparison = compare(histories, [Change(min_impact=100.0)], labels=labels)
    marks, better = comparison.today.marks, comparison.candidates[0].trial.marks
    assert (marks.found, marks.missed, marks.repeated) == ((labels[0],), (labels[1],), (labels[2],))
    assert (marks.recall, marks.precision) == (0.5, 0.5)
    assert (better.repeated, better.precision) == ((), 1.0)


def test_without_labels_nothing_is_claimed(histories):
    marks = compare(histories, ()).today.marks
    assert (marks.recall, marks.precision) == (None, None)


def test_an_unknown_candidate_is_told_before_the_work(histories):
    with pytest.raises(DetectorError, match="did you mean 'spend'"):
        compare(histories, [Change(detector="spnd")])
    with pytest.raises(DetectorError, match="no parameter of the spend detector 'rte'"):
        compare(histories, [Change(parameters={"rte": 1.0})])


def test_work_can_be_left_in_the_middle(histories):
    steps = comparing(histories, [Change(sensitivity=Sensitivity.AGGRESSIVE)])
    assert next(steps).done < next(steps).total
    steps.close()
