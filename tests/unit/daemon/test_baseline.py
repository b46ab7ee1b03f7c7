"""What an episode is compared with: the same hour of calm days like its own, before it opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert
from daemon.clock import from_ms, to_ms
from daemon.domain import HOUR_MS, MINUTE_MS
from daemon.explaining.baseline import Baseline, calm_before, comparable, window_of
from daemon.store import Span
from daemon.testing import NOON

MakeAlert = Callable[..., Alert]

HOUR = timedelta(hours=1)
DAY_MS = 24 * HOUR_MS
BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
WINDOW = (to_ms(NOON) - HOUR_MS, to_ms(NOON))
"""Of a Wednesday."""

CALM = (WINDOW[0] - 14 * DAY_MS, WINDOW[0])


def choose(
    window: Span = WINDOW,
    calm: Span = CALM,
    zone: ZoneInfo = UTC_ZONE,
    *,
    seen_since: int = 0,
    episodes: Sequence[Span] = (),
) -> Baseline | None:
    return comparable(window, calm, zone, seen_since=seen_since, episodes=episodes)


def days_back(baseline: Baseline | None) -> list[int]:
    assert baseline is not None
    return [(WINDOW[0] - start) // DAY_MS for start, _ in baseline.spans]


def test_a_weekday_is_compared_with_the_weekdays_of_a_fortnight() -> None:
    baseline = choose()
    assert days_back(baseline) == [1, 2, 5, 6, 7, 8, 9, 12, 13, 14]
    assert baseline is not None
    assert baseline.words == "the same hour of 10 weekdays since Wed 18 Feb"
    assert {from_ms(start).hour for start, _ in baseline.spans} == {11}


def test_a_weekend_day_is_compared_with_weekends() -> None:
    saturday = (WINDOW[0] + 3 * DAY_MS, WINDOW[1] + 3 * DAY_MS)
    baseline = choose(saturday, (CALM[0] + 3 * DAY_MS, CALM[1] + 3 * DAY_MS))
    assert baseline is not None
    assert baseline.words == "the same hour of 4 weekend days since Sat 21 Feb"


def test_which_day_it_is_says_the_owners_clock() -> None:
    # Friday 23:30 UTC is Saturday in Berlin.
    start = to_ms(datetime(2026, 3, 6, 23, 30, tzinfo=UTC))
    baseline = choose((start, start + HOUR_MS), (start - 14 * DAY_MS, start), BERLIN)
    assert baseline is not None
    assert "weekend day" in baseline.words


def test_the_same_hour_is_that_of_the_clock_on_the_wall_when_summer_time_begins() -> None:
    start = to_ms(datetime(2026, 3, 31, 9, 0, tzinfo=BERLIN))
    baseline = choose((start, start + HOUR_MS), (start - 14 * DAY_MS, start), BERLIN)
    assert baseline is not None
    assert {from_ms(one).astimezone(BERLIN).hour for one, _ in baseline.spans} == {9}
    assert {from_ms(one).hour for one, _ in baseline.spans} == {7, 8}


def test_hours_of_earlier_episodes_are_left_out() -> None:
    day = WINDOW[0] - 2 * DAY_MS
    assert 2 not in days_back(choose(episodes=[(day + 59 * MINUTE_MS, day + 2 * HOUR_MS)]))
    assert 2 in days_back(choose(episodes=[(day + HOUR_MS, day + 2 * HOUR_MS)]))


def test_what_was_before_the_first_call_is_unknown_and_not_silence() -> None:
    assert days_back(choose(seen_since=WINDOW[0] - 6 * DAY_MS)) == [1, 2, 5, 6]


def test_without_a_day_of_its_kind_any_day_will_do() -> None:
    monday = (WINDOW[0] - 2 * DAY_MS, WINDOW[1] - 2 * DAY_MS)
    baseline = choose(monday, (monday[0] - 14 * DAY_MS, monday[0]), seen_since=monday[0] - 2 * DAY_MS)
    assert baseline is not None
    assert baseline.words == "the same hour of 2 days since Sat 28 Feb"


def test_without_a_day_the_hours_before_will_do() -> None:
    baseline = choose(seen_since=WINDOW[0] - 3 * HOUR_MS)
    assert baseline is not None
    assert baseline.words == "3 calm hours before"
    assert baseline.spans[0] == (WINDOW[0] - HOUR_MS, WINDOW[0])


def test_where_nothing_went_before_nothing_is_ordinary() -> None:
    assert choose(seen_since=WINDOW[0]) is None


def test_an_episode_of_days_stays_compared_with_days_before_it_opened() -> None:
    later = (WINDOW[0] + 2 * DAY_MS, WINDOW[1] + 2 * DAY_MS)
    baseline = choose(later)
    assert baseline is not None
    assert all(CALM[0] <= start and end <= CALM[1] for start, end in baseline.spans)
    assert baseline.words == "the same hour of 10 weekdays since Wed 18 Feb"


def test_an_hour_that_is_over_is_explained_whole(alert: MakeAlert) -> None:
    assert window_of(alert(window_start=NOON - HOUR, window_end=NOON)) == (to_ms(NOON) - HOUR_MS, to_ms(NOON))


@pytest.mark.parametrize("seconds", [0, 31])
def test_of_the_trailing_hour_whole_minutes_up_to_its_end_are_explained(alert: MakeAlert, seconds: int) -> None:
    end = NOON + timedelta(minutes=20, seconds=seconds)
    start, until = window_of(alert(window_start=end - HOUR, window_end=end))
    assert start == to_ms(NOON + timedelta(minutes=21)) - HOUR_MS
    # What was called later in the same minute was not counted, however late it is explained.
    assert until == to_ms(end) + 1


def test_calm_ends_where_the_first_window_begins(alert: MakeAlert) -> None:
    grown = alert(window_start=NOON + 4 * HOUR, window_end=NOON + 5 * HOUR)
    assert calm_before(grown) == calm_before(alert()) == CALM


starts = st.integers(0, 14 * 24 * 60).map(lambda minutes: CALM[0] + minutes * MINUTE_MS)
troubles = st.lists(
    starts.flatmap(lambda start: st.tuples(st.just(start), starts.map(lambda end: max(start + 1, end))))
)


@settings(max_examples=60, deadline=None)
@given(starts, troubles, st.integers(0, 10 * 24 * 60))
def test_whatever_went_before_only_calm_known_time_is_taken_for_ordinary(
    seen_since: int, episodes: list[Span], later: int
) -> None:
    window = (WINDOW[0] + later * MINUTE_MS, WINDOW[1] + later * MINUTE_MS)
    baseline = choose(window, zone=BERLIN, seen_since=seen_since, episodes=episodes)
    for start, end in baseline.spans if baseline else ():
        assert end - start == HOUR_MS
        assert max(CALM[0], seen_since) <= start
        assert end <= CALM[1]
        assert not any(one < end and start < other for one, other in episodes)
