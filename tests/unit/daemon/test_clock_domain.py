"""The vocabulary: times, series names, partitions, and what measures amount to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.clock import SystemClock, from_ms, to_ms
from daemon.domain import MEASURES, PARTITIONS, TOTAL, Dimension, Entity, Measures, Metric, SeriesKey, dollars
from daemon.testing import NOON, ManualClock

names = st.text(st.characters(codec="utf-8"), max_size=20)


def test_the_machines_clock_is_aware_and_its_durations_never_negative() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before


def test_a_manual_clock_moves_only_when_told_and_a_step_moves_the_wall_alone() -> None:
    clock = ManualClock()
    start = clock.monotonic()
    clock.advance(timedelta(seconds=5))
    clock.step_wall(timedelta(hours=-1))
    assert clock.now() == NOON + timedelta(seconds=5) - timedelta(hours=1)
    assert clock.monotonic() - start == 5


@given(st.integers(0, 10**13))
def test_stored_times_come_back_exactly(milliseconds: int) -> None:
    assert to_ms(from_ms(milliseconds)) == milliseconds


def test_stored_times_do_not_depend_on_the_zone_they_were_given_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert to_ms(NOON.astimezone(tokyo)) == to_ms(NOON)
    assert from_ms(0) == datetime(1970, 1, 1, tzinfo=UTC)


@given(st.sampled_from(Metric), st.sampled_from([dimension for dimension in Dimension if dimension != "total"]), names)
def test_a_series_name_reads_back_as_the_series_slashes_and_all(
    metric: Metric, dimension: Dimension, name: str
) -> None:
    key = SeriesKey(metric, Entity(dimension, name))
    assert SeriesKey.parse(str(key)) == key


@pytest.mark.parametrize("metric", Metric)
def test_a_total_reads_back_as_the_total(metric: Metric) -> None:
    key = SeriesKey(metric, TOTAL)
    assert str(key) == f"{metric}/total"
    assert SeriesKey.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "cost", "cost/", "price/total", "cost/galaxy/andromeda", "total/cost"])
def test_a_name_of_no_series_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        SeriesKey.parse(text)


def test_partitions_never_change_because_stored_data_goes_by_them() -> None:
    bot = Entity(Dimension.AGENT, "research-agent")
    assert (TOTAL.partition("team"), bot.partition("team"), bot.partition("other")) == (169, 84, 222)


@given(names, names)
def test_every_entity_has_a_partition_in_range(tenant: str, name: str) -> None:
    assert 0 <= Entity(Dimension.USER, name).partition(tenant) < PARTITIONS


CALLS = Measures(
    calls=4, errors=1, cost_nanos=2_000_000_000, input_tokens=10, output_tokens=5, total_tokens=15, latency_ms=800
)


@pytest.mark.parametrize(
    ("metric", "value", "of_nothing"),
    [
        (Metric.COST, 2.0, 0.0),
        (Metric.CALLS, 4.0, 0.0),
        (Metric.TOKENS, 15.0, 0.0),
        (Metric.INPUT_TOKENS, 10.0, 0.0),
        (Metric.OUTPUT_TOKENS, 5.0, 0.0),
        (Metric.ERROR_RATE, 0.25, None),
        (Metric.LATENCY, 200.0, None),
        (Metric.COST_PER_CALL, 0.5, None),
    ],
)
def test_counters_are_zero_and_ratios_absent_where_nothing_happened(
    metric: Metric, value: float, of_nothing: float | None
) -> None:
    assert CALLS.value(metric) == value
    assert Measures().value(metric) == of_nothing
    assert metric.is_counter == (of_nothing is not None)


def test_measures_are_stored_in_the_order_of_their_fields() -> None:
    assert Measures(*range(len(MEASURES))) == Measures(**{name: n for n, name in enumerate(MEASURES)})


@pytest.mark.parametrize(
    ("nanos", "exact"), [(0, "0"), (1, "0.000000001"), (123_456_789_012_345_678, "123456789.012345678")]
)
def test_dollars_are_exact(nanos: int, exact: str) -> None:
    assert dollars(nanos) == Decimal(exact)
