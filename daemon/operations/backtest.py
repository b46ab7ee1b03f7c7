"""What other settings would have told, and which ones fit a budget; answered while everything else goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, TypeVar

from daemon.engine import Engine
from daemon.errors import UnknownNameError
from daemon.operations.backtest_results import (
    BacktestResult,
    Candidate,
    SuggestionResult,
    comparison_result,
    suggestion_result,
)
from daemon.operations.history import Recording, recorded
from detectors.backtest.compare import comparing
from detectors.backtest.history import Headway
from detectors.backtest.suggest import suggesting
from detectors.base import DetectorError

T = TypeVar("T")
Progress = Callable[[Headway], None]

DAYS = 30
"""Days judged unless somebody says otherwise."""


class Backtests:
    """Backtests on what a running daemon has recorded."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def compare(
        self,
        patterns: Sequence[str],
        candidates: Sequence[Candidate],
        *,
        days: int = DAYS,
        progress: Progress | None = None,
    ) -> BacktestResult:
        """Replay the last days of the matching series through today's settings and each candidate.

        Raises:
            UnknownNameError: A pattern matches nothing, or a candidate names what does not exist.
        """
        changes = [one.change() for one in candidates]
        recording = await self._recorded(patterns, days)
        work = comparing(recording.histories, changes, labels=recording.labels)
        return comparison_result(list(recording.histories), await in_slices(work, progress))

    async def suggest(
        self,
        patterns: Sequence[str],
        budget: float,
        *,
        detectors: Sequence[str] = (),
        days: int = DAYS,
        progress: Progress | None = None,
    ) -> SuggestionResult:
        """Find the settings under which the matching series keep to a budget of alarms.

        Raises:
            UnknownNameError: A pattern matches nothing, a detector does not exist, or the history is too short.
        """
        recording = await self._recorded(patterns, days)
        work = suggesting(recording.histories, budget=budget, labels=recording.labels, detectors=detectors)
        return suggestion_result(list(recording.histories), await in_slices(work, progress))

    async def _recorded(self, patterns: Sequence[str], days: int) -> Recording:
        engine = self._engine
        return await recorded(engine.store, engine.rules, engine.settings.zone, patterns, days)


async def in_slices(work: Generator[Headway, None, T], progress: Progress | None) -> T:
    """Run bit-by-bit work in threads, so that a daemon polls and answers meanwhile; cancelling ends it at the next bit.

    Raises:
        UnknownNameError: The work was asked for something that does not exist or cannot be done.
    """
    try:
        while True:
            headway = await _finished(asyncio.to_thread(_advance, work))
            if not isinstance(headway, Headway):
                return headway
            if progress is not None:
                progress(headway)
    except DetectorError as error:
        raise UnknownNameError(str(error)) from error
    finally:
        work.close()


async def _finished(bit: Coroutine[Any, Any, T]) -> T:
    """Await a bit to its end even when the caller is cancelled meanwhile: work at a bit cannot be closed."""
    task = asyncio.create_task(bit)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _advance(work: Generator[Headway, None, T]) -> Headway | T:
    """Return the next report, or the result; a thread cannot hand on the exception that generators end with."""
    try:
        return next(work)
    except StopIteration as end:
        result: T = end.value
        return result
