from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.alerting.rule import rule_of
from local_platform.alerting.vocabulary import Duration
from local_platform.alerting.windows import before, key, rolling, to_date, width, window_of

NOW = datetime(2026, 5, 14, 13, 47, 30, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
FIFTEEN_YEARS = timedelta(days=15 * 365) // MILLISECOND
MOMENTS = st.integers(0, FIFTEEN_YEARS).map(lambda ms: datetime(2020, 1, 1, tzinfo=UTC) + ms * MILLISECOND)


@pytest.mark.parametrize(
    ("duration", "start", "end", "name"),
    [
        ("DAILY", "2026-05-14", "2026-05-15", "DAILY:2026-05-14"),
        ("TWENTY_FOUR_HOURS", "2026-05-14", "2026-05-15", "DAILY:2026-05-14"),
        ("WEEKLY", "2026-05-11", "2026-05-18", "WEEKLY:2026-W20"),
        ("SEVEN_DAYS", "2026-05-11", "2026-05-18", "WEEKLY:2026-W20"),
        ("MONTHLY", "2026-05-01", "2026-06-01", "MONTHLY:2026-05"),
        ("THIRTY_DAYS", "2026-05-01", "2026-06-01", "MONTHLY:2026-05"),
        ("QUARTERLY", "2026-04-01", "2026-07-01", "QUARTERLY:2026-Q2"),
        ("FIFTEEN_MINUTES", "2026-05-14T13:45", "2026-05-14T14:00", "FIFTEEN_MINUTES:2026-05-14T13:45"),
        ("TWELVE_HOURS", "2026-05-14T12:00", "2026-05-15T00:00", "TWELVE_HOURS:2026-05-14T12:00"),
    ],
)
def test_a_budget_runs_since_the_start_of_its_period(duration: str, start: str, end: str, name: str) -> None:
    window = to_date(Duration(duration), NOW)
    assert (window.start, window.end) == (
        datetime.fromisoformat(start).replace(tzinfo=UTC),
        datetime.fromisoformat(end).replace(tzinfo=UTC),
    )
    assert (window.last, key(Duration(duration), window)) == (NOW, name)


@pytest.mark.parametrize("last_of_year", [datetime(2026, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)])
def test_the_last_month_and_quarter_end_with_the_year(last_of_year: datetime) -> None:
    ends = {to_date(duration, last_of_year).end for duration in (Duration.MONTHLY, Duration.QUARTERLY, Duration.DAILY)}
    assert ends == {datetime(2027, 1, 1, tzinfo=UTC)}


@settings(max_examples=100)
@given(duration=st.sampled_from(Duration), now=MOMENTS)
def test_periods_follow_each_other_without_a_gap(duration: Duration, now: datetime) -> None:
    window = to_date(duration, now)
    assert window.start <= now < window.end
    assert to_date(duration, window.end).start == window.end
    assert to_date(duration, window.end - MILLISECOND).start == window.start
    assert key(duration, to_date(duration, window.end)) != key(duration, window)


@settings(max_examples=50)
@given(duration=st.sampled_from(Duration), now=MOMENTS)
def test_the_window_before_ends_where_a_rolling_one_starts(duration: Duration, now: datetime) -> None:
    window = rolling(duration, now)
    earlier = before(window)
    assert earlier.last + MILLISECOND == window.start
    assert window.last - window.start == earlier.last - earlier.start == width(duration) - MILLISECOND


@pytest.mark.parametrize(("period", "days"), [("DAILY", 1), ("WEEKLY", 7), ("MONTHLY", 30), ("QUARTERLY", 91)])
def test_a_threshold_looks_back_by_days_where_a_budget_follows_the_calendar(
    rule_body: Any, period: str, days: int
) -> None:
    threshold = window_of(rule_of(rule_body(periodDuration=period)), NOW)
    budget = window_of(rule_of(rule_body(periodDuration=period, alertType="CUMULATIVE_USAGE")), NOW)
    assert threshold.start == NOW - timedelta(days=days) + MILLISECOND
    assert threshold.minutes == days * 1440
    assert budget == to_date(Duration(period), NOW)


def test_a_reset_starts_the_current_period_again_and_no_other() -> None:
    reset = NOW - timedelta(hours=2)
    assert to_date(Duration.DAILY, NOW, reset).start == reset
    assert to_date(Duration.DAILY, NOW, reset).end == to_date(Duration.DAILY, NOW).end
    tomorrow = NOW + timedelta(days=1)
    assert to_date(Duration.DAILY, tomorrow, reset) == to_date(Duration.DAILY, tomorrow)
    earlier = reset - timedelta(hours=1)
    assert to_date(Duration.DAILY, earlier, reset) == to_date(Duration.DAILY, earlier)


def test_a_window_knows_how_much_of_it_has_passed() -> None:
    window = to_date(Duration.DAILY, datetime(2026, 5, 14, 6, tzinfo=UTC))
    assert window.passed == Decimal("0.25")
    assert to_date(Duration.DAILY, window.start).minutes == 1
