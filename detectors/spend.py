"""The detector for spend: what an hour usually costs, and how unusual the last hours were."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from typing_extensions import override

from detectors import fields
from detectors.anchor import FAMILIAR, HOPELESS, REMEMBERED, Anchor
from detectors.base import Detector, Observation, Sensitivity, Verdict, span_in_hours
from detectors.gauge import Gauge, gauge
from detectors.parameters import Limits
from detectors.patience import Patience
from detectors.progress import Progress, Step
from detectors.reasons import ORDINARY, RESTLESS, TOO_LITTLE_HISTORY, reason_of, score_of
from detectors.season import LEAST_FACTOR, Cells, Season, cells_of
from detectors.spans import Evidence
from detectors.unusual import Sight, Unusual

STATE_VERSION = 2
OLD_VERSION = 1  # without habits and patience, which then start fresh
LARGEST = 1e100  # beyond it arithmetic would overflow long before it would mean anything
FREAK = 100.0  # times the level: the most the level learns from before it is warm

# Evidence in wobbles, chosen so that an hourly series gives a little less than 0.1, 0.2 and 1 false episode a
# week on the seeds the benchmark calls tuning seeds.
THRESHOLDS = {
    Sensitivity.CONSERVATIVE: 4.0,
    Sensitivity.NORMAL: 3.7,
    Sensitivity.AGGRESSIVE: 2.6,
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
    factor: float
    is_back: bool
    rate: float
    gauge: Gauge
    linear: float
    logarithmic: float
    sight: Sight
    evidence: Evidence


class SpendDetector(Detector):
    """Season-adjusted residuals, averaged over 1, 3, 8, 24 and 72 hours; the worst one counts.

    Two residuals share one profile: the linear one (a share of the usual level) sees overspend,
    the logarithmic one sees drops and nights that no longer sleep. Amounts are compared per hour,
    so windows of any length may be judged; a window is learnt when at least half of it is new, and
    a late one is judged against its own hour and not learnt. Missing hours teach nothing.

    A series is measured by its own wobble and its own usual day, and needs more while it is young.
    What is learnt from an odd hour is clipped, so that an incident does not become the norm at
    once; a day of odd hours above or sixty below do become it. For two weeks after that an hour is judged by
    the former level where that fits it better, and six such hours bring it back.

    The score is the evidence alone. Whether it is told depends on the alarm before as well: one
    that goes on ends a little below the threshold, and after it only more is told again.

    The band of a verdict is an approximation: it tells where a single window after an ordinary
    past would turn into an anomaly, whatever the longer spans say.

    With E the level times the factor of the hour, r the amount per hour, h hours in a window, and
    s = 1, 3, 8, 24, 72 hours::

        straight residual   (r - E) / (E + floor * level + least)
        ratio residual      ln((r + n) / (E + n)),  n = floor * level / 2 + least
        mean                m_s += 2h / (s + h) * (residual - m_s), of either
        strength            z_s = weight_s * (m_s - centre_s) / wobble_s, no larger than what the hour says
        evidence            the largest z_s of both residuals upwards, of the ratio downwards, in
                            wobbles, less for a young series and by its habits
        score               evidence / (1 + evidence)

    An update takes about 30 microseconds; a snapshot has 1.7 KB.

    Args:
        sensitivity: How much evidence an anomaly needs, a word of `Sensitivity`.
        rate: Weight of an hour in the slow level, per hour.
        fade: Weight of an hour in the ordinary wobble, per hour.
        clip: How far one hour may pull the level, in typical residuals.
        floor: Share of the level below which differences fade.
        least: Amount below which differences fade, in the unit of the value per hour.
        warm_up: Hours of history needed before anything is an anomaly.

    References:
        Roberts, S. W. (1959). Control chart tests based on geometric moving averages. Technometrics 1(3).
        Winters, P. R. (1960). Forecasting sales by exponentially weighted moving averages. Management Science 6(3).
        Lai, T. L. (1995). Sequential changepoint detection in quality control and dynamical systems.
        Journal of the Royal Statistical Society B 57(4). For taking the largest of several windows.
        Gelper, S., Fried, R., Croux, C. (2010). Robust forecasting with exponential and Holt-Winters
        smoothing. Journal of Forecasting 29(3). For the clipping.

    Examples:
        >>> from datetime import datetime, timedelta, timezone
        >>> hour, monday = timedelta(hours=1), datetime(2026, 1, 5, tzinfo=timezone.utc)
        >>> def dollars(number):
        ...     return (10.0 if 8 <= number % 24 < 18 else 2.0) * (1.0 + number * 7 % 11 / 100)
        >>> detector = SpendDetector()
        >>> for number in range(21 * 24):
        ...     detector.learn(Observation(monday + number * hour, dollars(number), hour))
        >>> three, noon = monday + (21 * 24 + 3) * hour, monday + (21 * 24 + 12) * hour
        >>> detector.judge(Observation(noon, 10.5, hour)).is_anomaly
        False
        >>> detector.judge(Observation(three, 10.5, hour)).reason
        'above the usual level for this hour'
    """

    name = "spend"
    settles = True

    def __init__(
        self,
        sensitivity: str = Sensitivity.NORMAL,
        rate: float = 0.002,
        fade: float = 0.002,
        clip: float = 1.5,
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
        return self._verdict(self._weigh(observation))

    @override
    def learn(self, observation: Observation) -> None:
        """Learn from a window that is complete; repeated and late ones change nothing."""
        self._learn(observation, self._weigh(observation))

    @override
    def update(self, observation: Observation) -> Verdict:
        """Judge a complete window, then learn from it, weighing it only once."""
        window = self._weigh(observation)
        verdict = self._verdict(window)
        self._learn(observation, window)
        return verdict

    def weigh(self, observation: Observation) -> Evidence:
        """Return the evidence to both sides that the threshold is compared with, without learning."""
        return self._weigh(observation).evidence

    @override
    def settle(self, hours: float) -> bool:
        """Take the level of the last hours for normal; silence is no level, since nothing could be measured by it."""
        level = self._anchor.recent(hours)
        if not level:
            return False
        self._season.level = level
        self._anchor.accept()
        self._unusual.calm()
        self._above, self._below = Patience(), Patience()
        return True

    @override
    def state(self) -> dict[str, Any]:
        """Return everything learnt."""
        return {
            "version": STATE_VERSION,
            "progress": self._progress.state(),
            "season": self._season.state(),
            "anchor": self._anchor.state(),
            "above": self._above.state(),
            "below": self._below.state(),
            **self._unusual.state(),
        }

    @override
    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned; from the first version, habits and episode start fresh."""
        if state.get("version") != OLD_VERSION:
            fields.require_version(state, STATE_VERSION)
        self._progress.restore(fields.section(state, "progress"))
        self._season.restore(fields.section(state, "season"))
        self._anchor.restore(fields.section(state, "anchor"))
        self._unusual = Unusual()
        self._above, self._below = Patience(), Patience()
        self._unusual.restore(state, with_habits=state["version"] != OLD_VERSION)
        if state["version"] != OLD_VERSION:
            self._above.restore(fields.section(state, "above"))
            self._below.restore(fields.section(state, "below"))

    def _forget(self) -> None:
        self._progress = Progress()
        self._season = Season()
        self._anchor = Anchor()
        self._unusual = Unusual()
        self._above, self._below = Patience(), Patience()

    def _weigh(self, observation: Observation) -> _Window:
        hours = span_in_hours(observation)
        rate = max(-LARGEST, min(LARGEST, observation.value / hours))
        cells = cells_of(observation.at, hours)
        step = self._progress.step(observation.at, hours)
        factor = self._season.factor(cells)
        if self._progress.until is None:  # nothing is known: the first window is what it is
            rate = max(rate, 0.0)
            beside, is_back = self._beside(rate, 1.0), False
        else:
            beside, is_back = self._expect(rate, factor)
        linear, logarithmic = beside.linear(rate), beside.logarithmic(rate)
        sight = self._unusual.look(linear, logarithmic, step)
        evidence = self._unusual.weigh(sight, self._progress.hours, self._threshold)
        return _Window(step, cells, factor, is_back, rate, beside, linear, logarithmic, sight, evidence)

    def _expect(self, rate: float, factor: float) -> tuple[Gauge, bool]:
        """Return what should have been spent, and whether that is by the former level."""
        present = self._beside(self._season.level, factor)
        former = self._anchor.former
        if former is None:
            return present, False
        before = self._beside(former, factor)
        return (before, True) if before.is_nearer(rate, present) else (present, False)

    def _beside(self, level: float, factor: float) -> Gauge:
        return gauge(level * factor, level, self.floor, self.least)

    def _verdict(self, window: _Window) -> Verdict:
        evidence, hours, gap = window.evidence, window.step.hours, window.step.gap
        upper, lower = self._above.bar(self._threshold, gap), self._below.bar(self._threshold, gap)
        warming_up = self._progress.hours < self.warm_up
        above, below = evidence.up > upper, evidence.low > lower
        low, high = self._band(window, lower, upper)
        return Verdict(
            score=0.0 if warming_up else score_of(max(evidence.up, evidence.low)),
            is_anomaly=(above or below) and not warming_up,
            expected=window.gauge.expected * hours,
            low=low * hours,
            high=high * hours,
            reason=TOO_LITTLE_HISTORY if warming_up else self._reason(evidence, above=above, below=below),
            warming_up=warming_up,
        )

    def _reason(self, evidence: Evidence, *, above: bool, below: bool) -> str:
        if above or below:
            return reason_of(evidence, above=above, below=below)
        return RESTLESS if max(evidence.up, evidence.low) > self._threshold else ORDINARY

    def _learn(self, observation: Observation, window: _Window) -> None:
        step, evidence = window.step, window.evidence
        if not self._progress.is_new(step):
            return
        credible = self._credible(window)
        if self._progress.hours >= self.warm_up:
            self._above.learn(evidence.up, self._threshold, step.hours, step.gap)
            self._below.learn(evidence.low, self._threshold, step.hours, step.gap)
            if not self._anchor.is_restless:
                self._unusual.learn_habits(window.sight, step.hours)
            self._anchor.count(evidence.up, evidence.low, step.hours)
        self._progress.advance(observation.at, step.hours)
        # An incident is learnt at the pace of an old series, however young this one is.
        hours = math.inf if self._anchor.is_high else self._progress.hours
        self._unusual.learn(window.linear, window.logarithmic, window.sight, step.hours, hours, self.fade, self.clip)
        self._season.learn(window.cells, credible, step.hours, self.rate)
        weight = max(window.factor, LEAST_FACTOR)
        self._anchor.remember(max(window.rate, 0.0) / weight, weight, step.hours)
        self._anchor.compare(step.hours, is_back=window.is_back)
        self._reconsider_level()

    def _credible(self, window: _Window) -> float:
        """Return the part of a window's rate that the level may learn."""
        rate = max(window.rate, 0.0)
        if self._progress.hours < self.warm_up:
            # Nothing is known yet about ordinary residuals; only the absurd is held back.
            level = self._season.level
            return min(rate, FREAK * level) if level > 0 else rate
        limit = self._unusual.limit(self.clip)
        if abs(window.linear) <= limit:
            return rate
        return window.gauge.at_linear(math.copysign(limit, window.linear))

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
            # A series that fell silent keeps its level: nothing could be measured by a level of zero.
            level, is_familiar = self._season.level, self._progress.hours > FAMILIAR
            self._season.level = self._anchor.settle(level, is_familiar=is_familiar) or level
            self._unusual.calm()

    def _band(self, window: _Window, lower: float, upper: float) -> tuple[float, float]:
        straight, fewer, more = self._unusual.edges(lower, upper, window.step.hours, self._progress.hours)
        low = window.gauge.at_logarithmic(fewer)
        high = min(window.gauge.at_linear(straight), window.gauge.at_logarithmic(more))
        return min(low, high), high
