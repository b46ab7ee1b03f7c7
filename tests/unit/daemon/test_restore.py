"""From what is stored back to a living detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from daemon.alerts import Alert
from daemon.clock import to_ms
from daemon.domain import SeriesKey
from daemon.pipeline.restore import MOST_HISTORY, restored, retuned
from daemon.pipeline.step import SeriesState
from daemon.rules import SeriesRules
from daemon.store import StoredSeries
from daemon.testing import NOON
from detectors.base import Detector, Observation, Sensitivity
from detectors.snapshot import dump

KEY = SeriesKey.parse("cost/agent/robot")
RULES = SeriesRules(enabled=True, detector="spend", sensitivity=Sensitivity.NORMAL, min_impact=5.0)
HOUR = timedelta(hours=1)
START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def taught() -> Detector:
    detector = RULES.build()
    for number in range(100):
        detector.learn(Observation(START + number * HOUR, 10.0 + number % 7, HOUR))
    return detector


def _stored(snapshot: bytes | None) -> StoredSeries:
    return StoredSeries(KEY, judged_until=to_ms(NOON), learned_until=to_ms(NOON - HOUR), snapshot=snapshot)


def test_a_snapshot_brings_back_what_was_learnt(taught: Detector) -> None:
    state = restored(_stored(dump(taught)), RULES, None)
    assert state.detector.state() == taught.state()
    assert (state.learned_until, state.judged_until) == (NOON - HOUR, NOON)


@pytest.mark.parametrize(
    "spoil",
    [lambda data: data[:-1] + b"?", lambda data: data[:10], lambda _: b"", lambda _: None],
    ids=["damaged", "cut short", "empty", "none"],
)
def test_a_snapshot_that_does_not_fit_is_taught_again(taught: Detector, spoil: Callable[[bytes], bytes | None]) -> None:
    state = restored(_stored(spoil(dump(taught))), RULES, None)
    assert state.detector.state() == RULES.build().state()
    assert (state.learned_until, state.judged_until) == (NOON - MOST_HISTORY, NOON)


def test_a_snapshot_of_another_sensitivity_is_taught_again(taught: Detector) -> None:
    state = restored(_stored(dump(taught)), replace(RULES, sensitivity=Sensitivity.CONSERVATIVE), None)
    assert state.learned_until == NOON - MOST_HISTORY


def test_the_newest_alert_comes_back_as_open_or_over(taught: Detector, alert: Callable[..., Alert]) -> None:
    firing, over = alert(), alert(resolved_at=NOON)
    for snapshot in (dump(taught), None):
        opened, ended = restored(_stored(snapshot), RULES, firing), restored(_stored(snapshot), RULES, over)
        assert (opened.alert, opened.last) == (firing, None)
        assert (ended.alert, ended.last) == (None, over)


def test_another_sensitivity_keeps_what_was_learnt(taught: Detector, alert: Callable[..., Alert]) -> None:
    state = SeriesState(taught, NOON, NOON, alert())
    tuned = retuned(state, replace(RULES, sensitivity=Sensitivity.AGGRESSIVE))
    assert tuned.detector.state() == taught.state()
    assert tuned.detector.parameters()["sensitivity"] is Sensitivity.AGGRESSIVE
    assert replace(tuned, detector=taught) == state


def test_another_detector_is_taught_from_the_start_and_the_alert_stays(
    taught: Detector, alert: Callable[..., Alert]
) -> None:
    state = SeriesState(taught, NOON, NOON, alert())
    tuned = retuned(state, replace(RULES, detector="level"))
    assert tuned.detector.name == "level"
    assert (tuned.learned_until, tuned.judged_until, tuned.alert) == (NOON - MOST_HISTORY, NOON, state.alert)


def test_a_detector_without_snapshots_is_kept_as_long_as_its_rules_are() -> None:
    gaussian = replace(RULES, detector="gaussian")
    detector = gaussian.build()
    detector.learn(Observation(START, 10.0, HOUR))
    state = SeriesState(detector, NOON, NOON)
    assert retuned(state, replace(gaussian, min_impact=9.0)) is state
    other = retuned(state, replace(gaussian, sensitivity=Sensitivity.AGGRESSIVE))
    assert other.learned_until == NOON - MOST_HISTORY
