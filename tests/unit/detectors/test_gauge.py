"""Distances from what was expected, there and back."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from detectors.gauge import gauge

AMOUNTS = st.floats(0.0, 1e6)


def test_what_was_expected_is_no_distance():
    beside = gauge(10.0, 10.0, 0.3, 0.05)
    assert beside.linear(10.0) == 0.0
    assert beside.logarithmic(10.0) == 0.0


def test_an_amount_cannot_fall_far_on_the_straight_measure_but_on_that_of_ratios():
    beside = gauge(10.0, 10.0, 0.3, 0.05)
    assert beside.linear(0.0) > -1.0
    assert beside.logarithmic(0.0) < -1.5


def test_cents_at_night_are_no_matter():
    night, noon = gauge(0.01, 10.0, 0.3, 0.05), gauge(10.0, 10.0, 0.3, 0.05)
    assert night.linear(0.1) < 0.05
    assert night.linear(10.0) > noon.linear(20.0)


@settings(max_examples=60)
@given(expected=AMOUNTS, level=AMOUNTS, rate=AMOUNTS)
def test_the_way_back_leads_to_the_amount(expected, level, rate):
    beside = gauge(expected, level, 0.3, 0.05)
    near = {"rel": 1e-6, "abs": 1e-6 * beside.wide}
    assert beside.at_linear(beside.linear(rate)) == pytest.approx(rate, **near)
    assert beside.at_logarithmic(beside.logarithmic(rate)) == pytest.approx(rate, **near)


def test_an_amount_fits_the_nearer_of_two_expectations():
    small, large = gauge(10.0, 10.0, 0.3, 0.05), gauge(40.0, 40.0, 0.3, 0.05)
    assert small.is_nearer(12.0, large)
    assert not small.is_nearer(38.0, large)
    assert large.is_nearer(38.0, small)


def test_an_outage_is_no_return_to_a_smaller_expectation():
    assert not gauge(10.0, 10.0, 0.3, 0.05).is_nearer(0.0, gauge(40.0, 40.0, 0.3, 0.05))


def test_an_empty_hour_fits_where_little_was_expected():
    assert gauge(0.5, 10.0, 0.3, 0.05).is_nearer(0.0, gauge(20.0, 400.0, 0.3, 0.05))
