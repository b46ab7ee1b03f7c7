"""The generic detector: what is new in value, for its hour, or in the last windows together."""

from __future__ import annotations

import math
import pickle
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import registry, snapshot
from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, START
from detectors.generic import GenericDetector

LARGEST_MEMORY = 64 * 1024


def at(number: int, value: float, span: timedelta = HOUR) -> Observation:
    return Observation(START + number * span, value, span)


def fed(values, **parameters) -> GenericDetector:
    detector = GenericDetector(**parameters)
    for number, value in enumerate(values):
        detector.learn(at(number, value))
    return detector


def noisy(count, centre=200.0, width=5.0, seed=1):
    return np.random.default_rng(seed).normal(centre, width, count).tolist()


def switching(count, seed=1):
    """Return a load that is either low or high, never between."""
    load = np.where(np.arange(count) // 20 % 2, 20.0, 80.0)
    return (load + np.random.default_rng(seed).normal(0, 2, count)).tolist()


def test_ordinary_values_are_ordinary():
    detector = fed(noisy(600))
    verdict = detector.judge(at(600, 203.0))
    assert not verdict.is_anomaly
    assert verdict.low < 203.0 < verdict.high
    assert verdict.expected == pytest.approx(200.0, rel=0.03)


@pytest.mark.parametrize(("value", "side"), [(320.0, "above"), (80.0, "below")])
def test_a_value_beyond_everything_seen_is_an_anomaly_on_either_side(value, side):
    verdict = fed(noisy(600)).judge(at(600, value))
    assert verdict.is_anomaly
    assert f"{side} what is usual" in verdict.reason


def test_a_value_that_was_always_left_out_is_an_anomaly_although_larger_ones_are_not():
    detector = fed(switching(1200))
    assert detector.judge(at(1200, 50.0)).is_anomaly
    assert not detector.judge(at(1200, 79.0)).is_anomaly


def test_a_value_ordinary_at_noon_scores_higher_in_the_night():
    hours = np.arange(40 * 24)
    noise = np.random.default_rng(4).normal(0, 1, len(hours))
    detector = fed((50 + 40 * np.sin((hours - 6) / 24 * math.tau) + noise).tolist(), sensitivity="aggressive")
    noon, midnight = detector.judge(at(40 * 24 + 12, 90.0)), detector.judge(at(40 * 24, 90.0))
    assert not noon.is_anomaly
    assert midnight.is_anomaly


def test_what_goes_on_falls_silent_and_becomes_known():
    detector = fed(noisy(600))
    verdicts = [detector.update(at(600 + number, value)) for number, value in enumerate(noisy(200, centre=320.0))]
    assert verdicts[0].is_anomaly
    assert not any(one.is_anomaly for one in verdicts[100:])


def test_an_echo_is_held_back_unless_told_otherwise():
    values = [*noisy(600), 320.0]
    echo = at(601, 300.0)
    held = fed(values).judge(echo)
    assert not held.is_anomaly
    assert "no more so than the last windows" in held.reason
    assert fed(values, quiet=False).judge(echo).is_anomaly


def test_differences_below_the_least_are_never_new():
    values = [0.0] * 300
    assert not fed(values, least=0.01).judge(at(300, 0.009)).is_anomaly
    assert fed(values, least=0.001).judge(at(300, 0.009)).is_anomaly


def test_nothing_is_an_anomaly_before_it_is_warm():
    detector = fed(noisy(119))
    assert detector.judge(at(119, 1e6)).warming_up
    detector.learn(at(119, 200.0))
    assert detector.judge(at(120, 1e6)).is_anomaly


def test_a_late_window_is_judged_by_itself_and_not_learnt():
    detector = fed(noisy(600))
    before = pickle.dumps(detector)
    assert detector.update(at(300, 400.0)).is_anomaly
    assert not detector.update(at(300, 201.0)).is_anomaly
    assert pickle.dumps(detector) == before


@pytest.mark.parametrize("when", [0, 5, 20, 150])
def test_one_absurd_value_is_got_over(when):
    values = noisy(500)
    values[when] = 1e18
    detector = fed(values)
    ordinary, odd = detector.judge(at(500, 203.0)), detector.judge(at(500, 320.0))
    assert not ordinary.warming_up
    assert not ordinary.is_anomaly
    assert ordinary.expected == pytest.approx(200.0, rel=0.1)
    assert odd.is_anomaly


@pytest.mark.parametrize("sensitivity", ["conservative", "normal", "aggressive"])
def test_a_more_sensitive_word_asks_for_less(sensitivity):
    detector = fed(noisy(600), sensitivity=sensitivity)
    lowest = next(value for value in range(200, 400) if detector.judge(at(600, float(value))).is_anomaly)
    assert lowest <= {"conservative": 260, "normal": 240, "aggressive": 225}[sensitivity]


def test_it_stays_small_however_wild_the_series():
    values = 10.0 ** np.random.default_rng(5).uniform(-9, 9, 12_000)
    detector = fed(values.tolist(), quiet=False)
    assert len(pickle.dumps(detector)) <= LARGEST_MEMORY
    assert len(snapshot.dump(detector)) <= LARGEST_MEMORY


def test_a_saved_state_of_another_shape_is_refused():
    state = fed(noisy(150)).state()
    del state["votes"]["senses"]["drift"]
    with pytest.raises(DetectorError, match="no section 'drift'"):
        GenericDetector().restore(state)


wild = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.0, -1.0, 1e18, 1e-300])


@settings(max_examples=25, deadline=None)
@given(st.lists(wild, max_size=60), st.integers(100, 140))
def test_no_series_poisons_it(strange, ordinary):
    detector = registry.create("generic")
    values = [*noisy(ordinary), *strange, *noisy(60)]
    for number, value in enumerate(values):
        verdict = detector.update(at(number, value))
        assert 0.0 <= verdict.score < 1.0
        assert all(math.isfinite(one) for one in (verdict.low, verdict.expected, verdict.high))
        assert verdict.low <= verdict.high
    restored = snapshot.load(snapshot.dump(detector), registry.create("generic"))
    assert restored.judge(at(len(values), 200.0)) == detector.judge(at(len(values), 200.0))
