"""Explains alerts from what is stored."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from daemon.alerts import Alert
from daemon.domain import TOTAL
from daemon.explaining.baseline import Baseline, calm_before, comparable, window_of
from daemon.explaining.split import split
from daemon.explaining.wording import causes, sentence
from daemon.store import Store
from detectors.explanation import Explanation

WORSE = 1.1
"""An alert that nobody is told of anew is explained again when its excess has grown by this factor."""

TINY = 1e-8
"""Explanations are exact, detectors count in floating point."""


def is_due(alert: Alert, *, told: bool) -> bool:
    """Tell whether an alert needs an explanation: it has none, it is outdated by much, or by anything and it is told of.

    An explanation reads thousands of calls, so it is renewed only where somebody would miss it.
    """
    known = alert.explanation
    if known is None:
        return True
    explained = float(known.excess)
    grew = abs(alert.excess) >= WORSE * abs(explained)
    return grew or (told and not math.isclose(alert.excess, explained, abs_tol=TINY))


@dataclass(frozen=True, slots=True)
class Explainer:
    """Reads the calls behind an alert, and puts it into words."""

    store: Store
    zone: ZoneInfo

    async def worded(self, alert: Alert, *, told: bool) -> Alert:
        """Return an alert whose words and figures agree, explained anew where that is due."""
        return await self.explained(alert) if is_due(alert, told=told) else replace(alert, summary=sentence(alert))

    async def explained(self, alert: Alert) -> Alert:
        """Return an alert with an explanation of its worst window, and with the words of it."""
        alert = replace(alert, explanation=await self._explanation(alert))
        return replace(alert, summary=sentence(alert), causes=causes(alert))

    async def _explanation(self, alert: Alert) -> Explanation | None:
        window, entity = window_of(alert), alert.series.entity
        baseline = await self._baseline(alert)
        if baseline is None:
            return None
        episode = await self.store.cells(entity, [window])
        ordinary = await self.store.cells(entity, baseline.spans)
        # A busy hour has thousands of cells: adding them up must not hold up everything else.
        told = await asyncio.to_thread(split, alert, episode, ordinary, len(baseline.spans))
        return replace(told, baseline=baseline.words)

    async def _baseline(self, alert: Alert) -> Baseline | None:
        """Return what is ordinary for an alert. Of one that is as new as its episode, it is nothing at all."""
        window, calm = window_of(alert), calm_before(alert)
        # An alert opens at the end of its first window, which was not calm either.
        first = window[1] - window[0]
        episodes = [(start - first, end) for start, end in await self.store.episodes(alert.series, *calm)]
        for since in await self.store.seen_since([alert.series.entity, TOTAL]):
            found = comparable(window, calm, self.zone, seen_since=since, episodes=episodes)
            if found is not None:
                return found
        return None
