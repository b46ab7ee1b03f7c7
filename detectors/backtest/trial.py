"""What one candidate would have told over all series, in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from detectors.backtest.history import History
from detectors.backtest.labels import Label, Marks, label_of, mark
from detectors.backtest.settings import Change, Watching
from detectors.backtest.telling import Told, episodes
from detectors.backtest.tracing import Trace
from detectors.feedback import Kind

Traces = Mapping[tuple[str, Watching], Trace]
"""What the detectors thought, by series and by what the verdicts depend on."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate over all series.

    Attributes:
        change: What it changes of today's settings.
        told: Its episodes, by series and time.
        weeks: Series-weeks that had enough history to be judged.
        windows: Windows judged.
        too_little: Those among them for which there was too little history.
        first: Start of the first window judged, UTC; None where none was.
        last: End of the last one.
        labels: What people said about the series.
    """

    change: Change
    told: tuple[Told, ...]
    weeks: float
    windows: int
    too_little: int
    first: datetime | None
    last: datetime | None
    labels: tuple[Label, ...]

    @property
    def per_week(self) -> float:
        """Told episodes per series-week; 0 where nothing could be judged."""
        return len(self.told) / self.weeks if self.weeks else 0.0

    @property
    def unwanted(self) -> int:
        """Told episodes that nobody labelled real.

        Which of them are false nobody can know; so a budget bounds them all.
        """
        return sum(label_of(one, self.labels) is not Kind.REAL for one in self.told)

    @property
    def unwanted_per_week(self) -> float:
        """The same per series-week; 0 where nothing could be judged."""
        return self.unwanted / self.weeks if self.weeks else 0.0

    @property
    def too_little_share(self) -> float:
        """Share of the windows that could not be judged for lack of history."""
        return self.too_little / self.windows if self.windows else 0.0

    @property
    def marks(self) -> Marks:
        """How it does against the labels."""
        return mark(self.told, self.labels)

    @property
    def worth(self) -> dict[str, float]:
        """Total distance from the norm of what it tells, in each unit."""
        total: dict[str, float] = defaultdict(float)
        for one in self.told:
            total[one.unit] += one.worth
        return dict(total)


def try_out(change: Change, histories: Mapping[str, History], traces: Traces, labels: Sequence[Label] = ()) -> Trial:
    """Say what a candidate would have told, from traces that hold its verdicts."""
    told: list[Told] = []
    used = []
    for series, history in histories.items():
        settings = change.applied_to(history.settings)
        trace = traces[series, settings.watching]
        used.append(trace)
        found = episodes(trace.eventful, history.policy(settings.min_impact))
        told.extend(Told(series, history.unit, episode) for episode in found)
    return Trial(
        change=change,
        told=tuple(told),
        weeks=sum(trace.weeks for trace in used),
        windows=sum(trace.windows for trace in used),
        too_little=sum(trace.too_little for trace in used),
        first=min((trace.first for trace in used if trace.first), default=None),
        last=max((trace.last for trace in used if trace.last), default=None),
        labels=tuple(label for label in labels if label.series in histories),
    )
