"""Who is new, who has vanished, and where neither is news."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DetectorError
from detectors.decision.presence import CROWD, Kind, News, Roster

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATER = MONDAY + 14 * DAY
EVERYBODY = {"a": 10.0, "b": 10.0, "c": 10.0}


def _let(
    roster: Roster, start: datetime, hours: int, spent: Mapping[str, float], *, only_by_day: tuple[str, ...] = ()
) -> list[News]:
    """Let names spend every hour; those named only by day do so on workdays from nine to five."""
    found = []
    for number in range(hours):
        at = start + number * HOUR
        for name, amount in spent.items():
            if name not in only_by_day or (at.weekday() < 5 and 9 <= at.hour < 17):
                roster.see(name, at, amount)
        found += roster.news()
    return found


def _watched(days: int = 14) -> Roster:
    """A roster of three names that spend 30 dollars an hour together."""
    roster = Roster()
    assert _let(roster, MONDAY, days * 24, EVERYBODY) == []
    return roster


# -- new


def test_a_new_name_that_spends_something_is_news_once() -> None:
    found = _let(_watched(), LATER, 48, {**EVERYBODY, "new": 20.0})
    assert [(news.kind, news.name, news.since, news.amount) for news in found] == [(Kind.NEW, "new", LATER, 20.0)]
    assert found[0].usual == pytest.approx(720.0, rel=0.05)


def test_a_new_name_that_spends_little_is_news_only_if_it_adds_up_within_a_day() -> None:
    found = _let(_watched(), LATER, 48, {**EVERYBODY, "slow": 1.0, "crumbs": 0.1})
    assert [(news.name, round(news.amount)) for news in found] == [("slow", 8)]


def test_what_a_name_spends_after_its_first_day_makes_it_no_news() -> None:
    roster = _watched()
    assert _let(roster, LATER, 24, {**EVERYBODY, "late": 0.01}) == []
    assert _let(roster, LATER + DAY, 24, {**EVERYBODY, "late": 500.0}) == []


def test_nobody_is_new_before_a_dimension_was_watched_for_a_week() -> None:
    assert _let(_watched(6), MONDAY + 6 * DAY, 48, {"a": 10.0, "b": 10.0, "new": 100.0}) == []


def test_where_new_names_are_the_rule_none_is_news() -> None:
    roster = Roster()
    for day in range(21):
        spent = {"a": 10.0, **{f"user-{day}-{number}": 50.0 for number in range(3)}}
        assert _let(roster, MONDAY + day * DAY, 24, spent) == []


def test_a_crowd_of_new_names_quiets_itself() -> None:
    crowd = {f"trace-{number}": 50.0 for number in range(40)}
    assert _let(_watched(), LATER, 24, {**EVERYBODY, **crowd}) == []
    pair = {f"model-{number}": 50.0 for number in range(int(CROWD))}
    assert len(_let(_watched(), LATER, 24, {**EVERYBODY, **pair})) == CROWD


def test_a_name_that_comes_back_is_not_new() -> None:
    roster = _watched()
    assert [news.kind for news in _let(roster, LATER, 72, {"a": 10.0, "b": 10.0})] == [Kind.VANISHED]
    assert _let(roster, LATER + 3 * DAY, 24, {"a": 10.0, "b": 10.0, "c": 100.0}) == []


# -- vanished


def test_a_regular_that_is_silent_for_a_day_while_others_go_on_has_vanished_once() -> None:
    found = _let(_watched(), LATER, 96, {"a": 10.0, "b": 10.0})
    assert [(news.kind, news.name, news.since) for news in found] == [(Kind.VANISHED, "c", LATER - HOUR)]
    assert (found[0].amount, found[0].usual) == (24.0, 0.0)


def test_one_that_comes_back_and_goes_again_is_news_again_after_a_longer_silence() -> None:
    roster = _watched()
    everybody, without = {"a": 10.0, "c": 10.0, "b": 10.0}, {"a": 10.0, "b": 10.0}
    assert len(_let(roster, LATER, 48, without)) == 1
    assert _let(roster, LATER + 2 * DAY, 24, everybody) == []
    found = _let(roster, LATER + 3 * DAY, 5 * 24, without)
    assert [(news.name, news.amount, news.usual) for news in found] == [("c", 97.0, 48.0)]


def test_a_weekend_makes_nobody_vanish_who_rests_at_weekends() -> None:
    roster = Roster()
    spent = {"daemon": 10.0, "office": 10.0}
    assert _let(roster, MONDAY, 5 * 7 * 24, spent, only_by_day=("office",)) == []
    found = _let(roster, MONDAY + 35 * DAY, 14 * 24, {"daemon": 10.0})
    assert [(news.name, news.amount) for news in found] == [("office", 129.0)]


def test_when_all_fall_silent_nobody_has_vanished() -> None:
    roster = _watched()
    after = LATER + 10 * DAY
    assert _let(roster, after, 1, {"a": 10.0, "b": 10.0}) == []
    assert _let(roster, after + HOUR, 1, {"a": 10.0, "b": 10.0, "c": 10.0}) == []


def test_who_was_seen_a_few_times_only_is_not_missed() -> None:
    roster = _watched(7)
    for day in range(7, 12):
        roster.see("rare", MONDAY + day * DAY, 0.01)
    assert _let(roster, MONDAY + 12 * DAY, 10 * 24, EVERYBODY) == []


# -- what is kept


def test_a_roster_that_was_restored_goes_on_as_if_nothing_had_happened() -> None:
    roster, other = _watched(), Roster()
    other.restore(json.loads(json.dumps(roster.state())))
    spent = {"a": 10.0, "new": 20.0}
    assert _let(other, LATER, 48, spent) == _let(roster, LATER, 48, spent) != []
    assert other.state() == roster.state()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"names": ["a"]},
        {"names": [1, 2, 3]},
        {"totals": [1.0]},
        {"longest": [0.0, 0.0, "x"]},
        {"told": None},
    ],
)
def test_a_damaged_state_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DetectorError, match="rebuild"):
        Roster().restore({**_watched(1).state(), **change})


@pytest.mark.parametrize(("at", "amount"), [(MONDAY.replace(tzinfo=None), 1.0), (MONDAY, float("nan"))])
def test_a_naive_stamp_or_no_number_is_refused(at: datetime, amount: float) -> None:
    with pytest.raises(DetectorError, match="give both in full"):
        Roster().see("a", at, amount)


def test_memory_is_bounded_and_those_silent_for_longest_are_forgotten() -> None:
    roster = Roster(most=10)
    for number in range(1000):
        roster.see(f"trace-{number}", MONDAY + number * HOUR, 1.0)
    assert roster.state()["names"] == [f"trace-{number}" for number in range(990, 1000)]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 60 * 24), st.sampled_from([0.0, 1.0, 100.0])), max_size=80
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_comes_in_whichever_order_no_name_is_new_twice(seen: list[tuple[str, int, float]]) -> None:
    roster = Roster(most=4)
    new: list[str] = []
    for name, hour, amount in seen:
        known = set(roster.state()["names"])
        roster.see(name, MONDAY + hour * HOUR, amount)
        for news in roster.news():
            assert news.since <= MONDAY + 60 * DAY
            if news.kind is Kind.NEW:
                assert news.name not in new or news.name not in known
                new.append(news.name)
        assert len(roster.state()["names"]) <= 4
