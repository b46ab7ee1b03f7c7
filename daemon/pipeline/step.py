"""The pure step: states and a batch in, new states and decisions out.

No I/O, no clock, no randomness: time comes with the data, so the same batch on the same states gives
the same alerts with the same ids, however often it is computed and on whichever machine.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.alerts import Alert, Decision, decide, end_of, fell_silent, is_told, lapse, switch_off
from daemon.domain import SeriesKey
from daemon.rules import SeriesRules
from detectors.base import Detector, Observation, Verdict


@dataclass(frozen=True, slots=True)
class SeriesState:
    """What is known of a series between steps.

    Attributes:
        learned_until: End of the last hour that the detector learnt.
        judged_until: End of the last hour that was judged. Ahead of `learned_until` while a detector
            is rebuilt from history, which must not alert a second time.
        alert: The episode that goes on.
        last: The newest episode that is over; a late call to one of its hours is no news.
    """

    detector: Detector
    learned_until: datetime
    judged_until: datetime
    alert: Alert | None = None
    last: Alert | None = None


@dataclass(frozen=True, slots=True)
class SeriesInput:
    """What is new for one series.

    Attributes:
        closed: Whole hours after `learned_until`, in order.
        late: Hours that were learnt before and have changed since.
        current: The trailing hour, if anything in it changed or an alert is open.
    """

    key: SeriesKey
    rules: SeriesRules
    closed: Sequence[Observation] = ()
    late: Sequence[Observation] = ()
    current: Observation | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything new of one partition between two positions.

    Attributes:
        at: Up to when the source has been read.
        mute_until: Windows that end by then are history: learnt, never alerted on.
        until: Up to when closed hours are complete.
    """

    tenant: str
    at: datetime
    until: datetime
    mute_until: datetime
    series: Sequence[SeriesInput]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decision that changed an alert."""

    key: SeriesKey
    decision: Decision
    alert: Alert


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step computed; nothing of it counts before it is committed."""

    states: Mapping[SeriesKey, SeriesState]
    verdicts: Mapping[SeriesKey, tuple[Observation, Verdict]]
    outcomes: Sequence[Outcome]
    learned: frozenset[SeriesKey]


def step(states: Mapping[SeriesKey, SeriesState], batch: Batch) -> StepResult:
    """Judge and learn everything in a batch.

    Args:
        states: A state for each series of the batch; none of them is changed.
        batch: What is new.
    """
    after: dict[SeriesKey, SeriesState] = {}
    verdicts: dict[SeriesKey, tuple[Observation, Verdict]] = {}
    outcomes: list[Outcome] = []
    for one in batch.series:
        run = _SeriesRun(one, states[one.key], batch)
        after[one.key] = run.finish()
        if run.last is not None:
            verdicts[one.key] = run.last
        outcomes.extend(run.outcomes)
    learned = frozenset(one.key for one in batch.series if one.closed)
    return StepResult(after, verdicts, outcomes, learned)


class _SeriesRun:
    """One series through one batch."""

    def __init__(self, given: SeriesInput, state: SeriesState, batch: Batch) -> None:
        self.given = given
        self.batch = batch
        self.state = state
        self.alert = state.alert
        self.over = state.last
        self.outcomes: list[Outcome] = []
        self.last: tuple[Observation, Verdict] | None = None

    def finish(self) -> SeriesState:
        """Run the series through everything new and return its state afterwards."""
        if not self.given.rules.enabled and self.alert is not None:
            self._take(switch_off(self.alert, self.batch.at))
        # Learning changes a detector in place; the committed one must stay as it is until the commit.
        detector = copy.deepcopy(self.state.detector) if self.given.closed else self.state.detector
        self._judge(detector, self._late())
        muted_until = max(self.batch.mute_until, self.state.judged_until)
        for observation in self.given.closed:
            if end_of(observation) > muted_until:
                self._judge(detector, (observation,))
            detector.learn(observation)
        if self.given.current is not None:
            self._judge(detector, (self.given.current,))
        if self.alert is not None and fell_silent(self.alert, self.batch.at):
            self._take(lapse(self.alert, self.batch.at))
        return SeriesState(
            detector,
            learned_until=max(self.batch.until, self.state.learned_until),
            judged_until=max(self.batch.until, self.state.judged_until),
            alert=self.alert,
            last=self.over,
        )

    def _late(self) -> Iterable[Observation]:
        """Return the late hours that could be news: with no alert open, those of the last episode are not."""
        over = self.over if self.alert is None else None
        return [late for late in self.given.late if over is None or not is_told(over, late)]

    def _judge(self, detector: Detector, observations: Iterable[Observation]) -> None:
        """Judge windows that may alert; a series that is switched off goes on learning in silence."""
        if not self.given.rules.enabled:
            return
        for observation in observations:
            verdict = detector.judge(observation)
            self.last = observation, verdict
            if end_of(observation) <= self.batch.mute_until:
                continue
            decision = decide(
                self.alert,
                verdict,
                observation,
                tenant=self.batch.tenant,
                series=self.given.key,
                detector=self.given.rules.detector,
                min_impact=self.given.rules.min_impact,
            )
            self._take(decision)

    def _take(self, decision: Decision) -> None:
        if decision.alert is None:
            return
        if decision.alert.is_open:
            self.alert = decision.alert
        else:
            self.alert, self.over = None, decision.alert
        self.outcomes.append(Outcome(self.given.key, decision, decision.alert))
