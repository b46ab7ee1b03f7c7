"""What is told again after it was told once."""

from __future__ import annotations

import math

import pytest

from detectors.patience import HIGHEST_BAR, LONGEST_GAP, RELEASE, Patience

THRESHOLD = 3.0


def told(patience: Patience, evidence: float, gap: float = 0.0) -> bool:
    answer = evidence > patience.bar(THRESHOLD, gap)
    patience.learn(evidence, THRESHOLD, 1.0, gap)
    return answer


def after_an_alarm(evidence: float = 4.0, calm_hours: int = 1) -> Patience:
    patience = Patience()
    assert told(patience, evidence)
    for _ in range(calm_hours):
        assert not told(patience, 0.5)
    return patience


def test_without_an_alarm_before_the_threshold_decides():
    patience = Patience()
    assert not told(patience, 2.9)
    assert told(patience, 3.1)


def test_an_alarm_goes_on_a_little_below_the_threshold():
    patience = after_an_alarm(calm_hours=0)
    assert told(patience, THRESHOLD * RELEASE + 0.1)
    assert not told(patience, THRESHOLD * RELEASE - 0.1)


def test_the_same_again_is_not_told_again():
    assert not told(after_an_alarm(4.0), 3.9)


def test_more_is_told_again():
    assert told(after_an_alarm(4.0), 4.2)


def test_a_day_later_a_little_less_is_enough():
    assert told(after_an_alarm(5.0, calm_hours=24), 4.0)
    assert not told(after_an_alarm(5.0, calm_hours=24), 3.8)


def test_a_huge_alarm_buys_no_weeks_of_silence():
    patience = after_an_alarm(1e12)
    assert told(patience, HIGHEST_BAR * THRESHOLD)


def test_after_a_gap_an_alarm_does_not_go_on():
    patience = after_an_alarm(calm_hours=0)
    assert patience.bar(THRESHOLD, LONGEST_GAP) < THRESHOLD
    assert patience.bar(THRESHOLD, LONGEST_GAP + 1.0) > THRESHOLD


def test_a_late_window_is_measured_by_the_bare_threshold():
    assert after_an_alarm(6.0).bar(THRESHOLD, math.inf) == THRESHOLD


def test_a_restored_episode_goes_on():
    patience, restored = after_an_alarm(4.0, calm_hours=0), Patience()
    restored.restore(patience.state())
    assert restored.bar(THRESHOLD, 0.0) == patience.bar(THRESHOLD, 0.0) == pytest.approx(RELEASE * THRESHOLD)
