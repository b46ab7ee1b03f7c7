"""River's own anomaly detectors behind the same interface as ours, with alarms that keep a promise."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NoReturn

from typing_extensions import override

from detectors.base import Detector, DetectorError, Observation, Sensitivity, Verdict, span_in_hours
from detectors.budget import Budget
from detectors.parameters import Limits
from detectors.progress import Progress
from detectors.reasons import ORDINARY, TOO_LITTLE_HISTORY, evidence_of
from detectors.river_recipes import RECIPES

LARGEST = 1e100  # squares of it still fit
LEAST_DEVIATIONS = 2.0  # nothing nearer is an alarm, however regular the days were

# Deviations to either side of the mean, for the band of those that count in something else.
WIDTHS = {
    Sensitivity.CONSERVATIVE: 5.0,
    Sensitivity.NORMAL: 4.0,
    Sensitivity.AGGRESSIVE: 3.0,
}

LIMITS = {
    "grace": Limits("windows learnt before anything is an anomaly", "windows", 10, 100_000),
    "seed": Limits("seed of the random parts", "", 0, 2**31 - 1),
}


class RiverDetector(Detector):
    """One of river's detectors, fed with the bare values of the windows.

    These detectors know neither season nor span. Late and repeated windows are judged and not
    learnt, as everywhere. What river returns has no unit, so the bar is learnt: it is what the
    largest evidence of a day passes as often as the sensitivity promises (see `detectors.budget`),
    with evidence = score / (1 - score), which for detectors that count in deviations is that count.

    The default grace period is ten days of hours: half of it fills the model, the other half settles
    the bar. The band is the running mean plus and minus as many standard deviations as the bar asks
    for; it is exact for detectors that count in deviations, and a guide of fixed width for the others.

    A detector whose score saturates on ordinary days (LODA, and half-space trees by the minute) keeps
    the promise by silence; OneClassSVM, whose scores keep rising while it learns, breaks it, and so do
    half-space trees on some series of ten minutes.

    Microseconds an update, and bytes pickled after 10,000 windows: gaussian 9 and 5,100, sad 9 and
    1,300, one_class_svm 16 and 2,300, half_space_trees 43 and 172,000, loda 77 and 14,400,
    local_outlier_factor 3,600 and 19,500 (after 1,500 windows; it keeps 1000 of them).

    Args:
        model: Which one, a key of `RECIPES`.
        sensitivity: How many false alarms are bearable, a word of `Sensitivity`.
        grace: Windows learnt before anything is an anomaly; half-space trees need at least 200.
        seed: Seed of the random parts.

    References:
        Tan, S. C., Ting, K. M., Liu, T. F. (2011). Fast anomaly detection for streaming data. IJCAI.
        Pevny, T. (2016). Loda: Lightweight on-line detector of anomalies. Machine Learning 102(2).
        Breunig, M. M. et al. (2000). LOF: Identifying density-based local outliers. SIGMOD.
        Schoelkopf, B. et al. (2001). Estimating the support of a high-dimensional distribution. Neural
        Computation 13(7).

    Examples:
        >>> from datetime import datetime, timedelta, timezone
        >>> hour, monday = timedelta(hours=1), datetime(2026, 1, 5, tzinfo=timezone.utc)
        >>> detector = RiverDetector("gaussian")
        >>> for number in range(300):
        ...     detector.learn(Observation(monday + number * hour, 100.0 + number * 7 % 11, hour))
        >>> for value in (103.0, 140.0):
        ...     print(value, detector.judge(Observation(monday + 300 * hour, value, hour)).is_anomaly)
        103.0 False
        140.0 True
    """

    snapshotable: ClassVar[bool] = False

    def __init__(
        self,
        model: str = "gaussian",
        sensitivity: str = Sensitivity.NORMAL,
        grace: int = 240,
        seed: int = 42,
    ) -> None:
        from river import stats  # brings scipy, so only when one of these detectors is chosen

        self.model = model
        self.sensitivity = sensitivity
        self.grace = grace
        self.seed = seed
        self.name = model
        self._recipe = RECIPES[model]
        self._river = self._recipe.build(seed)
        self._budget = Budget(sensitivity, least=LEAST_DEVIATIONS if self._recipe.in_deviations else 0.0)
        self._mean = stats.Mean()
        self._variance = stats.Var()
        self._learnt = 0
        self._progress = Progress()

    @override
    def judge(self, observation: Observation) -> Verdict:
        """Judge the value of a window; its time does not matter."""
        span_in_hours(observation)
        warming_up = self._learnt < max(self.grace, 2 * self._recipe.fill)
        score = 0.0 if warming_up else self._score(observation.value)
        odd = not warming_up and evidence_of(score) > self._budget.bar
        mean, reach = self._mean.get(), self._width() * math.sqrt(self._variance.get())
        return Verdict(
            score=score,
            is_anomaly=odd,
            expected=mean,
            low=mean - reach,
            high=mean + reach,
            reason=self._reason(observation.value, warming_up=warming_up, odd=odd),
            warming_up=warming_up,
        )

    @override
    def learn(self, observation: Observation) -> None:
        """Learn the value of a window; repeated and late ones change nothing."""
        hours = span_in_hours(observation)
        if not self._progress.is_new(self._progress.step(observation.at, hours)):
            return
        self._progress.advance(observation.at, hours)
        value = _bounded(observation.value)
        # The first scores come from an empty model and would spoil the bar for long.
        if self._learnt >= max(self.grace // 2, self._recipe.fill):
            self._budget.learn(evidence_of(self._score(value)), observation.at, hours)
        self._recipe.teach(self._river, value)
        self._mean.update(value)
        self._variance.update(value)
        self._learnt += 1

    @override
    def state(self) -> NoReturn:
        """Refuse: river's detectors have no portable state."""
        raise DetectorError(f"{self.name} keeps no snapshot: it is rebuilt from stored samples")

    @override
    def restore(self, state: dict[str, Any]) -> NoReturn:
        """Refuse: river's detectors have no portable state."""
        del state
        raise DetectorError(f"{self.name} takes no snapshot: it is rebuilt from stored samples")

    def _score(self, value: float) -> float:
        return self._recipe.squash(self._recipe.ask(self._river, _bounded(value)))

    def _width(self) -> float:
        if self._recipe.in_deviations and self._budget.bar < math.inf:
            return self._budget.bar
        return WIDTHS[Sensitivity(self.sensitivity)]

    def _reason(self, value: float, *, warming_up: bool, odd: bool) -> str:
        if warming_up:
            return TOO_LITTLE_HISTORY
        if not odd:
            return ORDINARY
        side = "above" if value >= self._mean.get() else "below"
        return f"unlike what was seen before, {side} the average"


def _bounded(value: float) -> float:
    return max(-LARGEST, min(LARGEST, value))
