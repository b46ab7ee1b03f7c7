"""Runs detectors over recorded series and keeps the few windows that anything could be told about.

What a detector thinks does not depend on the smallest impact worth telling, so one pass serves
every such limit: odd windows and the ordinary ones that end their episode are kept, for ordinary
ones between episodes decide nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from detectors.backtest.history import Headway, History
from detectors.backtest.settings import Change, Settings, Watching
from detectors.base import Observation, Verdict
from detectors.decision.episodes import Policy
from detectors.feedback import Lessons

SLICE = 1000
"""Windows between two reports: some thirty milliseconds of work."""

WEEK = timedelta(weeks=1)
RESOLVE_AFTER = Policy().resolve_after


@dataclass(frozen=True, slots=True)
class Trace:
    """What one detector thought of one series.

    Attributes:
        eventful: The windows in which something was odd or had not yet ended, with their verdicts.
        windows: Windows judged.
        too_little: Those among them for which there was too little history.
        span: Total length of the others.
        first: Start of the first window judged, UTC.
        last: End of the last one, UTC.
    """

    eventful: tuple[tuple[Observation, Verdict], ...]
    windows: int
    too_little: int
    span: timedelta
    first: datetime | None
    last: datetime | None

    @property
    def weeks(self) -> float:
        """How long the series could be judged."""
        return self.span / WEEK


def trace(history: History, settings: Settings) -> Generator[int, None, Trace]:
    """Judge and learn a series window by window, as it would have been live.

    Yields:
        How many more windows are done, now and then.

    Raises:
        DetectorError: The settings name what does not exist, or a window cannot be judged.
    """
    run = _Run(settings, history.lessons)
    for number, observation in enumerate(history.observations, start=1):
        end = observation.at.astimezone(UTC) + observation.span
        if history.judged_from is not None and end <= history.judged_from:
            run.learn(observation)
        else:
            run.judge(observation, end)
        if number % SLICE == 0:
            yield SLICE
    yield len(history.observations) % SLICE
    return run.result()


def trace_all(
    histories: Mapping[str, History], candidates: Iterable[Change]
) -> Generator[Headway, None, dict[tuple[str, Watching], Trace]]:
    """Trace every series under every candidate, each distinct way of watching once."""
    work = {
        (series, settings.watching): (history, settings)
        for candidate in candidates
        for series, history in histories.items()
        for settings in (candidate.applied_to(history.settings),)
    }
    for settings in {key[1]: settings for key, (_, settings) in work.items()}.values():
        settings.build()  # an unknown name is better told before any work is done
    total = sum(len(history.observations) for history, _ in work.values())
    done = 0
    traces = {}
    for key, (history, settings) in work.items():
        steps = trace(history, settings)
        while True:
            try:
                done += next(steps)
            except StopIteration as end:
                traces[key] = end.value
                break
            yield Headway(done, total)
    return traces


class _Run:
    """One detector on its way through one series."""

    def __init__(self, settings: Settings, lessons: Lessons) -> None:
        self._detector = settings.build()
        self._lessons = lessons
        self._eventful: list[tuple[Observation, Verdict]] = []
        self._windows = self._too_little = 0
        self._span = timedelta(0)
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._restless = False
        self._quiet_since: datetime | None = None

    def learn(self, observation: Observation) -> None:
        """Learn one window, as far as people want it learnt."""
        self._lessons.teach(self._detector, observation)

    def judge(self, observation: Observation, end: datetime) -> None:
        """Judge and learn one window."""
        verdict = self._heard(observation)
        self._windows += 1
        if verdict.warming_up:
            self._too_little += 1
        else:
            self._span += observation.span
        self._first = self._first or end - observation.span
        is_late = self._last is not None and end < self._last
        self._last = self._last if is_late else end
        if verdict.is_anomaly:
            self._restless, self._quiet_since = True, None
        if self._restless:
            self._eventful.append((observation, verdict))
            if not verdict.is_anomaly and not verdict.warming_up and not is_late:
                self._calm_down(end)

    def _heard(self, observation: Observation) -> Verdict:
        if not self._lessons.given:
            return self._detector.update(observation)  # cheaper than judging and learning apart
        verdict = self._detector.judge(observation)
        self.learn(observation)
        return self._lessons.heard(verdict, observation, settles=self._detector.settles)

    def _calm_down(self, end: datetime) -> None:
        """Stop keeping windows once every episode has ended, whatever it was worth."""
        self._quiet_since = self._quiet_since or end
        self._restless = end - self._quiet_since < RESOLVE_AFTER

    def result(self) -> Trace:
        """Return what was seen."""
        return Trace(tuple(self._eventful), self._windows, self._too_little, self._span, self._first, self._last)
