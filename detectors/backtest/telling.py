"""What people would have been told of one series, decided exactly as a daemon decides it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from detectors.base import Observation, Verdict
from detectors.decision.episodes import Decision, Episode, Policy, Reason, Transition, decide, end, fell_silent


@dataclass(frozen=True, slots=True)
class Told:
    """One episode that people would have been told of.

    Attributes:
        series: Name of the series.
        unit: What its values are counted in.
        episode: What happened; open if it was still going on at the end of the history.
    """

    series: str
    unit: str
    episode: Episode

    @property
    def start(self) -> datetime:
        """Start of the window that began it, given that all windows of the series are as long."""
        return self.episode.opened_at - (self.episode.window_end - self.episode.window_start)

    @property
    def until(self) -> datetime:
        """When it ended, or up to when it is known to go on."""
        return self.episode.ended_at or self.episode.updated_at

    @property
    def length(self) -> timedelta:
        """How long it lasted, including the ordinary windows that ended it."""
        return self.until - self.start

    @property
    def worth(self) -> float:
        """Distance from the norm over the whole episode, above or below, in the unit of the series."""
        return abs(self.episode.total_excess)

    def overlaps(self, other: Told) -> bool:
        """Tell whether both speak of the same time of the same series."""
        return self.series == other.series and self.start < other.until and other.start < self.until


def episodes(heard: Iterable[tuple[Observation, Verdict]], policy: Policy) -> list[Episode]:
    """Return the episodes that a sequence of verdicts makes, the oldest first."""
    told: list[Episode] = []
    episode: Episode | None = None
    for observation, verdict in heard:
        if episode is not None and fell_silent(episode, observation.at, policy):
            # A daemon ends it as soon as it has been silent for long enough, not when the series speaks again.
            episode = _keep(told, end(episode, episode.updated_at + policy.silent_after, Reason.NOTHING_TO_JUDGE))
        episode = _keep(told, decide(episode, verdict, observation, policy))
    return told


def _keep(told: list[Episode], decision: Decision) -> Episode | None:
    """Note what a decision changed about what was told, and return what the next one needs."""
    episode = decision.episode
    if decision.transition is Transition.OPEN and episode is not None:
        told.append(episode)
    elif decision.transition is not Transition.NONE and episode is not None:
        told[-1] = episode
    return episode
