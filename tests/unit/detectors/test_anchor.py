"""When a new level stops being an anomaly."""

from __future__ import annotations

import pytest

from detectors.anchor import PATIENCE_ABOVE, Anchor

ODD, CALM = 6.0, 1.0


def test_the_usual_level_needs_a_whole_day():
    anchor = Anchor()
    for level in range(23):
        anchor.remember(float(level), 1.0, 1.0)
    assert anchor.usual() is None
    anchor.remember(1000.0, 1.0, 1.0)
    assert anchor.usual() == 12.0


def test_hours_that_are_usually_empty_hardly_count():
    anchor = Anchor()
    for hour in range(24):
        # Five dollars in every hour: in a series that spends in one hour of twelve, idle hours shout.
        factor = 11.0 if hour % 12 == 0 else 0.05
        anchor.remember(5.0 / factor, factor, 1.0)
    assert anchor.usual() == pytest.approx(5.0 / 11.0)


def test_minutes_are_gathered_into_hours():
    anchor = Anchor()
    for minute in range(24 * 60):
        anchor.remember(float(minute % 60), 1.0, 1 / 60)
    assert anchor.usual() == pytest.approx(29.5)


def test_more_than_a_day_of_odd_hours_above_settles_it():
    anchor = Anchor()
    for _ in range(int(PATIENCE_ABOVE)):
        anchor.count(ODD, 0.0, 1.0)
    assert not anchor.is_settled
    anchor.count(ODD, 0.0, 1.0)
    assert anchor.is_settled
    anchor.settle(1.0, is_familiar=True)
    assert not anchor.is_settled


def test_calm_hours_count_back_but_not_beyond_nothing():
    anchor = Anchor()
    for _ in range(20):
        anchor.count(ODD, 0.0, 1.0)
    for _ in range(50):
        anchor.count(CALM, CALM, 1.0)
    for _ in range(int(PATIENCE_ABOVE)):
        anchor.count(ODD, 0.0, 1.0)
    assert not anchor.is_settled


def test_a_fall_must_outlast_a_weekend():
    anchor = Anchor()
    for _ in range(59):
        anchor.count(0.0, ODD, 1.0)
    assert not anchor.is_settled
    for _ in range(2):
        anchor.count(0.0, ODD, 1.0)
    assert anchor.is_settled


def test_changing_sides_starts_over():
    anchor = Anchor()
    for _ in range(25):
        anchor.count(ODD, 0.0, 1.0)
    for _ in range(25):
        anchor.count(0.0, ODD, 1.0)
    assert not anchor.is_settled


def settled_at_forty() -> Anchor:
    """Return an anchor that left ten for forty."""
    anchor = Anchor()
    for _ in range(31):
        anchor.remember(40.0, 1.0, 1.0)
        anchor.count(ODD, 0.0, 1.0)
    assert anchor.settle(10.0, is_familiar=True) == 40.0
    return anchor


def pass_hours(anchor: Anchor, hours: int, *, is_back: bool) -> None:
    for _ in range(hours):
        anchor.compare(1.0, is_back=is_back)


def test_six_hours_at_the_former_level_bring_it_back():
    anchor = settled_at_forty()
    pass_hours(anchor, 5, is_back=True)
    assert not anchor.is_settled
    pass_hours(anchor, 1, is_back=True)
    assert anchor.is_settled
    assert anchor.settle(40.0, is_familiar=True) == 10.0


def test_hours_that_do_not_fit_count_against_it():
    anchor = settled_at_forty()
    pass_hours(anchor, 4, is_back=True)
    pass_hours(anchor, 3, is_back=False)
    pass_hours(anchor, 4, is_back=True)
    assert not anchor.is_settled


def test_minutes_bring_the_former_level_back_in_as_many_hours():
    anchor = settled_at_forty()
    for _ in range(6 * 60 - 1):
        anchor.compare(1 / 60, is_back=True)
    assert not anchor.is_settled
    anchor.compare(1 / 30, is_back=True)
    assert anchor.is_settled


def test_an_incident_that_ended_is_no_level_to_come_back_to():
    anchor = settled_at_forty()
    pass_hours(anchor, 6, is_back=True)
    assert anchor.settle(40.0, is_familiar=True) == 10.0
    assert anchor.former is None
    pass_hours(anchor, 20, is_back=True)
    assert not anchor.is_settled


def test_an_unfamiliar_level_is_not_remembered():
    anchor = Anchor()
    for _ in range(31):
        anchor.remember(40.0, 1.0, 1.0)
        anchor.count(ODD, 0.0, 1.0)
    anchor.settle(10.0, is_familiar=False)
    assert anchor.former is None


def test_a_former_level_is_forgotten_after_two_weeks():
    anchor = settled_at_forty()
    pass_hours(anchor, 14 * 24 - 1, is_back=False)
    assert anchor.former == 10.0
    pass_hours(anchor, 1, is_back=False)
    assert anchor.former is None


def test_a_state_without_weights_and_former_level_is_taken():
    state = settled_at_forty().state()
    for name in ("former", "former_hours", "back", "weights", "part_weight"):
        del state[name]
    anchor = Anchor()
    anchor.restore(state)
    assert anchor.former is None
    assert anchor.usual() == 40.0
