"""How rare a size is, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.novelty.rarity import MOST_BINS, WARM, Rarity

MEMORY = 24_000


def rarity(sizes, memory=MEMORY) -> Rarity:
    made = Rarity(memory)
    for size in sizes:
        made.learn(size)
    return made


def exponential(count, seed=1):
    return np.random.default_rng(seed).exponential(size=count).tolist()


@pytest.mark.parametrize(("size", "decades"), [(0.693, 0.301), (2.303, 1.0), (4.605, 2.0), (11.51, 5.0)])
def test_a_decade_of_evidence_is_a_tenth_of_the_chance(size, decades):
    assert rarity(exponential(20_000)).decades(size) == pytest.approx(decades, abs=0.06 + 0.05 * decades)


def test_nothing_is_rare_before_there_is_anything_to_compare():
    assert rarity(exponential(WARM - 1)).decades(1e9) == 0.0


def test_any_size_is_rare_where_there_never_was_one():
    assert rarity([0.0] * 200).decades(0.01) > 8.0


def test_one_absurd_size_leaves_the_rest_as_rare_as_before():
    sizes = exponential(2000)
    assert rarity([*sizes, 1e18]).decades(12.0) == pytest.approx(rarity(sizes).decades(12.0), rel=0.05)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(WARM, 600), st.integers(0, 12), st.lists(st.floats(0, 1e15), min_size=2))
def test_a_larger_size_is_never_less_rare(seed, count, magnitudes, asked):
    drawn = np.random.default_rng(seed)
    learnt = np.where(drawn.random(count) < 0.3, 0.0, 10.0 ** drawn.uniform(0, magnitudes, count)).tolist()
    made = rarity(learnt)
    decades = [made.decades(size) for size in sorted([*asked, *learnt])]
    assert decades == sorted(decades)


def test_sizes_of_every_magnitude_take_no_more_room():
    sizes = 10.0 ** np.random.default_rng(3).uniform(-200, 200, 3000)
    state = rarity(sizes.tolist()).state()
    assert len(state["bins"]) == len(state["counts"]) == MOST_BINS
    assert sum(state["counts"]) == state["total"] == 3000


def test_what_is_long_ago_weighs_less():
    made = rarity([*([10.0] * 1000), *([1.0] * 4000)], memory=1000)
    assert made.decades(10.0) > 1.0
    assert made.state()["total"] < 1000


def test_what_was_saved_goes_on_alike():
    made, other = rarity(exponential(500)), Rarity(MEMORY)
    other.restore(made.state())
    for size in exponential(50, seed=2):
        assert other.decades(size) == made.decades(size)
        made.learn(size)
        other.learn(size)
    assert other.state() == made.state()
