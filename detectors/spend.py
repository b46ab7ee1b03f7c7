"""The detector for spend: what an hour usually costs, and how unusual the last hours were."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from typing_extensions import override

from detectors import fields
from detectors.anchor import HOPELESS, REMEMBERED, Anchor
from detectors.base import Detector, Observation, Sensitivity, Verdict, span_in_hours
from detectors.parameters import Limits
from detectors.progress import Progress, Step
from detectors.reasons import reason_of, score_of
from detectors.season import LEAST_FACTOR, Cells, Season, cells_of
from detectors.spans import Evidence, Spans

STATE_VERSION = 1
LARGEST = 1e100  # beyond it arithmetic would overflow long before it would mean anything
FREAK = 100.0  # times the level: the most the level learns from before it is warm
LARGEST_EXPONENT = 50.0

# Evidence in wobbles, chosen so that an hourly series gives about 0.1, 0.2 and 1 false episode a
# week; bench/detectors measures it.
THRESHOLDS = {
    Sensitivity.CONSERVATIVE: 4.5,
    Sensitivity.NORMAL: 3.8,
    Sensitivity.AGGRESSIVE: 2.5,
}

LIMITS = {
    "rate": Limits("weight of an hour in the slow level", "per hour", 0.001, 0.1),
    "fade": Limits("weight of an hour in the ordinary wobble", "per hour", 0.0005, 0.05),
    "clip": Limits("how far one hour may pull the level", "typical residuals", 0.5, 20.0),
    "floor": Limits("share of the level below which differences fade", "", 0.01, 2.0),
    "least": Limits("amount an hour below which differences fade", "value per hour", 1e-6, 1e6),
    "warm_up": Limits("history needed before anything is an anomaly", "hours", 24.0, 1000.0),
}


class _Window(NamedTuple):
    """One window beside what was expected of it; amounts are per hour."""

    step: Step
    cells: Cells
    rate: float
    expected: float
    linear: float
    logarithmic: float


class SpendDetector(Detector):
    """Season-adjusted residuals, averaged over 1, 3, 8, 24 and 72 hours; the worst one counts.

    Two residuals share one profile: the linear one (a share of the usual level) sees overspend,
    the logarithmic one sees drops and nights that no longer sleep. Amounts are compared per hour,
    so windows of any length may be judged; a window is learnt when at least half of it is new, and
    a late one is judged against its own hour and not learnt. Missing hours teach nothing.

    What is learnt from an odd hour is clipped, so that an incident does not become the norm at
    once; thirty odd hours to one side do become it.

    The band of a verdict is an approximation: it tells where a single window after an ordinary
    past would turn into an anomaly, whatever the longer spans say.

    Args:
        sensitivity: How much evidence an anomaly needs.
        rate: Weight of an hour in the slow level.
        fade: Weight of an hour in the ordinary wobble.
        clip: How far one hour may pull the level, in typical residuals.
        floor: Share of the level below which differences fade.
        least: Amount an hour below which differences fade.
        warm_up: Hours of history needed before anything is an anomaly.
    """

    name = "spend"

    def __init__(
        self,
        sensitivity: str = Sensitivity.NORMAL,
        rate: float = 0.006,
        fade: float = 0.003,
        clip: float = 2.0,
        floor: float = 0.3,
        least: float = 0.05,
        warm_up: float = 72.0,
    ) -> None:
        self.sensitivity = sensitivity
        self.rate = rate
        self.fade = fade
        self.clip = clip
        self.floor = floor
        self.least = least
        self.warm_up = warm_up
        self._threshold = THRESHOLDS[Sensitivity(sensitivity)]
        self._forget()

    @override
    def judge(self, observation: Observation) -> Verdict:
        """Judge a window of any length, anywhere in the hour, without learning from it."""
        window = self._compare(observation)
        return self._verdict(window, self._weigh(window))

    @override
    def learn(self, observation: Observation) -> None:
        """Learn from a window that is complete; repeated and late ones change nothing."""
        window = self._compare(observation)
        self._learn(observation, window, self._weigh(window))

    @override
    def update(self, observation: Observation) -> Verdict:
        """Judge a complete window, then learn from it, weighing it only once."""
        window = self._compare(observation)
        evidence = self._weigh(window)
        verdict = self._verdict(window, evidence)
        self._learn(observation, window, evidence)
        return verdict

    @override
    def state(self) -> dict[str, Any]:
        """Return everything learnt."""
        return {
            "version": STATE_VERSION,
            "progress": self._progress.state(),
            "season": self._season.state(),
            "linear": self._linear.state(),
            "logarithmic": self._logarithmic.state(),
            "anchor": self._anchor.state(),
        }

    @override
    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        fields.require_version(state, STATE_VERSION)
        self._progress.restore(fields.section(state, "progress"))
        self._season.restore(fields.section(state, "season"))
        self._linear.restore(fields.section(state, "linear"))
        self._logarithmic.restore(fields.section(state, "logarithmic"))
        self._anchor.restore(fields.section(state, "anchor"))

    def _forget(self) -> None:
        self._progress = Progress()
        self._season = Season()
        self._linear = Spans()
        self._logarithmic = Spans()
        self._anchor = Anchor()

    def _compare(self, observation: Observation) -> _Window:
        hours = span_in_hours(observation)
        rate = max(-LARGEST, min(LARGEST, observation.value / hours))
        cells = cells_of(observation.at, hours)
        step = self._progress.step(observation.at, hours)
        if self._progress.until is None:
            return _Window(step, cells, rate, max(rate, 0.0), 0.0, 0.0)
        expected = self._season.level * self._season.factor(cells)
        wide, narrow = self._scales(expected)
        # Below zero the logarithm goes on as a straight line: a refund is less than nothing spent.
        logarithmic = math.log((max(rate, 0.0) + narrow) / (expected + narrow))
        logarithmic += min(rate, 0.0) / wide
        return _Window(step, cells, rate, expected, (rate - expected) / wide, logarithmic)

    def _weigh(self, window: _Window) -> Evidence:
        """Join both residuals: either may see too much, only the logarithm sees too little."""
        linear = self._linear.look(window.linear, window.step, self._threshold)
        both = self._logarithmic.look(window.logarithmic, window.step, self._threshold)
        if linear.up <= both.up:
            return both
        return both._replace(up=linear.up, up_span=linear.up_span)

    def _verdict(self, window: _Window, evidence: Evidence) -> Verdict:
        low, high = self._band(window)
        strength = max(evidence.up, evidence.low)
        warming_up = self._progress.hours < self.warm_up
        odd = strength > self._threshold and not warming_up
        hours = window.step.hours
        return Verdict(
            score=0.0 if warming_up else score_of(strength),
            is_anomaly=odd,
            expected=window.expected * hours,
            low=low * hours,
            high=high * hours,
            reason=reason_of(evidence, warming_up=warming_up, odd=odd),
            warming_up=warming_up,
        )

    def _learn(self, observation: Observation, window: _Window, evidence: Evidence) -> None:
        step = window.step
        if not self._progress.is_new(step):
            return
        self._progress.advance(observation.at, step.hours)
        hours = self._progress.hours
        factor = self._season.factor(window.cells)
        credible = self._credible(window)
        self._linear.learn(window.linear, step, hours, self.fade, self.clip)
        self._logarithmic.learn(window.logarithmic, step, hours, self.fade, self.clip)
        self._season.learn(window.cells, credible, step.hours, self.rate)
        self._anchor.remember(max(window.rate, 0.0) / max(factor, LEAST_FACTOR), step.hours)
        if hours > self.warm_up:
            self._anchor.count(evidence.up, evidence.low, step.hours)
        self._reconsider_level()

    def _scales(self, expected: float) -> tuple[float, float]:
        """Return what the linear residual is divided by, and the offset of the logarithm."""
        small = self.floor * self._season.level
        return expected + small + self.least, 0.5 * small + self.least

    def _credible(self, window: _Window) -> float:
        """Return the part of a window's rate that the level may learn."""
        rate = max(window.rate, 0.0)
        if self._progress.hours <= self.warm_up:
            # Nothing is known yet about ordinary residuals; only the absurd is held back.
            level = self._season.level
            return min(rate, FREAK * level) if level > 0 else rate
        limit = self._linear.limit(self.clip)
        if abs(window.linear) <= limit:
            return rate
        wide, _ = self._scales(window.expected)
        return max(0.0, window.expected + math.copysign(limit, window.linear) * wide)

    def _reconsider_level(self) -> None:
        young = self._progress.hours <= self.warm_up + REMEMBERED
        if not (young or self._anchor.is_settled):
            return
        usual = self._anchor.usual()
        if usual is None:
            return
        if young and 0 < usual * HOPELESS < self._season.level:
            self._forget()
        elif self._anchor.is_settled:
            self._season.level = usual or self._season.level
            self._linear.calm()
            self._logarithmic.calm()
            self._anchor.release()

    def _band(self, window: _Window) -> tuple[float, float]:
        hours = window.step.hours
        wide, narrow = self._scales(window.expected)
        _, linear = self._linear.edges(self._threshold, hours)
        fewer, more = self._logarithmic.edges(self._threshold, hours)
        low = _grown(window.expected, fewer, narrow)
        high = min(window.expected + linear * wide, _grown(window.expected, more, narrow))
        return max(0.0, low), max(0.0, high)


def _grown(expected: float, logarithm: float, narrow: float) -> float:
    return (expected + narrow) * math.exp(min(logarithm, LARGEST_EXPONENT)) - narrow
