"""Which series are watched, by what, and how sensitively: settings first, run-time tuning on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from daemon.domain import Dimension, Metric, SeriesKey
from daemon.settings import Watch
from daemon.spoken import Spoken, lessons_for
from detectors.base import Detector, Sensitivity
from detectors.feedback import NONE, Lessons
from detectors.registry import create

TUNABLE = ("enabled", "detector", "sensitivity", "min_impact")


@dataclass(frozen=True, slots=True)
class SeriesRules:
    """How one series is watched; `min_impact` is in the metric's own unit."""

    enabled: bool
    detector: str
    sensitivity: Sensitivity
    min_impact: float

    def build(self) -> Detector:
        """Return a fresh detector."""
        return create(self.detector, sensitivity=self.sensitivity)


NOT_WATCHED = SeriesRules(enabled=False, detector="spend", sensitivity=Sensitivity.NORMAL, min_impact=0.0)
"""For a series that no settings name any more, while an alert of it is still open."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules at one moment; `version` grows with each change but those of what people said (`spoken`)."""

    watches: Sequence[Watch]
    sensitivity: Sensitivity
    overrides: Mapping[str, Mapping[str, Any]]
    version: int = 0
    spoken: Sequence[Spoken] = ()

    def watches_for(self, dimension: Dimension) -> list[Watch]:
        """Return what is watched of entities of a dimension; of two watches on one metric the first counts."""
        found: dict[Metric, Watch] = {}
        for watch in self.watches:
            if dimension in watch.dimensions:
                found.setdefault(watch.metric, watch)
        return list(found.values())

    def for_key(self, key: SeriesKey) -> SeriesRules | None:
        """Return how a series is watched, or None if nobody watches it."""
        for watch in self.watches_for(key.entity.dimension):
            if watch.metric is key.metric:
                return self.for_series(key, watch)
        return None

    def for_series(self, key: SeriesKey, watch: Watch) -> SeriesRules:
        """Return how a series is watched; a pattern that names it exactly outranks one with wildcards."""
        rules = SeriesRules(True, watch.detector, self.sensitivity, watch.min_impact)
        text = str(key)
        exact = [body for pattern, body in self.overrides.items() if pattern == text]
        loose = [body for pattern, body in self.overrides.items() if pattern != text and fnmatchcase(text, pattern)]
        for body in (*loose, *exact):
            rules = replace(rules, **{name: _typed(name, body[name]) for name in TUNABLE if name in body})
        return rules

    def tuned(self, overrides: Mapping[str, Mapping[str, Any]]) -> Rules:
        """Return the rules with other run-time tuning."""
        return replace(self, overrides=overrides, version=self.version + 1)

    def hearing(self, spoken: Sequence[Spoken]) -> Rules:
        """Return the rules with other words of people."""
        return replace(self, spoken=spoken)

    def lessons_for(self, key: SeriesKey, at: datetime) -> Lessons:
        """Return what people said about a series, as it counts at a moment."""
        return lessons_for(key, self.spoken, at) if self.spoken else NONE


def _typed(name: str, value: Any) -> Any:
    return Sensitivity(value) if name == "sensitivity" else value
