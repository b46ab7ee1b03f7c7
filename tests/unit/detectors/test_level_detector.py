"""The level detector: ratios and latencies, both sides, whatever the length of the window."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detectors.base import Observation
from detectors.checks import HOUR, START
from detectors.level import LevelDetector


def fed(values, *, span=HOUR, **parameters):
    detector = LevelDetector(**parameters)
    for i, value in enumerate(values):
        detector.learn(Observation(START + i * span, value, span))
    return detector


def wobbling(count, centre=200.0, width=10.0):
    return [centre + width * ((i * 7919 % 101) - 50) / 50 for i in range(count)]


def next_one(values, value, span=HOUR):
    return Observation(START + len(values) * span, value, span)


def test_an_ordinary_value_lies_in_the_band():
    values = wobbling(200)
    verdict = fed(values).judge(next_one(values, 203.0))
    assert not verdict.is_anomaly
    assert verdict.low < 203.0 < verdict.high
    assert verdict.expected == pytest.approx(200.0, rel=0.03)


@pytest.mark.parametrize(("value", "side"), [(400.0, "above"), (20.0, "below")])
def test_a_far_value_is_an_anomaly_on_either_side(value, side):
    values = wobbling(200)
    verdict = fed(values).judge(next_one(values, value))
    assert verdict.is_anomaly
    assert verdict.reason.startswith(side)


def test_the_value_is_not_divided_by_the_window():
    values = wobbling(400)
    minute = fed(values, span=timedelta(minutes=15))
    assert minute.judge(next_one(values, 200.0, timedelta(minutes=15))).expected == pytest.approx(200.0, rel=0.03)


def test_an_error_rate_that_leaves_zero_is_an_anomaly():
    values = [0.0] * 100
    detector = fed(values)
    assert not detector.judge(next_one(values, 0.0)).is_anomaly
    assert detector.judge(next_one(values, 0.2)).is_anomaly


def test_a_new_level_becomes_normal_within_days():
    values = wobbling(200) + wobbling(120, centre=400.0)
    detector = fed(values)
    assert not detector.judge(next_one(values, 400.0)).is_anomaly


def test_the_hour_of_the_day_counts_when_asked_to():
    values = [400.0 if 8 <= i % 24 < 18 else 50.0 for i in range(21 * 24)]
    night_at_noon = Observation(START + (21 * 24 + 12) * HOUR, 50.0, HOUR)
    seasonal = fed(values, seasonal=True).judge(night_at_noon)
    plain = fed(values).judge(night_at_noon)
    assert seasonal.expected == pytest.approx(400.0, rel=0.05)
    assert plain.expected < 300.0
    assert seasonal.score > plain.score


@pytest.mark.parametrize("when", [0, 5, 20, 150])
def test_one_absurd_value_is_got_over(when):
    values = wobbling(300)
    values[when] = 1e18
    verdict = fed(values).judge(next_one(values, 203.0))
    assert not verdict.warming_up
    assert not verdict.is_anomaly
    assert verdict.expected == pytest.approx(200.0, rel=0.1)
