"""The pure step: states and a batch in, new states and decisions out.

No I/O, no clock, no randomness: time comes with the data, so the same batch on the same states gives
the same alerts with the same ids, however often it is computed and on whichever machine.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from daemon.alerts import Alert, opened
from daemon.domain import SeriesKey
from daemon.rules import SeriesRules
from detectors.base import Detector, Observation, Verdict
from detectors.decision.episodes import (
    Decision,
    Episode,
    Policy,
    Reason,
    Transition,
    covers,
    decide,
    end,
    end_of,
    fell_silent,
)
from detectors.feedback.lesson import Side
from detectors.feedback.lessons import NONE, Lessons


@dataclass(frozen=True, slots=True)
class SeriesState:
    """What is known of a series between steps.

    Attributes:
        learned_until: End of the last hour that the detector learnt.
        judged_until: End of the last hour that was judged. Ahead of `learned_until` while a detector
            is rebuilt from history, which must not alert a second time.
        alert: The episode that goes on.
        last: The newest episode that is over; a late call to one of its hours is no news, and what
            comes back soon is no new episode.
        pending: An episode that is not worth telling yet.
        lessons: Digest of the lessons that the detector is taught under.
    """

    detector: Detector
    learned_until: datetime
    judged_until: datetime
    alert: Alert | None = None
    last: Alert | None = None
    pending: Episode | None = None
    lessons: str = ""


@dataclass(frozen=True, slots=True)
class SeriesInput:
    """What is new for one series.

    Attributes:
        closed: Whole hours after `learned_until`, in order.
        late: Hours that were learnt before and have changed since.
        current: The trailing hour, if anything in it changed or an alert is open.
        lessons: What people said about alerts of the series.
    """

    key: SeriesKey
    rules: SeriesRules
    closed: Sequence[Observation] = ()
    late: Sequence[Observation] = ()
    current: Observation | None = None
    lessons: Lessons = NONE


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
    transition: Transition
    reason: Reason
    alert: Alert


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step computed; nothing of it counts before it is committed.

    Attributes:
        learned: Series whose detector has learnt.
        changed: Series of which anything is to be kept, those among them.
    """

    states: Mapping[SeriesKey, SeriesState]
    verdicts: Mapping[SeriesKey, tuple[Observation, Verdict]]
    outcomes: Sequence[Outcome]
    learned: frozenset[SeriesKey]
    changed: frozenset[SeriesKey]


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
    ripening = (key for key, state in after.items() if state.pending != states[key].pending)
    changed = learned.union((outcome.key for outcome in outcomes), ripening)
    return StepResult(after, verdicts, outcomes, learned, changed)


class _SeriesRun:
    """One series through one batch."""

    def __init__(self, given: SeriesInput, state: SeriesState, batch: Batch) -> None:
        self.given = given
        self.batch = batch
        self.state = state
        self.alert = state.alert
        self.over = state.last
        self.pending = state.pending
        self.policy = Policy(min_impact=given.rules.min_impact, adds_up=given.key.metric.is_counter)
        self.outcomes: list[Outcome] = []
        self.last: tuple[Observation, Verdict] | None = None

    def finish(self) -> SeriesState:
        """Run the series through everything new and return its state afterwards."""
        if not self.given.rules.enabled:
            self._end(Reason.SWITCHED_OFF)
        self._hear_people()
        # Learning changes a detector in place; the committed one must stay as it is until the commit.
        detector = copy.deepcopy(self.state.detector) if self.given.closed else self.state.detector
        self._judge(detector, self._late())
        muted_until = max(self.batch.mute_until, self.state.judged_until)
        for observation in self.given.closed:
            if end_of(observation) > muted_until:
                self._judge(detector, (observation,))
            self.given.lessons.teach(detector, observation)
        if self.given.current is not None:
            self._judge(detector, (self.given.current,), complete=False)
        going_on = self._going_on()
        if going_on is not None and fell_silent(going_on, self.batch.at, self.policy):
            self._end(Reason.NOTHING_TO_JUDGE)
        return SeriesState(
            detector,
            learned_until=max(self.batch.until, self.state.learned_until),
            judged_until=max(self.batch.until, self.state.judged_until),
            alert=self.alert,
            last=self.over,
            pending=self.pending,
            lessons=self.state.lessons,
        )

    def _late(self) -> Iterable[Observation]:
        """Return the late hours that could be news: with no alert open, those of the last episode are not."""
        over = self.over.episode if self.over is not None and self.alert is None else None
        return [late for late in self.given.late if over is None or not covers(over, late)]

    def _judge(self, detector: Detector, observations: Iterable[Observation], *, complete: bool = True) -> None:
        """Judge windows that may alert; a series that is switched off goes on learning in silence."""
        if not self.given.rules.enabled:
            return
        for observation in observations:
            verdict = detector.judge(observation)
            self.last = observation, verdict
            if end_of(observation) <= self.batch.mute_until:
                continue
            episode = self._going_on() or (self.over.episode if self.over is not None else None)
            heard = self.given.lessons.heard(verdict, observation, settles=detector.settles)
            self._take(decide(episode, heard, observation, self.policy, complete=complete))

    def _hear_people(self) -> None:
        """Keep what was said about the open alert, which may end it."""
        if self.alert is None:
            return
        side = Side.ABOVE if self.alert.excess > 0 else Side.BELOW
        word = self.given.lessons.word_on(self.alert.opened_at, side, self.alert.score)
        said = word.text if word is not None else ""
        if said != self.alert.feedback:
            self.alert = replace(self.alert, feedback=said)
            self._take(Decision(Transition.UPDATE, Reason.FEEDBACK, self.alert.episode))
        if word is not None and word.ends:
            self._end(Reason.FEEDBACK)

    def _going_on(self) -> Episode | None:
        return self.alert.episode if self.alert is not None else self.pending

    def _end(self, reason: Reason) -> None:
        going_on = self._going_on()
        if going_on is not None:
            self._take(end(going_on, self.batch.at, reason))

    def _take(self, decision: Decision) -> None:
        episode = decision.episode
        self.pending = episode if episode is not None and episode.pending else None
        if decision.transition is Transition.NONE or episode is None:
            return
        alert = self._alert_of(episode, decision)
        if alert.is_open:
            self.alert = alert
        else:
            self.alert, self.over = None, alert
        self.outcomes.append(Outcome(self.given.key, decision.transition, decision.reason, alert))

    def _alert_of(self, episode: Episode, decision: Decision) -> Alert:
        """Return the alert that a decision was about: a new one, the open one, or one that came back."""
        if self.alert is not None:
            return self.alert.with_episode(episode)
        if self.over is None or decision.transition is Transition.OPEN:
            given = self.given
            return opened(episode, tenant=self.batch.tenant, series=given.key, detector=given.rules.detector)
        back, self.over = self.over, None
        return back.with_episode(episode)
