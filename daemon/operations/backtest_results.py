"""What a backtest is asked and what it answers. Times are aware UTC, values in the unit of their series."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from daemon.operations.results import Result
from detectors.backtest.compare import Comparison, Contrast
from detectors.backtest.labels import Label, Marks, label_of
from detectors.backtest.settings import Change
from detectors.backtest.suggest import Suggestion
from detectors.backtest.telling import Told
from detectors.backtest.trial import Trial
from detectors.base import Sensitivity


class Candidate(Result):
    """Settings to try; what is left out stays as it is for each series."""

    detector: str | None = None
    sensitivity: Literal["conservative", "normal", "aggressive"] | None = None
    parameters: dict[str, float | bool] | None = Field(default=None, description="Hyper-parameters of the detector.")
    min_impact: float | None = Field(
        default=None, ge=0, description="Smallest excess worth telling, in the metric's unit."
    )

    def change(self) -> Change:
        """Return it in the words of the backtest."""
        word = None if self.sensitivity is None else Sensitivity(self.sensitivity)
        return Change(self.detector, word, self.parameters, self.min_impact)

    @classmethod
    def of(cls, change: Change) -> Candidate:
        """Say what a change changes."""
        parameters = None if change.parameters is None else dict(change.parameters)
        return cls(
            detector=change.detector,
            sensitivity=None if change.sensitivity is None else change.sensitivity.value,
            parameters=parameters,
            min_impact=change.min_impact,
        )


class ToldEpisode(Result):
    """One episode that would have been told."""

    series: str
    opened_at: datetime = Field(description="Start of the window that began it.")
    ended_at: datetime | None = Field(description="None if it was still going on at the end.")
    minutes: float
    observed: float = Field(description="Value of the worst window.")
    expected: float
    worth: float = Field(description="Distance from the norm over the whole episode.")
    unit: str
    reason: str
    label: str | None = Field(description="What people said about it, if anything.")


class LabelledStretch(Result):
    """A stretch of a series that a person spoke of."""

    series: str
    start: datetime
    end: datetime
    kind: str


class AgainstLabels(Result):
    """How settings do against what people said; nothing is claimed about episodes that nobody spoke of."""

    found: int = Field(description="Real ones that would be told.")
    missed: list[LabelledStretch] = Field(description="Real ones that would not be told.")
    repeated: list[LabelledStretch] = Field(description="Noise or expected ones that would be told again.")
    recall: float | None = Field(description="Found among those labelled real; None without any.")
    precision: float | None = Field(description="Real among told episodes that carry a label; None without any.")


class TrialResult(Result):
    """What one candidate would have told."""

    candidate: Candidate
    name: str
    episodes: list[ToldEpisode]
    per_series_week: float
    unwanted_per_series_week: float = Field(description="Of these, those that nobody labelled real.")
    worth: dict[str, float] = Field(description="Total distance from the norm of what is told, by unit.")
    series_weeks: float = Field(description="Series-weeks with enough history to judge.")
    windows: int
    too_little_history: float = Field(description="Share of the windows with too little history.")
    labels: AgainstLabels
    gained: list[ToldEpisode] = Field(default=[], description="Episodes that overlap none of today's.")
    lost: list[ToldEpisode] = Field(default=[], description="Today's episodes that overlap none of these.")


class BacktestResult(Result):
    """Today's settings and the candidates on the same recorded series."""

    series: list[str]
    start: datetime | None
    end: datetime | None
    today: TrialResult
    candidates: list[TrialResult]


class TriedCandidate(Result):
    """One candidate that a suggestion weighed."""

    candidate: Candidate
    name: str
    episodes: int
    unwanted_per_series_week: float
    worth: dict[str, float]


class SuggestionResult(Result):
    """The settings that fit a budget of alarms best."""

    series: list[str]
    start: datetime | None
    end: datetime | None
    budget: float = Field(description="Episodes nobody labelled real that a series may have in a week.")
    is_met: bool
    sentence: str
    choice: TrialResult
    today: TrialResult
    tried: list[TriedCandidate]


def comparison_result(series: list[str], found: Comparison) -> BacktestResult:
    """Put a comparison into words and numbers."""
    return BacktestResult(
        series=series,
        start=found.today.first,
        end=found.today.last,
        today=_trial(found.today, "today's settings"),
        candidates=[_contrast(one) for one in found.candidates],
    )


def suggestion_result(series: list[str], found: Suggestion) -> SuggestionResult:
    """Put a suggestion into words and numbers."""
    return SuggestionResult(
        series=series,
        start=found.today.first,
        end=found.today.last,
        budget=found.budget,
        is_met=found.is_met,
        sentence=found.sentence,
        choice=_contrast(found.choice),
        today=_trial(found.today, "today's settings"),
        tried=[
            TriedCandidate(
                candidate=Candidate.of(trial.change),
                name=str(trial.change),
                episodes=len(trial.told),
                unwanted_per_series_week=trial.unwanted_per_week,
                worth=trial.worth,
            )
            for trial in found.tried
        ],
    )


def _contrast(found: Contrast) -> TrialResult:
    labels = found.trial.labels
    return _trial(found.trial, str(found.trial.change)).model_copy(
        update={
            "gained": [_episode(one, labels) for one in found.gained],
            "lost": [_episode(one, labels) for one in found.lost],
        }
    )


def _trial(trial: Trial, name: str) -> TrialResult:
    return TrialResult(
        candidate=Candidate.of(trial.change),
        name=name,
        episodes=[_episode(one, trial.labels) for one in trial.told],
        per_series_week=trial.per_week,
        unwanted_per_series_week=trial.unwanted_per_week,
        worth=trial.worth,
        series_weeks=trial.weeks,
        windows=trial.windows,
        too_little_history=trial.too_little_share,
        labels=_marks(trial.marks),
    )


def _episode(told: Told, labels: tuple[Label, ...]) -> ToldEpisode:
    episode = told.episode
    return ToldEpisode(
        series=told.series,
        opened_at=told.start,
        ended_at=episode.ended_at,
        minutes=told.length.total_seconds() / 60,
        observed=episode.observed,
        expected=episode.expected,
        worth=told.worth,
        unit=told.unit,
        reason=episode.reason,
        label=label_of(told, labels),
    )


def _marks(marks: Marks) -> AgainstLabels:
    return AgainstLabels(
        found=len(marks.found),
        missed=[_stretch(one) for one in marks.missed],
        repeated=[_stretch(one) for one in marks.repeated],
        recall=marks.recall,
        precision=marks.precision,
    )


def _stretch(label: Label) -> LabelledStretch:
    return LabelledStretch(series=label.series, start=label.start, end=label.end, kind=label.kind)
