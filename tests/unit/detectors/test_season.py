"""The usual value of an hour of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from detectors.season import Season, cells_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "hours", "cells"),
    [
        (MONDAY, 1.0, {0: 1.0}),
        (MONDAY + timedelta(hours=9, minutes=20), 0.5, {9: 1.0}),
        (MONDAY + timedelta(hours=9, minutes=45), 1.0, {9: 0.25, 10: 0.75}),
        (MONDAY + timedelta(days=5), 1.0, {24: 1.0}),
        (MONDAY + timedelta(days=4, hours=23, minutes=30), 1.0, {23: 0.5, 24: 0.5}),
        (MONDAY + timedelta(days=6, hours=23, minutes=30), 1.0, {47: 0.5, 0: 0.5}),
    ],
)
def test_a_window_touches_the_hours_it_lies_in(at, hours, cells):
    assert dict(cells_of(at, hours)) == pytest.approx(cells)


@settings(max_examples=100)
@given(minutes=st.integers(0, 20_000), hours=st.floats(1 / 3600, 744))
def test_the_shares_of_a_window_add_up(minutes, hours):
    cells = cells_of(MONDAY + timedelta(minutes=minutes), hours)
    assert sum(share for _, share in cells) == pytest.approx(1.0)
    assert all(0 <= cell < 48 and share > 0 for cell, share in cells)


def test_the_first_days_are_a_plain_mean():
    season = Season()
    for hour, rate in enumerate((1.0, 2.0, 6.0)):
        season.learn(((hour, 1.0),), rate, 1.0, 0.006)
    assert season.level == pytest.approx(3.0)


def test_a_weekend_hour_nobody_has_seen_leans_on_the_working_day():
    season = Season()
    for _day in range(5):
        for hour in range(24):
            season.learn(((hour, 1.0),), 20.0 if hour == 12 else 1.0, 1.0, 0.006)
    assert season.factor(((36, 1.0),)) == pytest.approx(season.factor(((12, 1.0),)))
    for _ in range(6):
        season.learn(((36, 1.0),), 1.0, 1.0, 0.006)
    assert season.factor(((36, 1.0),)) < 0.5 * season.factor(((12, 1.0),))


def test_without_cells_every_hour_is_average():
    assert Season().factor(()) == 1.0
