"""What was seen is remembered by its widest gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DetectorError
from detectors.novelty.seen import MOST, Seen

MEMORY = 24_000


def seen(values, memory=MEMORY) -> Seen:
    made = Seen(memory)
    for value in values:
        made.learn(value)
    return made


def nearest(values, value) -> float:
    return min(abs(value - one) for one in values)


@pytest.mark.parametrize(("value", "distance"), [(3.0, 2.0), (8.0, 2.0), (-4.0, 5.0), (12.0, 2.0), (10.0, 0.0)])
def test_the_distance_is_that_to_the_nearest_value(value, distance):
    assert seen([1.0, 10.0]).distance(value) == distance


def test_nothing_is_far_from_a_single_value():
    assert seen([1.0]).distance(100.0) == 0.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 3000), st.lists(st.floats(-3, 4), min_size=1, max_size=20))
def test_a_distance_is_exact_or_nothing_and_exact_beyond_the_edges(seed, count, asked):
    drawn = np.random.default_rng(seed)
    crowded = np.where(drawn.random(count) < 0.5, drawn.random(count), drawn.normal(0.3, 0.01, count))
    values = [0.0, 1.0, *crowded.tolist()]
    made = seen(values)
    for value in asked:
        exact = nearest(values, value)
        assert made.distance(value) in {exact, 0.0}
        if not min(values) <= value <= max(values):
            assert made.distance(value) == exact


def test_a_wide_gap_outlives_any_number_of_values_beside_it():
    drawn = np.random.default_rng(1)
    made = seen((drawn.choice((20.0, 80.0), 20_000) + drawn.normal(0, 2, 20_000)).tolist())
    assert len(made.state()["lows"]) <= MOST
    assert made.distance(50.0) > 15.0


def test_few_different_values_are_all_remembered():
    made = seen([float(value % 100) for value in range(5000)])
    assert made.distance(37.5) == 0.5


def test_what_nothing_has_come_to_for_long_is_new_again():
    made = seen([50.0, *(float(value % 10) for value in range(5000))], memory=1000)
    assert made.distance(50.0) == 41.0
    assert made.range == 9.0


def test_an_absurd_value_widens_the_range_by_no_more_than_a_leap():
    made = seen([*(float(value % 10) for value in range(60)), 1e18])
    assert made.range == 27.0


def test_after_nothing_but_one_value_any_other_is_believed():
    assert seen([5.0] * 60 + [80.0]).range == 75.0


def test_what_was_saved_goes_on_alike():
    made, other = seen(np.random.default_rng(2).normal(size=400).tolist()), Seen(MEMORY)
    other.restore(made.state())
    for value in (0.1, -7.0, 3.0):
        assert other.distance(value) == made.distance(value)
        made.learn(value)
        other.learn(value)
    assert other.state() == made.state()


def test_saved_stretches_that_overlap_are_refused():
    with pytest.raises(DetectorError, match="overlap: rebuild"):
        Seen(MEMORY).restore({"count": 2, "lows": [0.0, 1.0], "highs": [2.0, 3.0], "latest": [1.0, 2.0]})
