from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_platform.analytics.periods import PERIODS, explicit, rolling

NOW = datetime(2026, 3, 10, 12, 34, 56, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by contract


@pytest.mark.parametrize(
    ("period", "count", "width"),
    [
        ("HOUR", 12, timedelta(minutes=5)),
        ("EIGHT_HOURS", 8, timedelta(hours=1)),
        ("TWENTY_FOUR_HOURS", 24, timedelta(hours=1)),
        ("SEVEN_DAYS", 7, timedelta(days=1)),
        ("THIRTY_DAYS", 30, timedelta(days=1)),
        ("NINETY_DAYS", 90, timedelta(days=1)),
    ],
)
def test_a_named_period_ends_now_in_buckets_of_full_width(period: str, count: int, width: timedelta) -> None:
    buckets = rolling(period, NOW)
    assert len(buckets) == count
    assert {bucket.end - bucket.start for bucket in buckets} == {width}
    assert buckets[-1].end == NOW


def test_a_year_begins_on_the_same_day_of_the_year_before() -> None:
    buckets = rolling("TWELVE_MONTHS", NOW)
    assert len(buckets) == 12
    assert buckets[0].start == NOW.replace(year=2025)


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    buckets = rolling("SIX_MONTHS", datetime(2026, 3, 31, tzinfo=UTC))
    assert [bucket.start.day for bucket in buckets] == [30, 31, 30, 31, 31, 28]


@given(st.sampled_from(PERIODS), moments)
def test_the_buckets_of_a_period_meet_without_gap(period: str, now: datetime) -> None:
    buckets = rolling(period, now)
    assert all(one.end == two.start and one.start < one.end for one, two in pairwise(buckets))


@given(moments, st.timedeltas(timedelta(milliseconds=1), timedelta(days=3000)))
def test_a_chosen_span_is_covered_exactly_once(start: datetime, span: timedelta) -> None:
    buckets = explicit(start, start + span)
    assert buckets[0].start == start
    assert buckets[-1].end == start + span
    assert all(one.end == two.start for one, two in pairwise(buckets))
    assert all(bucket.start < bucket.end for bucket in buckets)
    assert len(buckets) <= 101


@pytest.mark.parametrize(
    ("span", "width"),
    [
        (timedelta(hours=1), timedelta(minutes=5)),
        (timedelta(hours=2), timedelta(hours=1)),
        (timedelta(days=2), timedelta(hours=1)),
        (timedelta(days=3), timedelta(days=1)),
        (timedelta(days=92), timedelta(days=1)),
    ],
)
def test_the_span_decides_the_width_and_the_clock_the_edges(span: timedelta, width: timedelta) -> None:
    buckets = explicit(NOW, NOW + span)
    inner = buckets[1:-1]
    assert {bucket.end - bucket.start for bucket in inner} <= {width}
    midnight = NOW.replace(hour=0, minute=0, second=0)
    assert all((bucket.end - midnight) % width == timedelta(0) for bucket in buckets[:-1])


def test_a_long_span_is_cut_by_calendar_months() -> None:
    buckets = explicit(datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC))
    assert [(bucket.start.month, bucket.start.day) for bucket in buckets] == [
        (1, 15), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("span", [timedelta(0), timedelta(hours=-1), timedelta(days=4000)])
def test_an_empty_or_endless_span_is_refused(span: timedelta) -> None:
    with pytest.raises(ValueError, match=r"endDate|ten years"):
        explicit(NOW, NOW + span)
