"""What holds for every period, whatever was spent."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.analysis import Method, Period, analyze
from detectors.base import Sensitivity

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)

amounts = st.floats(0, 1e4).map(lambda value: round(value, 2))
series = st.lists(amounts, min_size=4, max_size=31)
sensitivities = st.sampled_from(Sensitivity)
methods = st.sampled_from(Method)
quick = settings(max_examples=60, deadline=None)


def period(count: int) -> Period:
    return Period.even("P", START, DAY, count)


def buckets(values) -> dict[datetime, float]:
    return {START + i * DAY: value for i, value in enumerate(values)}


def run(entities, count, **choice):
    return analyze({key: buckets(values) for key, values in entities.items()}, period(count), **choice)


def marks(result):
    return {(one.key, one.time_group) for one in result.temporal_anomalies}


@quick
@given(series, sensitivities, methods, st.integers(-8, 8))
def test_counting_in_another_currency_finds_the_same(values, sensitivity, method, power):
    # A power of two, so that not even the last digit differs.
    factor = 2.0**power
    plain = run({("a", "x"): values}, len(values), sensitivity=sensitivity, method=method, min_impact=4.0)
    scaled = [factor * value for value in values]
    other = run({("a", "x"): scaled}, len(values), sensitivity=sensitivity, method=method, min_impact=4.0 * factor)
    assert marks(plain) == marks(other)
    z_scores = [sorted(one.z_score for one in each.temporal_anomalies) for each in (plain, other)]
    assert z_scores[0] == pytest.approx(z_scores[1])


@quick
@given(st.dictionaries(st.sampled_from("vwxyz"), series, min_size=1), sensitivities, methods, st.randoms())
def test_the_order_in_which_entities_and_buckets_are_given_does_not_matter(entities, sensitivity, method, shuffler):
    count = max(map(len, entities.values()))
    pairs = [(("agent", name), list(buckets(values).items())) for name, values in entities.items()]
    straight = analyze({key: dict(row) for key, row in pairs}, period(count), sensitivity=sensitivity, method=method)
    shuffle(shuffler, pairs)
    mixed = analyze({key: dict(row) for key, row in pairs}, period(count), sensitivity=sensitivity, method=method)
    assert mixed == straight


def shuffle(shuffler: random.Random, pairs) -> None:
    shuffler.shuffle(pairs)
    for _, row in pairs:
        shuffler.shuffle(row)


@quick
@given(series, sensitivities, st.floats(0, 100))
def test_a_quiet_entity_more_changes_nothing_for_the_others(values, sensitivity, steady):
    alone = run({("agent", "x"): values}, len(values), sensitivity=sensitivity)
    steadily = [steady] * len(values)
    beside = run({("agent", "x"): values, ("agent", "y"): steadily}, len(values), sensitivity=sensitivity)
    assert beside.temporal_anomalies == alone.temporal_anomalies
    assert beside.time_period_summary == alone.time_period_summary
    assert beside.recommendations == alone.recommendations


@quick
@given(st.data(), sensitivities, st.floats(1, 1e4), st.floats(5, 1e6))
def test_one_spike_of_five_times_the_norm_is_always_found(data, sensitivity, norm, times):
    noise = st.floats(0.9, 1.1)
    values = [norm * one for one in data.draw(st.lists(noise, min_size=4, max_size=31))]
    place = data.draw(st.integers(0, len(values) - 1))
    values[place] = norm * times
    result = run({("a", "x"): values}, len(values), sensitivity=sensitivity, min_impact=0)
    assert (("a", "x"), START + place * DAY) in marks(result)


@quick
@given(series, methods, st.floats(0, 100))
def test_a_more_sensitive_word_finds_all_that_a_less_sensitive_one_finds(values, method, impact):
    found = [
        marks(run({("a", "x"): values}, len(values), sensitivity=word, method=method, min_impact=impact))
        for word in (Sensitivity.CONSERVATIVE, Sensitivity.NORMAL, Sensitivity.AGGRESSIVE)
    ]
    assert found[0] <= found[1] <= found[2]


@quick
@given(series, sensitivities)
def test_empty_buckets_may_be_left_out(values, sensitivity):
    full = run({("a", "x"): values}, len(values), sensitivity=sensitivity)
    spent = {start: value for start, value in buckets(values).items() if value}
    assert analyze({("a", "x"): spent}, period(len(values)), sensitivity=sensitivity) == full


@quick
@given(st.dictionaries(st.sampled_from("vwxyz"), series, min_size=1), st.booleans(), methods)
def test_the_sums_agree_with_the_anomalies(entities, drops, method):
    count = max(map(len, entities.values()))
    keyed = {("agent", name): values for name, values in entities.items()}
    result = run(keyed, count, drops=drops, method=method, min_impact=0)
    beyond = sum(max(0.0, one.excess) for one in result.temporal_anomalies)
    assert sum(one.total_anomalous_cost for one in result.time_period_summary) == pytest.approx(beyond)
    assert sum(one.total_anomalous_cost for one in result.entity_summary) == pytest.approx(beyond)
    assert sum(one.total_anomalies for one in result.time_period_summary) == result.total_anomalies_detected
    assert all(one.normal_range_min <= one.normal_value for one in result.temporal_anomalies)
