"""Series with next to nothing in them: one point, only zeros, always the same, a step of 1e18."""

from __future__ import annotations

import pytest

from detectors import registry
from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, START

NAMES = [name for name in registry.names() if name != "local_outlier_factor"]
OURS = ["spend", "level", "generic"]


def fed(name, values):
    detector = registry.create(name)
    verdicts = [detector.update(Observation(START + i * HOUR, value, HOUR)) for i, value in enumerate(values)]
    return detector, verdicts


def following(count, value):
    return Observation(START + count * HOUR, value, HOUR)


@pytest.mark.parametrize("name", NAMES)
def test_one_point_is_too_little_to_judge_by(name):
    detector, verdicts = fed(name, [5.0])
    assert verdicts[0].warming_up
    assert detector.judge(following(1, 1e9)).warming_up


@pytest.mark.parametrize("value", [0.0, 7.0, 1e18, 1e-300])
@pytest.mark.parametrize("name", NAMES)
def test_a_series_that_never_changes_is_never_an_anomaly(name, value):
    _, verdicts = fed(name, [value] * 500)
    assert not any(one.is_anomaly for one in verdicts)


@pytest.mark.parametrize("name", OURS)
def test_what_leaves_a_series_of_zeros_is_an_anomaly_but_not_for_dust(name):
    detector, _ = fed(name, [0.0] * 500)
    assert detector.judge(following(500, 10.0)).is_anomaly
    assert not detector.judge(following(500, 1e-6)).is_anomaly


@pytest.mark.parametrize("name", OURS)
def test_a_refund_is_an_anomaly_below_and_over_within_two_days(name):
    detector, _ = fed(name, [10.0 + i % 5 for i in range(400)])
    refund = detector.update(following(400, -500.0))
    assert refund.is_anomaly
    assert "below" in refund.reason
    after = [detector.update(following(i, 10.0 + i % 5)) for i in range(401, 473)]
    assert not any(one.is_anomaly for one in after[36:])


@pytest.mark.parametrize("name", OURS)
def test_the_same_stamp_twice_counts_once(name):
    once, twice = registry.create(name), registry.create(name)
    for i in range(200):
        one = following(i, 10.0 + i % 7)
        once.learn(one)
        twice.learn(one)
        twice.learn(one)
    assert once.state() == twice.state()


@pytest.mark.parametrize("name", ["level", "generic"])
def test_a_state_from_before_there_were_budgets_is_taken_and_starts_with_the_first_guess(name):
    detector, _ = fed(name, [10.0 + i % 7 for i in range(400)])
    state = detector.state()
    del state["budget"]
    restored = registry.create(name)
    restored.restore(state | {"version": 1})
    assert restored.state()["budget"] == registry.create(name).state()["budget"]
    assert restored.judge(following(400, 12.0)).expected == detector.judge(following(400, 12.0)).expected
    with pytest.raises(DetectorError, match="no section 'budget'"):
        registry.create(name).restore(state)
