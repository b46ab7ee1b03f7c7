"""Notices when an episode that people spoke of while it went on is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from daemon.clock import to_ms
from daemon.domain import SeriesKey
from daemon.pipeline.step import SeriesState
from daemon.spoken import Spoken
from daemon.storage.sqlite import SqliteStore
from detectors.base import Observation, Verdict
from detectors.decision.episodes import end_of
from detectors.feedback import Kind, side_of

CALM_FOR = timedelta(minutes=10)
"""How long a series must look ordinary before what was expected once is over; as with alerts."""


class Endings:
    """Remembers since when each series looks ordinary again; after a restart it counts anew."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._calm: dict[str, datetime] = {}

    async def note(
        self,
        spoken: Sequence[Spoken],
        states: Mapping[SeriesKey, SeriesState],
        verdicts: Mapping[SeriesKey, tuple[Observation, Verdict]],
    ) -> bool:
        """Keep the end of each episode that is over now; tells whether there was any."""
        ended = {
            one.lesson.id: at
            for one in spoken
            if one.lesson.end is None and one.series is not None
            for at in (self._end(one, states.get(one.series), verdicts.get(one.series)),)
            if at is not None
        }
        for identity, at in ended.items():
            await self._store.end_lesson(identity, to_ms(at))
            self._calm.pop(identity, None)
        return bool(ended)

    def _end(
        self, spoken: Spoken, state: SeriesState | None, judged: tuple[Observation, Verdict] | None
    ) -> datetime | None:
        if spoken.lesson.kind is Kind.REAL:
            return _end_of_alert(spoken, state)
        if spoken.lesson.kind is Kind.EXPECTED_ONCE and judged is not None:
            return self._end_of_calm(spoken, *judged)
        return None

    def _end_of_calm(self, spoken: Spoken, observation: Observation, verdict: Verdict) -> datetime | None:
        """Judge by the detector alone: the alert has ended because a person said so."""
        now, identity = end_of(observation), spoken.lesson.id
        if verdict.is_anomaly and side_of(verdict, observation) is spoken.lesson.side:
            self._calm.pop(identity, None)
            return None
        since = self._calm.setdefault(identity, now)
        return since if now - since >= CALM_FOR else None


def _end_of_alert(spoken: Spoken, state: SeriesState | None) -> datetime | None:
    if state is None or state.alert is not None or state.last is None or state.last.id != spoken.alert_id:
        return None
    return state.last.resolved_at
