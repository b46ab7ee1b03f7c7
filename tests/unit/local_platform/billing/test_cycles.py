from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.billing.cycles import Cycle, cycle_at, cycles_between, trial_end
from local_platform.billing.plan import Plan, PlanPeriod

MOMENT = timedelta(microseconds=1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
periods = st.sampled_from([period for period in PlanPeriod if period is not PlanPeriod.NONE])


def plan(period: str = "MONTH", count: int = 1, trial: str = "NONE", trial_count: int = 1) -> Plan:
    return Plan("P", "USD", PlanPeriod(period), count, PlanPeriod(trial), trial_count)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "count", "start", "at", "begins", "ends"),
    [
        ("MONTH", 1, "2026-01-15", "2026-01-15", "2026-01-15", "2026-02-15"),
        ("MONTH", 1, "2026-01-15", "2026-03-14T23:59", "2026-02-15", "2026-03-15"),
        ("MONTH", 1, "2026-01-31", "2026-02-27", "2026-01-31", "2026-02-28"),
        ("MONTH", 1, "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"),
        ("MONTH", 1, "2026-01-31T10:00", "2026-02-28T09:00", "2026-01-31T10:00", "2026-02-28T10:00"),
        ("MONTH", 3, "2026-01-31", "2026-05-01", "2026-04-30", "2026-07-31"),
        ("YEAR", 1, "2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28"),
        ("YEAR", 1, "2024-02-29", "2028-03-01", "2028-02-29", "2029-02-28"),
        ("DAY", 7, "2026-01-01T06:00", "2026-01-15T05:59", "2026-01-08T06:00", "2026-01-15T06:00"),
        ("TEST_MINUTE", 5, "2026-01-01", "2026-01-01T00:14", "2026-01-01T00:10", "2026-01-01T00:15"),
        (
            "TEST_MINUTE_WITH_SYNTHETIC_METERING",
            1,
            "2026-01-01",
            "2026-01-01T00:14",
            "2026-01-01T00:14",
            "2026-01-01T00:15",
        ),
    ],
)
def test_a_period_is_counted_from_the_start_of_the_subscription(
    period: str, count: int, start: str, at: str, begins: str, ends: str
) -> None:
    found = cycle_at(plan(period, count), day(start), day(at))
    assert found is not None
    assert (found.start, found.end) == (day(begins), day(ends))


def test_before_the_start_there_is_no_period() -> None:
    assert cycle_at(plan(), day("2026-01-15"), day("2026-01-15") - MOMENT) is None


def test_without_a_period_a_plan_runs_on_for_ever() -> None:
    assert cycle_at(plan("NONE"), day("2026-01-15"), day("2099-01-01")) == Cycle(day("2026-01-15"), None)


def test_a_trial_comes_first_and_paid_periods_count_from_its_end() -> None:
    trying, start = plan(trial="DAY", trial_count=14), day("2026-01-10")
    assert trial_end(trying, start) == day("2026-01-24")
    assert cycle_at(trying, start, start) == Cycle(start, day("2026-01-24"), trial=True)
    first = cycle_at(trying, start, day("2026-01-24"))
    assert first == Cycle(day("2026-01-24"), day("2026-02-24"))
    assert first.first_paid
    assert cycle_at(trying, start, day("2026-03-01")) == Cycle(day("2026-02-24"), day("2026-03-24"), 1)


def test_the_periods_of_a_stretch_of_time_follow_each_other_from_the_one_it_begins_in() -> None:
    trying, start = plan(trial="DAY", trial_count=14), day("2026-01-10")
    found = list(cycles_between(trying, start, day("2026-01-01"), day("2026-02-24")))
    assert found == [
        Cycle(start, day("2026-01-24"), trial=True),
        Cycle(day("2026-01-24"), day("2026-02-24")),
    ]
    assert list(cycles_between(trying, start, day("2026-02-01"), day("2026-02-02"))) == found[1:]
    assert list(cycles_between(trying, start, day("2026-01-01"), start)) == []
    assert list(cycles_between(plan("NONE"), start, start, day("2099-01-01"))) == [Cycle(start, None)]


def test_only_the_first_paid_period_is_one() -> None:
    start = day("2026-01-10")
    trial, second = cycle_at(plan(trial="DAY"), start, start), cycle_at(plan(), start, day("2026-02-10"))
    assert trial is not None
    assert second is not None
    assert not trial.first_paid
    assert not second.first_paid


def test_a_plan_without_a_trial_has_no_trial_end() -> None:
    assert trial_end(plan(), day("2026-01-10")) is None


@pytest.mark.parametrize("period", ["DAY", "MONTH", "YEAR"])
def test_a_period_that_would_end_beyond_the_calendar_ends_with_it(period: str) -> None:
    start = day("9999-12-31")
    found = cycle_at(plan(period, 1000), start, start)
    assert found is not None
    assert found.start == start
    assert found.end == datetime.max.replace(tzinfo=UTC)


@settings(max_examples=100)
@given(periods, st.integers(1, 13), moments, st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_every_moment_lies_in_its_period_and_periods_follow_each_other(
    period: PlanPeriod, count: int, start: datetime, later: timedelta
) -> None:
    at, terms = start + later, plan(period, count)
    found = cycle_at(terms, start, at)
    assert found is not None
    assert found.end is not None
    assert found.start <= at < found.end
    following = cycle_at(terms, start, found.end)
    assert following is not None
    assert (following.start, following.number) == (found.end, found.number + 1)
