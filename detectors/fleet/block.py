"""A block of series, few enough for the processor's cache: what `SpendDetector` does, for all at once.

A block is all columns or none: every step is done for everyone, and those who had nothing to learn
get back what they knew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detectors.anchor import FAMILIAR, HOPELESS, REMEMBERED
from detectors.fleet.anchor import Anchor
from detectors.fleet.arrays import Array, Index, Mask, sparing
from detectors.fleet.columns import rows_of
from detectors.fleet.gauge import Gauge, gauge
from detectors.fleet.patience import Patience
from detectors.fleet.progress import Progress, Step
from detectors.fleet.season import Season
from detectors.fleet.unusual import Evidence, Sight, Unusual
from detectors.fleet.verdicts import FIRST_ABOVE, FIRST_BELOW, IS_ORDINARY, IS_RESTLESS, IS_TOO_LITTLE, Verdicts
from detectors.reasons import BELOW_ONE
from detectors.season import LEAST_FACTOR, Cells
from detectors.spend import FREAK, LARGEST


@dataclass(frozen=True, slots=True)
class Rules:
    """The hyper-parameters of `SpendDetector`, with the threshold that its sensitivity stands for."""

    threshold: float
    rate: float
    fade: float
    clip: float
    floor: float
    least: float
    warm_up: float


class Moment(NamedTuple):
    """The window that all series have: its start in seconds of UTC, its hours and its cells."""

    start: float
    hours: float
    cells: Cells


class Window(NamedTuple):
    """The windows of a block beside what was expected of them; amounts are per hour."""

    step: Step
    factor: Array
    is_back: Mask
    rate: Array
    gauge: Gauge
    linear: Array
    logarithmic: Array
    sight: Sight
    evidence: Evidence
    upper: Array
    lower: Array


class Block:
    """The columns of some series, as views of what the fleet knows.

    Args:
        columns: Their part of the matrix; it is changed in place.
        fresh: The column of a series about which nothing is known.
        rules: What goes for the whole fleet.
    """

    def __init__(self, columns: Array, fresh: Array, rules: Rules) -> None:
        known = rows_of(columns)
        self._columns = columns
        self._fresh = fresh[:, np.newaxis]
        self._rules = rules
        self._progress = Progress(known["progress"])
        self._season = Season(known["season"])
        self._anchor = Anchor(known["anchor"])
        self._unusual = Unusual(known)
        self._above, self._below = Patience(known["above"]), Patience(known["below"])
        self._habits = [row for section in ("ups", "lows") for row in known[section].values()]
        self._learnt_when_warm = [
            *self._habits,
            *(row for section in ("above", "below") for row in known[section].values()),
            self._anchor.run,
        ]

    def weigh(self, moment: Moment, values: Array) -> Window:
        """Measure finite values beside what is known, without learning from them."""
        rules, hours = self._rules, self._progress.hours
        rate = np.maximum(-LARGEST, np.minimum(LARGEST, values / moment.hours))
        step = self._progress.step(moment.start, moment.hours)
        factor, level = self._season.factor(moment.cells), self._season.level
        expected = level * factor
        unknown = self._progress.is_unknown
        if unknown.any():  # nothing is known: the first window is what it is
            rate = np.where(unknown, np.maximum(rate, 0.0), rate)
            expected, level = np.where(unknown, rate, expected), np.where(unknown, rate, level)
        beside = gauge(expected, level, rules.floor, rules.least)
        is_back = self._turn_back(beside, rate, factor)
        linear, logarithmic = beside.linear(rate), beside.logarithmic(rate)
        sight = self._unusual.look(linear, logarithmic, step)
        evidence = self._unusual.weigh(sight, hours)
        upper, lower = (side.bar(rules.threshold, step.gap) for side in (self._above, self._below))
        return Window(step, factor, is_back, rate, beside, linear, logarithmic, sight, evidence, upper, lower)

    def _turn_back(self, beside: Gauge, rate: Array, factor: Array) -> Mask:
        """Put the gauges of former levels in place where the amounts fit them better; returns where."""
        is_back = np.zeros(rate.shape, dtype=np.bool_)
        index = self._anchor.may_return
        if index.size:
            former = self._anchor.former[index]
            before = gauge(former * factor[index], former, self._rules.floor, self._rules.least)
            nearer = before.is_nearer(rate[index], beside.of(index))
            is_back[index] = nearer
            for part, own in zip(beside, before, strict=True):
                part[index[nearer]] = own[nearer]
        return is_back

    def judge(self, window: Window, verdicts: Verdicts) -> None:
        """Write down what to think of windows that were weighed."""
        hours, evidence = window.step.hours, window.evidence
        warming_up = self._progress.hours < self._rules.warm_up
        above, below = evidence.up > window.upper, evidence.low > window.lower
        strongest = np.maximum(evidence.up, evidence.low)
        np.minimum(strongest / (1.0 + strongest), BELOW_ONE, out=verdicts.score)
        np.copyto(verdicts.score, 0.0, where=warming_up)
        np.logical_and(above | below, ~warming_up, out=verdicts.is_anomaly)
        np.multiply(window.gauge.expected, hours, out=verdicts.expected)
        low, high = self._band(window)
        np.multiply(low, hours, out=verdicts.low)
        np.multiply(high, hours, out=verdicts.high)
        verdicts.warming_up[...] = warming_up
        verdicts.reasons[...] = np.where(strongest > self._rules.threshold, IS_RESTLESS, IS_ORDINARY)
        odd = np.flatnonzero(above | below)
        if odd.size:
            verdicts.reasons[odd] = self._reasons(evidence, odd, above[odd], below[odd])
        np.copyto(verdicts.reasons, IS_TOO_LITTLE, where=warming_up)

    def learn(self, moment: Moment, window: Window, present: Mask) -> None:
        """Learn from windows that were weighed, where there was one and it is new."""
        learning = self._progress.is_new(window.step) & present
        if learning.any():
            with sparing(~learning, self._columns):
                self._learn(moment, window)

    def _learn(self, moment: Moment, window: Window) -> None:
        rules, hours, known = self._rules, moment.hours, self._progress.hours
        credible = self._credible(window)
        weight = np.maximum(window.factor, LEAST_FACTOR)
        own = np.maximum(window.rate, 0.0) / weight
        cold = known < rules.warm_up
        if not cold.all():
            with sparing(cold, *self._learnt_when_warm):
                self._learn_evidence(window)
        self._progress.advance(moment.start, hours)
        age = np.where(self._anchor.is_high, np.inf, known)
        self._unusual.learn(window.linear, window.logarithmic, window.sight, hours, age, rules.fade, rules.clip)
        self._season.learn(moment.cells, credible, hours, rules.rate)
        self._anchor.remember(own, weight, hours)
        self._anchor.compare(hours, window.is_back)
        self._reconsider_level()

    def _learn_evidence(self, window: Window) -> None:
        evidence, threshold, (hours, gap, _) = window.evidence, self._rules.threshold, window.step
        self._above.learn(evidence.up, window.upper, threshold, hours, gap)
        self._below.learn(evidence.low, window.lower, threshold, hours, gap)
        with sparing(self._anchor.is_restless, *self._habits):
            self._unusual.learn_habits(window.sight, hours)
        self._anchor.count(evidence.up, evidence.low, hours)

    def _credible(self, window: Window) -> Array:
        """Return the part of every window's rate that the level may learn."""
        rate = np.maximum(window.rate, 0.0)
        limit = self._unusual.limit(self._rules.clip)
        clipped = window.gauge.at_linear(np.copysign(limit, window.linear))
        credible = np.where(np.abs(window.linear) <= limit, rate, clipped)
        cold = self._progress.hours < self._rules.warm_up
        if cold.any():
            level = self._season.level
            early = np.where(level > 0.0, np.minimum(rate, FREAK * level), rate)
            np.copyto(credible, early, where=cold)
        return credible

    def _reconsider_level(self) -> None:
        is_young = self._progress.hours <= self._rules.warm_up + REMEMBERED
        is_settled = self._anchor.is_settled
        index = np.flatnonzero((is_young | is_settled) & self._anchor.has_day)
        if not index.size:
            return
        usual = self._anchor.usual(index)
        hopeless = is_young[index] & (usual > 0.0) & (usual * HOPELESS < self._season.level[index])
        settling = is_settled[index] & ~hopeless
        self._columns[:, index[hopeless]] = self._fresh
        if settling.any():
            self._settle(index[settling], usual[settling])

    def _settle(self, index: Index, usual: Array) -> None:
        level, is_familiar = self._season.level[index], self._progress.hours[index] > FAMILIAR
        settled = self._anchor.settle(index, level, usual, is_familiar=is_familiar)
        self._season.level[index] = np.where(settled != 0.0, settled, level)
        self._unusual.calm(index)

    def _band(self, window: Window) -> tuple[Array, Array]:
        straight, fewer, more = self._unusual.edges(
            window.sight, window.lower, window.upper, window.step.hours, self._progress.hours
        )
        high = np.minimum(window.gauge.at_linear(straight), window.gauge.at_logarithmic(more))
        return np.minimum(window.gauge.at_logarithmic(fewer), high), high

    def _reasons(self, evidence: Evidence, odd: Index, above: Mask, below: Mask) -> Index:
        """Return the codes of the stronger sides that are an anomaly."""
        upwards = above & ~(below & (evidence.low[odd] > evidence.up[odd]))
        ups, lows = self._shortest(evidence.ups[:, odd]), self._shortest(evidence.lows[:, odd])
        return np.where(upwards, FIRST_ABOVE + ups, FIRST_BELOW + lows)

    def _shortest(self, strengths: Array) -> Index:
        """Return the shortest span that was enough on its own, or else the strongest."""
        enough = strengths > self._rules.threshold
        shortest: Index = np.where(enough.any(axis=0), enough.argmax(axis=0), strengths.argmax(axis=0))
        return shortest
