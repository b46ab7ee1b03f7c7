"""What is told again after it was told once."""

from __future__ import annotations

import math

import pytest

from detectors.episode import HIGHEST_BAR, LONGEST_GAP, RELEASE, Episode

THRESHOLD = 3.0


def told(episode: Episode, evidence: float, gap: float = 0.0) -> bool:
    answer = evidence > episode.bar(THRESHOLD, gap)
    episode.learn(evidence, THRESHOLD, 1.0, gap)
    return answer


def after_an_alarm(evidence: float = 4.0, calm_hours: int = 1) -> Episode:
    episode = Episode()
    assert told(episode, evidence)
    for _ in range(calm_hours):
        assert not told(episode, 0.5)
    return episode


def test_without_an_alarm_before_the_threshold_decides():
    episode = Episode()
    assert not told(episode, 2.9)
    assert told(episode, 3.1)


def test_an_alarm_goes_on_a_little_below_the_threshold():
    episode = after_an_alarm(calm_hours=0)
    assert told(episode, THRESHOLD * RELEASE + 0.1)
    assert not told(episode, THRESHOLD * RELEASE - 0.1)


def test_the_same_again_is_not_told_again():
    assert not told(after_an_alarm(4.0), 3.9)


def test_more_is_told_again():
    assert told(after_an_alarm(4.0), 4.2)


def test_a_day_later_a_little_less_is_enough():
    assert told(after_an_alarm(5.0, calm_hours=24), 3.8)
    assert not told(after_an_alarm(5.0, calm_hours=24), 3.4)


def test_a_huge_alarm_buys_no_weeks_of_silence():
    episode = after_an_alarm(1e12)
    assert told(episode, HIGHEST_BAR * THRESHOLD)


def test_after_a_gap_an_alarm_does_not_go_on():
    episode = after_an_alarm(calm_hours=0)
    assert episode.bar(THRESHOLD, LONGEST_GAP) < THRESHOLD
    assert episode.bar(THRESHOLD, LONGEST_GAP + 1.0) > THRESHOLD


def test_a_late_window_is_measured_by_the_bare_threshold():
    assert after_an_alarm(6.0).bar(THRESHOLD, math.inf) == THRESHOLD


def test_a_restored_episode_goes_on():
    episode, restored = after_an_alarm(4.0, calm_hours=0), Episode()
    restored.restore(episode.state())
    assert restored.bar(THRESHOLD, 0.0) == episode.bar(THRESHOLD, 0.0) == pytest.approx(RELEASE * THRESHOLD)
