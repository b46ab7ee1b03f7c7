"""Detectors by name, and the help somebody gets who mistypes one."""

from __future__ import annotations

import math

import pytest

from detectors import registry
from detectors.base import DetectorError, Sensitivity


@pytest.mark.parametrize("name", registry.names())
def test_a_created_detector_carries_its_name_and_sensitivity(name):
    detector = registry.create(name, sensitivity=Sensitivity.AGGRESSIVE)
    assert detector.name == name
    assert detector.parameters()["sensitivity"] == "aggressive"


@pytest.mark.parametrize("name", registry.names())
def test_every_parameter_is_described_with_a_default_it_accepts(name):
    info = registry.describe(name)
    assert info.name == name
    assert info.summary.endswith(".")
    defaults = {one.name: one.default for one in info.parameters}
    assert defaults
    assert registry.create(name, **defaults).parameters().items() >= defaults.items()
    assert all(one.meaning for one in info.parameters)


@pytest.mark.parametrize("name", registry.names())
def test_the_limits_of_a_number_are_allowed_and_what_is_beyond_is_not(name):
    for one in registry.describe(name).parameters:
        if one.type == "boolean":
            continue
        assert one.check(one.minimum) == one.minimum
        assert one.check(one.maximum) == one.maximum
        for wrong in (one.minimum - 1, one.maximum + 1, math.nan, math.inf, "5", True):
            with pytest.raises(DetectorError, match=one.name):
                one.check(wrong)


def test_an_unknown_name_is_answered_with_the_nearest_and_all():
    with pytest.raises(DetectorError, match="did you mean 'half_space_trees'") as error:
        registry.create("halfspacetrees")
    assert all(name in str(error.value) for name in registry.names())


def test_an_unknown_parameter_is_answered_with_the_nearest():
    with pytest.raises(DetectorError, match="did you mean 'warm_up'"):
        registry.create("spend", warmup=48)


def test_a_name_like_no_other_gets_no_suggestion():
    with pytest.raises(DetectorError, match=r"'zzz'\. Known: spend"):
        registry.describe("zzz")


def test_an_unknown_sensitivity_is_answered_with_the_words():
    with pytest.raises(DetectorError, match="conservative, normal, aggressive"):
        registry.create("spend", sensitivity="loud")


def test_a_fraction_is_no_whole_number():
    with pytest.raises(DetectorError, match="whole number"):
        registry.create("gaussian", grace=20.5)


def test_a_switch_takes_true_or_false_only():
    assert registry.create("level", seasonal=True).parameters()["seasonal"] is True
    with pytest.raises(DetectorError, match="true or false"):
        registry.create("level", seasonal=1)
