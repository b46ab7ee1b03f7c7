"""River's detectors behind our interface: their evidence, their thresholds, their limits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from detectors import registry
from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, START
from detectors.river_recipes import RECIPES

IN_DEVIATIONS = [name for name, recipe in RECIPES.items() if recipe.in_deviations]


def values(count):
    return np.random.default_rng(3).normal(100.0, 10.0, count).tolist()


def fed(name, count=300, **parameters):
    detector = registry.create(name, **parameters)
    for i, value in enumerate(values(count)):
        detector.learn(Observation(START + i * HOUR, value, HOUR))
    return detector


def following(count, value):
    return Observation(START + count * HOUR, value, HOUR)


@pytest.mark.parametrize("name", RECIPES)
def test_an_outlier_scores_above_an_ordinary_value(name):
    detector = fed(name)
    outlier = detector.judge(following(300, 1000.0))
    assert outlier.score > detector.judge(following(300, 100.0)).score


@pytest.mark.parametrize("name", ["gaussian", "sad", "one_class_svm", "local_outlier_factor"])
def test_an_outlier_is_an_anomaly_with_a_side(name):
    verdict = fed(name).judge(following(300, 1000.0))
    assert verdict.is_anomaly
    assert verdict.reason == "unlike what was seen before, above the average"


@pytest.mark.parametrize("name", IN_DEVIATIONS)
def test_far_values_do_not_tie_where_rivers_own_score_would(name):
    detector = fed(name)
    scores = [detector.judge(following(300, 10.0**i)).score for i in range(3, 12)]
    assert all(a < b for a, b in pairwise(scores))


@pytest.mark.parametrize("name", IN_DEVIATIONS)
def test_the_band_is_where_the_verdict_turns(name):
    detector = fed(name)
    high = detector.judge(following(300, 100.0)).high
    assert not detector.judge(following(300, high - 0.1)).is_anomaly
    assert detector.judge(following(300, high + 0.1)).is_anomaly


@pytest.mark.parametrize("name", RECIPES)
def test_hardly_any_ordinary_value_passes_the_bar(name):
    detector = registry.create(name)
    verdicts = [detector.update(Observation(START + i * HOUR, value, HOUR)) for i, value in enumerate(values(400))]
    assert sum(one.is_anomaly for one in verdicts) <= 3


def test_a_score_that_ordinary_days_exhaust_stays_silent_rather_than_break_the_promise():
    """LODA scores every value in a gap of its histograms alike, and ordinary values fall into gaps."""
    detector = fed("loda")
    far = detector.judge(following(300, 1000.0))
    assert far.score == detector.judge(following(300, 1e6)).score
    assert not far.is_anomaly


def test_the_grace_period_is_counted_in_windows():
    assert fed("sad", 19, grace=20).judge(following(19, 1e6)).warming_up
    assert fed("sad", 20, grace=20).judge(following(20, 1e6)).is_anomaly


def test_the_detector_that_learns_while_scoring_is_not_offered():
    with pytest.raises(DetectorError, match="there is no detector 'pad'"):
        registry.create("pad")
