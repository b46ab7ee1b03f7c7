"""Finds the settings that keep to a budget of alarms and still tell what matters most."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from detectors.backtest.compare import Contrast, contrast, finish
from detectors.backtest.history import Headway, History
from detectors.backtest.labels import Label
from detectors.backtest.settings import AS_TODAY, Change
from detectors.backtest.tracing import trace_all
from detectors.backtest.trial import Traces, Trial, try_out
from detectors.backtest.words import reasoning
from detectors.base import DetectorError, Sensitivity

NEARLY_ALL = 0.95
"""Candidates that keep this share of the most that can be kept are as good; the one that changes least is chosen."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The settings that fit a budget best.

    Attributes:
        budget: Episodes nobody labelled real that a series may have in a week.
        is_met: Whether the choice keeps to it, or has a single such episode, and tells every real one
            that can be told; if not, it is the nearest.
        choice: The candidate chosen, beside today's settings.
        today: What today's settings tell.
        tried: Every candidate that was tried, the chosen one among them.
        sentence: Why, in one sentence with numbers.
    """

    budget: float
    is_met: bool
    choice: Contrast
    today: Trial
    tried: tuple[Trial, ...]
    sentence: str


def suggest(
    histories: Mapping[str, History],
    *,
    budget: float,
    labels: Sequence[Label] = (),
    detectors: Sequence[str] = (),
    progress: Callable[[Headway], None] | None = None,
) -> Suggestion:
    """Try every sensitivity with a ladder of smallest impacts and choose one for all series.

    Whether an episode without a label was false nobody can know. So each that nobody labelled real
    counts against the budget.

    Args:
        histories: Recorded series by name, each with its settings of today.
        budget: Such episodes allowed in a series-week.
        labels: What people said about stretches of the series.
        detectors: Detectors to try besides the one each series has.
        progress: Told every thousand windows or so.

    Raises:
        DetectorError: A detector does not exist, a window cannot be judged, or no series has
            enough history.
    """
    return finish(suggesting(histories, budget=budget, labels=labels, detectors=detectors), progress)


def suggesting(
    histories: Mapping[str, History],
    *,
    budget: float,
    labels: Sequence[Label] = (),
    detectors: Sequence[str] = (),
) -> Generator[Headway, None, Suggestion]:
    """Do what `suggest` does bit by bit, for callers with other things to do; to cancel, close it."""
    bases = [Change(name, word) for name in (None, *detectors) for word in Sensitivity]
    traces = yield from trace_all(histories, [AS_TODAY, *bases])
    today = try_out(AS_TODAY, histories, traces, labels)
    tried = [try_out(change, histories, traces, labels) for change in _ladders(bases, histories, traces)]
    if not any(trial.weeks for trial in (today, *tried)):
        raise DetectorError("no series has enough history to judge: give more days of it, or a shorter warm_up")
    findable = max(len(trial.marks.found) for trial in (today, *tried))
    best = _choose(today, tried, budget, findable)
    is_met = _beyond(best, budget) == 0.0 and len(best.marks.found) == findable
    return Suggestion(
        budget=budget,
        is_met=is_met,
        choice=contrast(best, today),
        today=today,
        tried=tuple(tried),
        sentence=reasoning(best, today, budget, is_met=is_met),
    )


def _choose(today: Trial, tried: Sequence[Trial], budget: float, findable: int) -> Trial:
    """Return the trial that misses no real one, then keeps to the budget, then keeps most, then changes least.

    The same episodes that begin a little earlier are worth more and no reason to change anything.
    """

    def failing(trial: Trial) -> tuple[int, float]:
        return findable - len(trial.marks.found), _beyond(trial, budget)

    trials = (today, *tried)
    least = min(map(failing, trials))
    fitting = [trial for trial in trials if failing(trial) == least]
    enough = NEARLY_ALL * max(map(_kept, fitting))
    best = min((trial for trial in fitting if _kept(trial) >= enough), key=lambda one: _strangeness(one.change))
    beside = contrast(best, today)
    return best if beside.gained or beside.lost or failing(today) > least else today


def _beyond(trial: Trial, budget: float) -> float:
    """Return by how much a trial exceeds the budget.

    A single episode does not: in a history shorter than the budget has room for one, to keep to it
    would mean to tell nothing whatever happens.
    """
    return max(0.0, trial.unwanted_per_week - budget) if trial.unwanted > 1 else 0.0


def _kept(trial: Trial) -> float:
    """Return how much a trial tells; worths in different units do not add up, so episodes are counted there."""
    return sum(trial.worth.values()) if len(trial.worth) == 1 else float(len(trial.told))


def _ladders(bases: Iterable[Change], histories: Mapping[str, History], traces: Traces) -> Generator[Change]:
    """Yield each way of watching with today's smallest impacts, and with those its episodes call for."""
    one_unit = len({history.unit for history in histories.values()}) == 1
    for base in bases:
        yield base
        if one_unit:
            everything = try_out(replace(base, min_impact=0.0), histories, traces)
            for rung in rungs([one.worth for one in everything.told]):
                yield replace(base, min_impact=rung)


def rungs(worths: Sequence[float]) -> list[float]:
    """Return the smallest impacts worth trying: none, then 1, 2, 5, 10, ... as far as episodes differ by them."""
    steps = [0.0]
    positive = [worth for worth in worths if worth > 0]
    if positive:
        lowest, highest = (math.floor(math.log10(extreme(positive))) for extreme in (min, max))
        decades = range(lowest, highest + 2)
        steps += [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    told = [sum(worth >= step for worth in worths) for step in steps]
    return [step for number, step in enumerate(steps) if number == 0 or told[number] < told[number - 1]]


def _strangeness(change: Change) -> float:
    """Order what is equally good: fewer things changed first, and then the lower limit."""
    changed = sum(one is not None for one in (change.detector, change.sensitivity, change.min_impact))
    return changed + math.atan(change.min_impact or 0.0) / math.pi
