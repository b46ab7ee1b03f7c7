"""Holds candidates against today's settings on the same recorded series."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from detectors.backtest.history import Headway, History
from detectors.backtest.labels import Label
from detectors.backtest.settings import AS_TODAY, Change
from detectors.backtest.telling import Told
from detectors.backtest.tracing import trace_all
from detectors.backtest.trial import Trial, try_out

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contrast:
    """A candidate beside today's settings.

    Attributes:
        trial: What the candidate would have told.
        gained: Its episodes that overlap none of today's.
        lost: Today's episodes that overlap none of its own.
    """

    trial: Trial
    gained: tuple[Told, ...]
    lost: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Today's settings and the candidates, in the order given."""

    today: Trial
    candidates: tuple[Contrast, ...]


def compare(
    histories: Mapping[str, History],
    candidates: Sequence[Change],
    *,
    labels: Sequence[Label] = (),
    progress: Callable[[Headway], None] | None = None,
) -> Comparison:
    """Replay every series through today's settings and each candidate.

    Args:
        histories: Recorded series by name, each with its settings of today.
        candidates: What to try instead.
        labels: What people said about stretches of the series.
        progress: Told every thousand windows or so.

    Raises:
        DetectorError: A candidate names what does not exist, or a window cannot be judged.
    """
    return finish(comparing(histories, candidates, labels=labels), progress)


def comparing(
    histories: Mapping[str, History], candidates: Sequence[Change], *, labels: Sequence[Label] = ()
) -> Generator[Headway, None, Comparison]:
    """Do what `compare` does bit by bit, for callers with other things to do; to cancel, close it."""
    traces = yield from trace_all(histories, [AS_TODAY, *candidates])
    today = try_out(AS_TODAY, histories, traces, labels)
    trials = [try_out(candidate, histories, traces, labels) for candidate in candidates]
    return Comparison(today, tuple(contrast(trial, today) for trial in trials))


def contrast(trial: Trial, today: Trial) -> Contrast:
    """Say what a candidate tells that today's settings do not, and the other way round."""
    return Contrast(trial, gained=_unmatched(trial.told, today.told), lost=_unmatched(today.told, trial.told))


def finish(work: Generator[Headway, None, T], progress: Callable[[Headway], None] | None) -> T:
    """Run bit-by-bit work to its end and return its result."""
    while True:
        try:
            headway = next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        if progress is not None:
            progress(headway)


def _unmatched(told: Sequence[Told], others: Sequence[Told]) -> tuple[Told, ...]:
    return tuple(one for one in told if not any(map(one.overlaps, others)))
