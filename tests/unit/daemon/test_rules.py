"""Which series are watched and how: settings first, tuning on top."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.domain import Dimension, Metric, SeriesKey
from daemon.rules import Rules
from daemon.settings import DEFAULT_WATCHES, Watch
from detectors.base import Sensitivity

RULES = Rules(DEFAULT_WATCHES, Sensitivity.NORMAL, {})
ROBOT = SeriesKey.parse("cost/agent/robot")


def _tuned(overrides: dict[str, dict[str, Any]], key: SeriesKey = ROBOT) -> Any:
    return RULES.tuned(overrides).for_key(key)


@pytest.mark.parametrize(
    ("series", "detector"),
    [
        ("cost/total", "spend"),
        ("cost/task_type/chat", "spend"),
        ("error_rate/provider/openai", "level"),
        ("error_rate/agent/robot", None),
        ("latency/total", None),
    ],
)
def test_the_defaults_watch_spend_everywhere_and_errors_by_provider(series: str, detector: str | None) -> None:
    found = RULES.for_key(SeriesKey.parse(series))
    assert (found.detector if found else None) == detector


def test_the_first_watch_that_names_a_series_counts() -> None:
    watches = (
        Watch(metric=Metric.COST, dimensions=(Dimension.AGENT,), min_impact=1.0),
        Watch(metric=Metric.COST, dimensions=tuple(Dimension), min_impact=9.0),
    )
    rules = Rules(watches, Sensitivity.NORMAL, {})
    found = rules.for_key(ROBOT)
    assert found is not None
    assert found.min_impact == 1.0
    assert rules.watches_for(Dimension.AGENT) == [watches[0]]
    assert rules.watches_for(Dimension.MODEL) == [watches[1]]


def test_a_pattern_changes_what_it_names_and_nothing_else() -> None:
    tuned = _tuned({"cost/agent/*": {"sensitivity": "conservative"}})
    assert (tuned.sensitivity, tuned.detector, tuned.enabled) == (Sensitivity.CONSERVATIVE, "spend", True)
    other = _tuned({"cost/agent/*": {"sensitivity": "conservative"}}, SeriesKey.parse("cost/model/big"))
    assert other.sensitivity is Sensitivity.NORMAL


def test_the_exact_name_outranks_a_pattern_whatever_came_last() -> None:
    tuned = _tuned({"cost/agent/robot": {"min_impact": 1.0}, "cost/*": {"min_impact": 50.0, "enabled": False}})
    assert (tuned.min_impact, tuned.enabled) == (1.0, False)


def test_of_two_patterns_the_later_one_counts() -> None:
    assert _tuned({"cost/*": {"min_impact": 1.0}, "cost/agent/*": {"min_impact": 2.0}}).min_impact == 2.0


def test_a_name_with_wildcards_in_it_is_its_own_exact_name() -> None:
    odd = SeriesKey.parse("cost/agent/[beta]*")
    assert _tuned({"cost/agent/[beta]*": {"enabled": False}}, odd).enabled is False


def test_the_rules_build_the_detector_they_name() -> None:
    detector = _tuned({"cost/agent/robot": {"detector": "level", "sensitivity": "aggressive"}}).build()
    assert (detector.name, detector.parameters()["sensitivity"]) == ("level", Sensitivity.AGGRESSIVE)


def test_each_change_raises_the_version_and_leaves_the_old_rules_alone() -> None:
    tuned = RULES.tuned({"cost/*": {"enabled": False}})
    assert (RULES.version, tuned.version, tuned.tuned({}).version) == (0, 1, 2)
    assert RULES.overrides == {}
