"""When a new level stops being an anomaly."""

from __future__ import annotations

import pytest

from detectors.anchor import Anchor

ODD, CALM = 6.0, 1.0


def test_the_usual_level_needs_a_whole_day():
    anchor = Anchor()
    for level in range(23):
        anchor.remember(float(level), 1.0)
    assert anchor.usual() is None
    anchor.remember(1000.0, 1.0)
    assert anchor.usual() == 12.0


def test_minutes_are_gathered_into_hours():
    anchor = Anchor()
    for minute in range(24 * 60):
        anchor.remember(float(minute % 60), 1 / 60)
    assert anchor.usual() == pytest.approx(29.5)


def test_thirty_odd_hours_to_one_side_settle_it():
    anchor = Anchor()
    for _ in range(30):
        anchor.count(ODD, 0.0, 1.0)
    assert not anchor.is_settled
    anchor.count(ODD, 0.0, 1.0)
    assert anchor.is_settled
    anchor.release()
    assert not anchor.is_settled


def test_calm_hours_count_back_but_not_beyond_nothing():
    anchor = Anchor()
    for _ in range(20):
        anchor.count(0.0, ODD, 1.0)
    for _ in range(50):
        anchor.count(CALM, CALM, 1.0)
    for _ in range(30):
        anchor.count(0.0, ODD, 1.0)
    assert not anchor.is_settled


def test_changing_sides_starts_over():
    anchor = Anchor()
    for _ in range(25):
        anchor.count(ODD, 0.0, 1.0)
    for _ in range(25):
        anchor.count(0.0, ODD, 1.0)
    assert not anchor.is_settled
