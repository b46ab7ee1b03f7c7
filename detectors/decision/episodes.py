"""When an episode begins, goes on, is told, ends and comes back. Pure: time comes with the windows.

Entering and leaving differ, so that an episode does not flicker: it begins with the first verdict out
of band, is told once its excess is worth it, ends only when the series has looked ordinary for
`Policy.resolve_after`, and what comes back within `Policy.cool_down` is the same episode again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from detectors.base import Observation, Verdict
from detectors.decision.tally import Tally


class Transition(StrEnum):
    """What happens to the episode, as seen by those who are told."""

    NONE = "none"
    OPEN = "open"
    UPDATE = "update"
    ESCALATE = "escalate"
    RESOLVE = "resolve"


class Reason(StrEnum):
    """Why, in words that are stored and shown."""

    ORDINARY = "ordinary"
    TOO_LITTLE_HISTORY = "too little history to judge"
    BELOW_MIN_IMPACT = "the excess is below the smallest impact worth telling"
    OUT_OF_BAND = "outside the ordinary band"
    STILL_FIRING = "still outside the ordinary band"
    GREW = "the excess grew fourfold since the last message"
    REOPENED = "back soon after it ended, so the same episode goes on"
    QUIET_TOO_SHORT = "ordinary again, but not yet for long enough"
    OUTDATED = "an earlier window, which says nothing about the present"
    BACK_TO_NORMAL = "ordinary for long enough"
    TURNED = "outside the ordinary band to the other side"
    NOTHING_TO_JUDGE = "too few calls to go on judging"
    SWITCHED_OFF = "watching this series was switched off"
    FEEDBACK = "a person said so"


ENDED_BY_PEOPLE = (Reason.SWITCHED_OFF, Reason.FEEDBACK)


@dataclass(frozen=True, slots=True)
class Policy:
    """What an episode must be worth, and how patient it is.

    Attributes:
        min_impact: Smallest excess worth telling, in the unit of the series.
        adds_up: Whether the windows of the series add up (dollars, calls); the impact is then the
            excess of the whole episode, and that of the worst window otherwise (rates, means).
        resolve_after: How long a series must look ordinary before its episode ends.
        cool_down: For how long after its end an episode can come back as the same one.
        silent_after: An episode ends when its series could not be judged for so long.
        escalation: People are told again when the excess has grown by this factor since.
        comeback: The same for one that came back after people were told of its end.
    """

    min_impact: float = 0.0
    adds_up: bool = True
    resolve_after: timedelta = timedelta(minutes=10)
    cool_down: timedelta = timedelta(hours=6)
    silent_after: timedelta = timedelta(hours=3)
    escalation: float = 4.0
    comeback: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One stretch of one series out of its band, to one side.

    Attributes:
        opened_at: End of the first window out of band, in UTC.
        updated_at: End of the newest window that was judged, or when the episode ended.
        window_start: Start of the worst window; `observed` to `high` are of that window too.
        window_end: End of the worst window.
        score: Highest score of a window that was the worst for a time.
        reason: The detector's words about the first window.
        total_excess: Summed over complete windows if they add up, else the worst window's; signed.
        tally: What `total_excess` is made of.
        pending: Worth less than the smallest impact so far; nobody knows of it.
        unannounced: Came back after people were told of its end, and they were not told of that.
        told_excess: Excess of the worst window when people were last told; 0 before.
        told_total: Total excess when people were last told; 0 before.
        quiet_since: Since when the series has looked ordinary, while the episode goes on.
    """

    opened_at: datetime
    updated_at: datetime
    window_start: datetime
    window_end: datetime
    observed: float
    expected: float
    low: float
    high: float
    score: float
    reason: str
    total_excess: float = 0.0
    tally: Tally = field(default_factory=Tally)
    pending: bool = False
    unannounced: bool = False
    told_excess: float = 0.0
    told_total: float = 0.0
    quiet_since: datetime | None = None
    ended_at: datetime | None = None
    ended_by: Reason | None = None

    @property
    def excess(self) -> float:
        """Observed minus expected of the worst window: positive above the norm, negative below."""
        return self.observed - self.expected

    @property
    def is_open(self) -> bool:
        """Whether the episode is worth telling and goes on."""
        return not self.pending and self.ended_at is None

    def told(self) -> Episode:
        """Return the episode once people know how bad it is."""
        return replace(self, unannounced=False, told_excess=self.excess, told_total=self.total_excess)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, why, and the episode to pass with the next window: pending, open, over or none."""

    transition: Transition
    reason: Reason
    episode: Episode | None


def end_of(observation: Observation) -> datetime:
    """Return the end of a window in UTC: on the owner's clock an hour is skipped or repeated twice a year."""
    return observation.at.astimezone(UTC) + observation.span


def decide(
    episode: Episode | None, verdict: Verdict, observation: Observation, policy: Policy, *, complete: bool = True
) -> Decision:
    """Decide what one verdict means for a series.

    Args:
        episode: What the decision before this one returned; None at first.
        verdict: What the detector says of the window.
        observation: The window.
        policy: What is worth telling.
        complete: Whether the window is one of those that follow one another without overlap, as
            opposed to a sliding one, whose excess must not be summed.
    """
    if episode is None or episode.ended_at is not None:
        return _at_rest(episode, verdict, observation, policy, complete)
    if verdict.warming_up:
        return Decision(_unchanged(episode), Reason.TOO_LITTLE_HISTORY, episode)
    if not verdict.is_anomaly or _is_other_side(episode, verdict, observation):
        return _calm(episode, verdict, end_of(observation), policy)
    grown = _grown(episode, verdict, observation, policy, complete)
    return _ripened(grown, policy) if episode.pending else _goes_on(grown, policy)


def end(episode: Episode, at: datetime, reason: Reason) -> Decision:
    """End an episode; one that is pending vanishes, since nobody knows of it."""
    if episode.pending:
        return Decision(Transition.NONE, reason, None)
    over = replace(episode, ended_at=at, updated_at=at, ended_by=reason)
    return Decision(Transition.RESOLVE, reason, over)


def fell_silent(episode: Episode, now: datetime, policy: Policy) -> bool:
    """Tell whether nothing could be judged for so long that the episode stands for nothing any more."""
    return episode.ended_at is None and now - episode.updated_at >= policy.silent_after


def covers(episode: Episode, observation: Observation) -> bool:
    """Tell whether a window overlaps an episode that is over, so that people know of it already."""
    over = episode.ended_at or episode.updated_at
    return end_of(observation) > episode.opened_at - observation.span and observation.at < over


def _at_rest(
    over: Episode | None, verdict: Verdict, observation: Observation, policy: Policy, complete: bool
) -> Decision:
    if verdict.warming_up:
        return Decision(Transition.NONE, Reason.TOO_LITTLE_HISTORY, over)
    if not verdict.is_anomaly:
        return Decision(Transition.NONE, Reason.ORDINARY, over)
    end = end_of(observation)
    remembered = over if over is not None and _is_fresh(over, end, policy) else None
    if remembered is not None and end >= remembered.updated_at and not _is_other_side(remembered, verdict, observation):
        back = replace(
            remembered, unannounced=remembered.told_excess != 0.0, quiet_since=None, ended_at=None, ended_by=None
        )
        return _came_back(_grown(back, verdict, observation, policy, complete), policy)
    return _ripened(_grown(_begun(verdict, observation), verdict, observation, policy, complete), policy)


def _is_fresh(over: Episode, now: datetime, policy: Policy) -> bool:
    """Tell whether what follows can still be the same episode; what people ended is not."""
    return now - over.updated_at <= policy.cool_down and over.ended_by not in ENDED_BY_PEOPLE


def _begun(verdict: Verdict, observation: Observation) -> Episode:
    end = end_of(observation)
    return Episode(
        opened_at=end,
        updated_at=end,
        window_start=end - observation.span,
        window_end=end,
        observed=observation.value,
        expected=verdict.expected,
        low=verdict.low,
        high=verdict.high,
        score=verdict.score,
        reason=verdict.reason,
        pending=True,
    )


def _ripened(episode: Episode, policy: Policy) -> Decision:
    if abs(episode.total_excess) < policy.min_impact:
        return Decision(Transition.NONE, Reason.BELOW_MIN_IMPACT, episode)
    return Decision(Transition.OPEN, Reason.OUT_OF_BAND, replace(episode, pending=False))


def _came_back(episode: Episode, policy: Policy) -> Decision:
    transition = Transition.ESCALATE if _is_clearly_stronger(episode, policy) else Transition.UPDATE
    return Decision(transition, Reason.REOPENED, episode)


def _goes_on(episode: Episode, policy: Policy) -> Decision:
    if episode.unannounced and _is_clearly_stronger(episode, policy):
        return Decision(Transition.ESCALATE, Reason.REOPENED, episode)
    if episode.told_excess and abs(episode.excess) >= policy.escalation * abs(episode.told_excess):
        return Decision(Transition.ESCALATE, Reason.GREW, episode)
    return Decision(Transition.UPDATE, Reason.STILL_FIRING, episode)


def _is_clearly_stronger(episode: Episode, policy: Policy) -> bool:
    """Tell whether one that came back is news: a worse window, or many more of the same."""
    return episode.told_excess != 0.0 and (
        abs(episode.excess) >= policy.comeback * abs(episode.told_excess)
        or abs(episode.total_excess) >= policy.escalation * abs(episode.told_total) > 0.0
    )


def _calm(episode: Episode, verdict: Verdict, end_at: datetime, policy: Policy) -> Decision:
    if end_at < episode.updated_at:
        return Decision(_unchanged(episode), Reason.OUTDATED, episode)
    since = episode.quiet_since or end_at
    calm = replace(episode, quiet_since=since, updated_at=end_at)
    if end_at - since >= policy.resolve_after:
        return end(calm, end_at, Reason.TURNED if verdict.is_anomaly else Reason.BACK_TO_NORMAL)
    return Decision(_unchanged(episode), Reason.QUIET_TOO_SHORT, calm)


def _grown(episode: Episode, verdict: Verdict, observation: Observation, policy: Policy, complete: bool) -> Episode:
    """Return the episode with one more window out of band: its worst window, its sum and its present."""
    ends = end_of(observation)
    if ends >= episode.updated_at:
        episode = replace(episode, quiet_since=None, updated_at=ends)
    side = _side(episode)
    own = max(0.0, side * (observation.value - verdict.expected))
    if own > abs(episode.excess):
        episode = replace(
            episode,
            window_start=ends - observation.span,
            window_end=ends,
            observed=observation.value,
            expected=verdict.expected,
            low=verdict.low,
            high=verdict.high,
            score=max(episode.score, verdict.score),
        )
    if not policy.adds_up:
        return replace(episode, total_excess=episode.excess)
    tally = episode.tally.close(own, ends) if complete else episode.tally
    total = tally.total() if complete else tally.total(own, ends - observation.span)
    return replace(episode, tally=tally, total_excess=side * max(total, abs(episode.total_excess)))


def _side(episode: Episode) -> int:
    return -1 if episode.excess < 0 else 1


def _is_other_side(episode: Episode, verdict: Verdict, observation: Observation) -> bool:
    """Tell whether a window is clearly out of band where the episode is not; inside the band nobody can say."""
    return observation.value < verdict.low if _side(episode) > 0 else observation.value > verdict.high


def _unchanged(episode: Episode) -> Transition:
    return Transition.NONE if episode.pending else Transition.UPDATE
