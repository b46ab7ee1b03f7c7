"""Where a window lies relative to what has been learnt."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from detectors.progress import Progress

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def until_noon() -> Progress:
    progress = Progress()
    progress.advance(NOON - timedelta(hours=1), 1.0)
    return progress


def test_the_first_window_of_all_is_new():
    progress = Progress()
    assert progress.is_new(progress.step(NOON, 1.0))


@pytest.mark.parametrize(
    ("minutes", "gap", "fresh"),
    [(0, 0.0, 1.0), (90, 1.5, 1.0), (-45, 0.0, 0.25), (-60, 0.0, 0.0), (-61, math.inf, 1.0)],
)
def test_a_window_follows_overlaps_or_is_late(until_noon, minutes, gap, fresh):
    step = until_noon.step(NOON + timedelta(minutes=minutes), 1.0)
    assert step.gap == pytest.approx(gap)
    assert step.fresh == pytest.approx(fresh)


@pytest.mark.parametrize(("minutes", "new"), [(0, True), (-29, True), (-31, False), (-600, False)])
def test_a_window_is_new_when_at_least_half_of_it_is(until_noon, minutes, new):
    step = until_noon.step(NOON + timedelta(minutes=minutes), 1.0)
    assert until_noon.is_new(step) is new


def test_progress_never_goes_back(until_noon):
    until_noon.advance(NOON - timedelta(days=3), 1.0)
    assert until_noon.until == NOON.timestamp()
