from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.billing.plan import Aggregate
from local_platform.billing.quantity import ElementUsage
from local_platform.billing.series import Metered, Value, Wanted, series_of, series_of_numbers, series_of_words

moments = st.integers(0, 50)
values = st.one_of(st.decimals(-1000, 1000, places=9), st.sampled_from(["eu", "us"]))
metered = st.lists(st.tuples(moments, values), max_size=30)


@settings(max_examples=80)
@given(metered, moments, moments)
def test_the_usage_of_a_stretch_is_that_of_the_values_metered_in_it(
    pairs: list[tuple[int, Value]], start: int, end: int
) -> None:
    found = series_of(pairs, Wanted(values={"eu"})).within(start, end)
    inside = [value for moment, value in sorted(pairs, key=lambda pair: pair[0]) if start <= moment < end]
    numbers = [value for value in inside if isinstance(value, Decimal)]
    assert (found.count, found.different) == (len(inside), len(set(inside)))
    assert (found.total, found.maximum) == (sum(numbers, Decimal(0)), max(numbers, default=0))
    assert found.last == (inside[-1] if inside and isinstance(inside[-1], Decimal) else 0)
    assert found.occurrences.get("eu", 0) == inside.count("eu")


def test_what_no_plan_asks_for_is_not_found_out() -> None:
    series = series_of([(1, Decimal(2)), (2, Decimal(3))], Wanted({Aggregate.SUM}))
    assert series.within(0, 9) == ElementUsage(count=2, total=Decimal(5), last=Decimal(3))


def test_sums_may_outgrow_the_numbers_of_a_column() -> None:
    costs = np.full(3, 2**62)
    found = series_of_numbers(np.arange(3), costs, Decimal("1e-9"), Wanted()).within(0, 9)
    assert found.total == Decimal(3 * 2**62).scaleb(-9)


def test_of_a_value_looked_for_in_a_column_only_the_exact_way_to_write_it_counts() -> None:
    texts = {"0.000000005", "5e-9", "0.0000000050", "0", "-0", "1", "1e30", "nan", "eu"}
    series = series_of_numbers(np.arange(4), np.array([5, 0, 5, 10**9]), Decimal("1e-9"), Wanted(values=texts))
    found = series.within(0, 9).occurrences
    assert {text: times for text, times in found.items() if times} == {"0.000000005": 2, "0": 1, "1": 1}


def test_a_word_that_no_call_has_is_not_found_among_words() -> None:
    series = series_of_words(np.arange(3), np.array([0, 1, 0]), ["eu", "us"], Wanted(values={"eu", "asia"}))
    found = series.within(0, 2)
    assert (found.count, found.different, found.occurrences) == (2, 2, {"eu": 1, "asia": 0})


def test_numbers_are_looked_for_as_people_write_them() -> None:
    series = series_of([(1, Decimal("5.0")), (2, Decimal(500))], Wanted(values={"5", "500"}))
    assert series.within(0, 9).occurrences == {"5": 1, "500": 1}


def test_calls_count_from_the_beginning_of_a_stretch_up_to_its_end() -> None:
    found = Metered(calls=[1, 5, 5, 9], elements={})
    assert [found.within(*stretch).calls for stretch in ((1, 9), (5, 6), (6, 6), (2, 5))] == [3, 2, 0, 0]
