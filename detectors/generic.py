"""The detector for any other metric: has anything like this been seen before?"""

from __future__ import annotations

from typing import Any, NamedTuple

from typing_extensions import override

from detectors import fields
from detectors.base import Detector, Observation, Sensitivity, Verdict, span_in_hours
from detectors.budget import Budget, Gumbel
from detectors.novelty.quiet import Quiet
from detectors.novelty.votes import RECENT, Look, Votes
from detectors.parameters import Limits
from detectors.progress import Progress, Step
from detectors.reasons import ORDINARY, TOO_LITTLE_HISTORY, score_of

STATE_VERSION = 2
OLD_VERSION = 1  # without budget, which then starts fresh
LARGEST = 1e100  # squares of it still fit
HOPELESS = 1e6  # a range this many times the recent values came from a freak value
PACE = 0.01
CRUMB = 1e-9  # share of a value below which a difference is a matter of rounding

# Evidence in decades above which an echo of what came before has its score held back.
ECHOES = {
    Sensitivity.CONSERVATIVE: 8.0,
    Sensitivity.NORMAL: 5.0,
    Sensitivity.AGGRESSIVE: 2.6,
}

# Ordinary residuals to either side of what is usual, for the band.
WIDTHS = {
    Sensitivity.CONSERVATIVE: 6.0,
    Sensitivity.NORMAL: 5.0,
    Sensitivity.AGGRESSIVE: 4.0,
}

# Daily maxima of the square root of the evidence, and the days that this guess counts for.
FIRST_GUESS = Gumbel(1.73, 0.5)
GUESS_DAYS = 5.0
LEAST_BAR = 2.0  # decades; one window in a hundred is no news

LIMITS = {
    "memory": Limits("windows after which what was seen is forgotten", "windows", 1000, 1_000_000),
    "least": Limits("difference from the usual below which nothing is new", "value", 0.0, 1e6),
    "warm_up": Limits("windows learnt before anything is an anomaly", "windows", 100, 10_000),
    "quiet": Limits("whether, after an alarm, only a clearly stronger one counts", ""),
}


class _Window(NamedTuple):
    step: Step
    look: Look
    evidence: float


class GenericDetector(Detector):
    """Novelty of the value, of its distance from the usual at that hour, and of the last windows together.

    It knows no unit and no direction: a value in a gap that the series has always left out is as odd
    as one beyond its edges. What was seen once is no longer new, so an incident that goes on soon
    falls silent, and `quiet` sees to it that its echoes do not alarm again; whoever needs to know how
    long something lasts takes the level detector.

    The value of a window is taken as it is, whatever its length. Late and repeated windows are
    judged and not learnt. The band of a verdict is a guide: what is usual at that hour, plus and minus
    a few ordinary residuals.

    Each look asks how far a feature is from the nearest one seen before, and how rare so large a
    distance is; decades are -log10 of the share of the distances so far that were as large, from a
    histogram with an exponential tail::

        evidence = value + 0.7 residual + 0.25 deviation + 0.7 drift + 0.65 density   (decades of each)
                 + log10(1 + 1000 d) + 4.2 d_few - 0.6 log10(windows / 500), the last when positive
        score    = evidence / (1 + evidence)

    with d the distance of the value, and d_few that of the mean of three, as shares of the range seen.
    It is an anomaly when the evidence passes the bar of `detectors.budget` and is no echo.

    An update takes about 50 microseconds; a snapshot has 22 KB and at most 64.

    Args:
        sensitivity: How many false alarms are bearable, a word of `Sensitivity`.
        memory: Windows after which what was seen is forgotten.
        least: Difference from the usual below which nothing is new, in the unit of the value.
        warm_up: Windows learnt before anything is an anomaly.
        quiet: Whether, after an alarm, only a clearly stronger one counts.

    References:
        Knorr, E. M., Ng, R. T. (1998). Algorithms for mining distance-based outliers in large datasets.
        VLDB. For the distance to what was seen as the measure.
        Pickands, J. (1975). Statistical inference using extreme order statistics. Annals of Statistics
        3(1). For a tail fitted to what lies beyond a quantile; here the exponential one.

    Examples:
        >>> from datetime import datetime, timedelta, timezone
        >>> hour, monday = timedelta(hours=1), datetime(2026, 1, 5, tzinfo=timezone.utc)
        >>> detector = GenericDetector()
        >>> for number in range(600):  # either low or high, never between
        ...     load = (20.0, 80.0)[number // 20 % 2] + number * 7 % 11 / 5
        ...     detector.learn(Observation(monday + number * hour, load, hour))
        >>> for load in (21.0, 81.0, 50.0):
        ...     print(load, detector.judge(Observation(monday + 600 * hour, load, hour)).is_anomaly)
        21.0 False
        81.0 False
        50.0 True
    """

    name = "generic"

    def __init__(
        self,
        sensitivity: str = Sensitivity.NORMAL,
        memory: int = 24_000,
        least: float = 1e-6,
        warm_up: int = 120,
        quiet: bool = True,
    ) -> None:
        self.sensitivity = sensitivity
        self.memory = memory
        self.least = least
        self.warm_up = warm_up
        self.quiet = quiet
        self._echo = ECHOES[Sensitivity(sensitivity)]
        self._width = WIDTHS[Sensitivity(sensitivity)]
        self._progress = Progress()
        self._forget()

    @override
    def judge(self, observation: Observation) -> Verdict:
        """Judge a window without learning from it."""
        return self._verdict(self._compare(observation))

    @override
    def learn(self, observation: Observation) -> None:
        """Learn from a window that is complete; repeated and late ones change nothing."""
        self._learn(observation, self._compare(observation))

    @override
    def update(self, observation: Observation) -> Verdict:
        """Judge a complete window, then learn from it, looking at it only once."""
        window = self._compare(observation)
        verdict = self._verdict(window)
        self._learn(observation, window)
        return verdict

    @override
    def state(self) -> dict[str, Any]:
        """Return everything learnt."""
        return {
            "version": STATE_VERSION,
            "progress": self._progress.state(),
            "votes": self._votes.state(),
            "quiet": self._quiet.state(),
            "residual": self._residual,
            "budget": self._budget.state(),
        }

    @override
    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned; from the first version, the budget starts fresh."""
        if state.get("version") != OLD_VERSION:
            fields.require_version(state, STATE_VERSION)
        self._progress.restore(fields.section(state, "progress"))
        self._votes.restore(fields.section(state, "votes"))
        self._quiet.restore(fields.section(state, "quiet"))
        self._residual = fields.number(state, "residual")
        self._budget = self._fresh_budget()
        if state["version"] != OLD_VERSION:
            self._budget.restore(fields.section(state, "budget"))

    def _forget(self) -> None:
        self._votes = Votes(self.memory)
        self._quiet = Quiet()
        self._residual = 0.0
        self._budget = self._fresh_budget()

    def _fresh_budget(self) -> Budget:
        return Budget(self.sensitivity, FIRST_GUESS, GUESS_DAYS, LEAST_BAR)

    def _compare(self, observation: Observation) -> _Window:
        hours = span_in_hours(observation)
        value = max(-LARGEST, min(LARGEST, observation.value))
        step = self._progress.step(observation.at, hours)
        look = self._votes.look(observation.at, value)
        if abs(look.residual.value) <= max(self.least, CRUMB * abs(value)):
            return _Window(step, look, 0.0)
        late = not self._progress.is_new(step)
        return _Window(step, look, self._votes.evidence(look, alone=late))

    def _verdict(self, window: _Window) -> Verdict:
        warming_up = self._votes.count < self.warm_up
        echoes = self._echoes(window.evidence)
        odd = window.evidence > self._budget.bar and not echoes and not warming_up
        look = window.look
        reach = self._width * self._residual + self.least
        return Verdict(
            score=0.0 if warming_up else score_of(self._told(window.evidence)),
            is_anomaly=odd,
            expected=look.expected,
            low=look.expected - reach,
            high=look.expected + reach,
            reason=_reason(look, warming_up=warming_up, odd=odd, echoes=echoes and window.evidence > self._budget.bar),
            warming_up=warming_up,
        )

    def _learn(self, observation: Observation, window: _Window) -> None:
        if not self._progress.is_new(window.step):
            return
        self._progress.advance(observation.at, window.step.hours)
        size = abs(self._votes.learn(window.look))
        count = self._votes.count
        self._residual += (size - self._residual) * max(PACE, 1.0 / count)
        if count > self.warm_up:
            self._budget.learn(self._told(window.evidence), observation.at, window.step.hours)
            self._quiet.learn(window.evidence)
        elif self._is_hopeless():
            self._forget()

    def _echoes(self, evidence: float) -> bool:
        return self.quiet and self._quiet.holds_back(evidence)

    def _told(self, evidence: float) -> float:
        """Return the evidence that goes into the score: an echo counts no more than it must."""
        return self._echo if evidence > self._echo and self._echoes(evidence) else evidence

    def _is_hopeless(self) -> bool:
        """Say whether one of the first values was so absurd that nothing else can be seen beside it."""
        recent = self._votes.recent
        largest = max(abs(value) for value in recent)
        return len(recent) == RECENT and 0 < largest * HOPELESS < self._votes.range


def _reason(look: Look, *, warming_up: bool, odd: bool, echoes: bool) -> str:
    if warming_up:
        return TOO_LITTLE_HISTORY
    if echoes:
        return "unlike what was seen before, but no more so than the last windows"
    if not odd:
        return ORDINARY
    side = "above" if look.residual.value >= 0 else "below"
    return f"unlike what was seen before, {side} what is usual at this time"
