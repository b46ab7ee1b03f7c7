"""What a fleet takes, refuses and hands out."""

from __future__ import annotations

import doctest
import math
from datetime import timedelta

import numpy as np
import pytest

from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, WEEKS
from detectors.fleet import REASONS, Fleet
from detectors.fleet import fleet as module
from detectors.fleet.checks import Pair, require_alike
from detectors.fleet.columns import HEIGHT
from detectors.spend import SpendDetector

ORDINARY = [10.0, 20.0, 30.0, 40.0, 50.0]


@pytest.mark.parametrize("method", ["update", "judge", "learn"])
@pytest.mark.parametrize("useless", [math.inf, -math.inf])
def test_an_infinite_value_is_refused_by_its_place_and_nobody_learns(fleet, next_hour, method, useless):
    before = fleet.columns.copy()
    with pytest.raises(DetectorError, match=f"series 3 is {useless}"):
        getattr(fleet, method)(next_hour, [10.0, 20.0, math.nan, useless, useless], HOUR)
    np.testing.assert_array_equal(fleet.columns, before)


@pytest.mark.parametrize("values", [[1.0], [[1.0] * 5], 1.0, [], ["a"] * 5, [[1.0], 2.0]])
def test_values_of_another_shape_are_refused(fleet, next_hour, values):
    with pytest.raises(DetectorError, match="values"):
        fleet.update(next_hour, values, HOUR)


@pytest.mark.parametrize("span", [timedelta(0), timedelta(days=400)])
def test_an_empty_or_endless_span_is_refused(fleet, next_hour, span):
    with pytest.raises(DetectorError, match="span"):
        fleet.update(next_hour, ORDINARY, span)


def test_a_naive_stamp_is_refused(fleet, next_hour):
    with pytest.raises(DetectorError, match="naive"):
        fleet.update(next_hour.replace(tzinfo=None), ORDINARY, HOUR)


def test_a_series_without_a_window_learns_nothing_and_has_no_verdict(fleet, next_hour):
    before = fleet.columns.copy()
    verdicts = fleet.update(next_hour, [10.0, math.nan, 30.0, 40.0, 50.0], HOUR)
    assert verdicts.present.tolist() == [True, False, True, True, True]
    assert math.isnan(verdicts.score[1])
    assert not verdicts.is_anomaly[1]
    with pytest.raises(DetectorError, match="series 1 had no window"):
        verdicts.verdict(1)
    changed = (fleet.columns != before).any(axis=0)
    assert changed.tolist() == [True, False, True, True, True]


def test_a_late_or_repeated_window_is_judged_and_not_learnt(fleet, next_hour):
    before = fleet.columns.copy()
    for back in (1, 200):
        verdicts = fleet.update(next_hour - back * HOUR, [1e6] * len(fleet), HOUR)
        assert verdicts.is_anomaly.all()
    np.testing.assert_array_equal(fleet.columns, before)


def test_integers_are_values_too(fleet, next_hour):
    assert fleet.judge(next_hour, [10, 20, 30, 40, 50], HOUR).present.all()


def test_series_that_are_added_know_nothing_and_leave_the_others_alone(fleet, next_hour):
    before = fleet.columns.copy()
    fleet.add(2)
    assert len(fleet) == 7
    np.testing.assert_array_equal(fleet.columns[:, :5], before)
    verdicts = fleet.update(next_hour, [*ORDINARY, 1.0, 2.0], HOUR)
    assert verdicts.warming_up.tolist() == [False] * 5 + [True] * 2


def test_series_cannot_be_taken_away(fleet):
    with pytest.raises(DetectorError, match="never taken away"):
        fleet.add(-1)


def test_a_fleet_of_nobody_takes_no_values(next_hour):
    assert len(Fleet(0).update(next_hour, [], HOUR).score) == 0


def test_a_detector_that_leaves_goes_on_as_in_the_fleet(fleet, next_hour):
    alone = fleet.export(2)
    for hour in range(48):
        at = next_hour + hour * HOUR
        together = fleet.update(at, [value * (1 + hour) for value in ORDINARY], HOUR)
        require_alike(together.verdict(2), alone.update(Observation(at, 30.0 * (1 + hour), HOUR)))


def test_a_detector_is_adopted_with_all_it_has_learnt(fleet, next_hour):
    other = Fleet(1)
    other.adopt(0, fleet.export(4))
    require_alike(other.judge(next_hour, [99.0], HOUR).verdict(0), fleet.judge(next_hour, [99.0] * 5, HOUR).verdict(4))
    np.testing.assert_array_equal(other.columns[:, 0], Fleet.of_columns(other.columns).columns[:, 0])


def test_a_detector_that_knows_nothing_is_adopted_as_such(fleet, next_hour):
    fleet.adopt(0, SpendDetector())
    assert fleet.export(0).state() == SpendDetector().state()
    assert fleet.judge(next_hour, ORDINARY, HOUR).warming_up.tolist() == [True] + [False] * 4


def test_a_detector_of_other_parameters_is_not_adopted(fleet):
    with pytest.raises(DetectorError, match="must be the same"):
        fleet.adopt(0, SpendDetector(rate=0.004))


@pytest.mark.parametrize("i", [-1, 5])
def test_a_series_that_does_not_exist_is_neither_exported_nor_adopted(fleet, i):
    with pytest.raises(DetectorError, match="there is no series"):
        fleet.export(i)
    with pytest.raises(DetectorError, match="there is no series"):
        fleet.adopt(i, SpendDetector())


def test_a_person_can_call_the_present_of_one_series_normal(fleet, next_hour):
    for hour in range(6):
        high = fleet.update(next_hour + hour * HOUR, [value * 8 for value in ORDINARY], HOUR)
    assert high.is_anomaly.all()
    assert fleet.settle(1, 6.0)
    after = fleet.judge(next_hour + 6 * HOUR, [value * 8 for value in ORDINARY], HOUR)
    assert after.is_anomaly.tolist() == [True, False, True, True, True]
    assert not Fleet(1).settle(0, 6.0)


def test_a_fleet_has_the_parameters_of_its_detectors():
    fleet = Fleet(1, sensitivity="aggressive", warm_up=24.0)
    assert fleet.parameters() == SpendDetector(sensitivity="aggressive", warm_up=24.0).parameters()
    assert fleet.export(0).parameters() == fleet.parameters()
    with pytest.raises(ValueError, match="wild"):
        Fleet(1, sensitivity="wild")


def test_what_is_known_cannot_be_changed_from_outside(fleet):
    with pytest.raises(ValueError, match="read-only"):
        fleet.columns[0, 0] = 1.0


def test_columns_of_another_height_are_refused():
    with pytest.raises(DetectorError, match="high"):
        Fleet.of_columns(np.zeros((HEIGHT - 1, 3)))


def test_reasons_are_words_of_the_single_detector(fleet, next_hour):
    verdicts = fleet.judge(next_hour, [10.0, 1e4, 0.0, 40.0, 50.0], HOUR)
    assert verdicts.reason(0) == "ordinary"
    assert verdicts.reason(1) == "above the usual level for this hour"
    assert {REASONS[code] for code in verdicts.reasons} <= set(REASONS)


def test_a_series_takes_less_than_four_kilobytes(fleet):
    assert fleet.columns.nbytes / len(fleet) < 4096


def test_a_state_with_a_field_that_columns_do_not_have_is_refused(fleet):
    class Richer(SpendDetector):
        def state(self):
            return super().state() | {"mood": {"bright": 1.0}}

    with pytest.raises(DetectorError, match="one release"):
        fleet.adopt(0, Richer())


def test_two_weeks_were_enough_to_be_warm(fleet, next_hour):
    assert not fleet.judge(next_hour, ORDINARY, HOUR).warming_up.any()
    assert fleet.export(0).state()["progress"]["hours"] == WEEKS * 168


def test_the_example_of_a_fleet_runs():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert not result.failed


def test_a_pair_that_differs_is_noticed(next_hour):
    pair = Pair(2)
    pair.singles[1].learn(Observation(next_hour - HOUR, 7.0, HOUR))
    with pytest.raises(AssertionError, match="expected: together"):
        pair.update(next_hour, [1.0, 2.0], HOUR)
