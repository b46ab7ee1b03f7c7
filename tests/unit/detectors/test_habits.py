"""What a series is used to."""

from __future__ import annotations

import pytest

from detectors.habits import LEAST_SCALE, Habits
from detectors.spans import SPANS

TRUSTED = [1.0] * len(SPANS)


def after(days: int, daily_maximum: float) -> Habits:
    habits = Habits()
    for _ in range(days):
        habits.learn([daily_maximum] * len(SPANS), 1.0)
        for _ in range(23):
            habits.learn([0.1] * len(SPANS), 1.0)
    return habits


def test_a_calm_series_is_watched_more_closely_within_limits():
    tempered = after(30, 0.1).temper([3.0] * len(SPANS), TRUSTED)
    assert tempered == pytest.approx([3.0 / LEAST_SCALE] * len(SPANS))


def test_a_series_that_jumps_every_day_needs_more():
    tempered = after(30, 6.0).temper([6.0] * len(SPANS), TRUSTED)
    assert max(tempered) < 3.0


def test_the_first_days_change_little():
    assert after(2, 6.0).temper([6.0] * len(SPANS), TRUSTED)[0] > 4.0


def test_one_wild_day_is_no_habit():
    habits = after(20, 2.0)
    habits.learn([1e6] * len(SPANS), 24.0)
    assert habits.temper([3.0] * len(SPANS), TRUSTED)[0] == pytest.approx(3.0, rel=0.1)


def test_every_span_has_its_own_habit():
    habits = Habits()
    for _ in range(30):
        habits.learn([8.0, 2.0, 2.0, 2.0, 2.0], 24.0)
    tempered = habits.temper([4.0] * len(SPANS), TRUSTED)
    assert tempered[0] < 2.0
    assert tempered[1:] == pytest.approx([4.0] * (len(SPANS) - 1))


def test_a_day_of_minutes_is_a_day():
    hourly, minutes = after(10, 6.0), Habits()
    for _ in range(10):
        minutes.learn([6.0] * len(SPANS), 1 / 60)
        for _ in range(24 * 60 - 1):
            minutes.learn([0.1] * len(SPANS), 1 / 60)
    assert minutes.temper([6.0] * len(SPANS), TRUSTED) == pytest.approx(hourly.temper([6.0] * len(SPANS), TRUSTED))


def test_restored_habits_are_the_same():
    habits, restored = after(10, 6.0), Habits()
    restored.restore(habits.state())
    assert restored.temper([6.0] * len(SPANS), TRUSTED) == habits.temper([6.0] * len(SPANS), TRUSTED)
