from __future__ import annotations

import statistics
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.analytics.aggregates import AGGREGATES, aggregate

ROWS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 3), st.integers(0, 10**12)),
    min_size=1,
    max_size=60,
)
EXPECTED = {
    "sum": sum,
    "avg": statistics.mean,
    "max": max,
    "min": min,
    "count": len,
    "median": statistics.median,
    "p50": statistics.median,
    **{f"p{share}": lambda values, share=share: float(np.percentile(values, share)) for share in (90, 95, 99)},
}


@settings(max_examples=25)
@given(rows=ROWS)
@pytest.mark.parametrize("how", AGGREGATES)
def test_every_aggregate_of_every_group_is_what_adding_up_by_hand_gives(
    how: str, rows: list[tuple[int, int, int]]
) -> None:
    groups = defaultdict(list)
    for first, second, value in rows:
        groups[first, second].append(value)
    first, second, values = (np.array(column) for column in zip(*rows, strict=True))
    found = aggregate(how, [first, second], values)
    assert found == pytest.approx({group: EXPECTED[how](held) for group, held in groups.items()}, rel=1e-12)


@given(values=st.lists(st.integers(0, 2**50), min_size=1, max_size=30))
@settings(max_examples=25)
def test_a_sum_is_exact_however_narrow_the_numbers_are_kept(values: list[int]) -> None:
    assert aggregate("sum", [], np.array(values)) == {(): sum(values)}
    bytes_ = np.full(1000, 127, np.int8)
    assert aggregate("sum", [], bytes_) == {(): 127_000}


def test_without_any_value_there_is_no_group() -> None:
    assert aggregate("sum", [np.array([], np.int64)], np.array([], np.int64)) == {}


def test_more_groups_than_two_bytes_count_are_told_apart() -> None:
    keys = np.arange(70_000)
    found = aggregate("max", [keys, keys[::-1]], keys)
    assert len(found) == 70_000
    assert found[69_999, 0] == 69_999
