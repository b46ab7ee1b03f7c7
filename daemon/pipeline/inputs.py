"""Turns what is stored into batches: which series have something new, and their observations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo

from daemon.clock import from_ms, to_ms
from daemon.domain import HOUR_MS, MINUTE_MS, Measures, Metric, SeriesKey
from daemon.pipeline.restore import MOST_HISTORY
from daemon.pipeline.step import SeriesInput, SeriesState
from daemon.rules import NOT_WATCHED, Rules, SeriesRules
from daemon.store import Poll, Store, StoredEntity
from detectors.base import Observation
from detectors.feedback import NONE, Lessons

HOUR = timedelta(hours=1)

SETTLE_MS = 2 * MINUTE_MS
"""An hour is closed only this long after its end, so that calls still on their way are in it."""

FEWEST_CALLS = 20
"""An error rate or a mean of fewer calls than this says nothing: one failure of two is not 50 %."""

DORMANT_MS = 14 * 24 * HOUR_MS
"""An entity silent for this long is no longer fed zeros; it catches up when it wakes."""


@dataclass(frozen=True, slots=True)
class Work:
    """One series that has something new, and what must be read for it."""

    key: SeriesKey
    stored: StoredEntity
    rules: SeriesRules
    state: SeriesState
    closed_from: int
    closed_until: int
    late: Sequence[int] = ()
    current: bool = False
    lessons: Lessons = NONE


@dataclass(slots=True)
class Gatherer:
    """Finds work and reads its windows."""

    store: Store
    zone: tzinfo

    async def find(
        self, rules: Rules, states: Mapping[SeriesKey, SeriesState], after: int, poll: Poll, *, live: bool
    ) -> list[Work]:
        """Return the series with something new between position `after` and a poll.

        Among them are those whose alert is to end because the settings no longer watch them.
        """
        changed = await self.store.changed_hours(after, poll.seq)
        until = (poll.watermark - SETTLE_MS) // HOUR_MS * HOUR_MS
        entities = {stored.entity: stored for stored in await self.store.entities()}
        found = [
            Work(key, entities[key.entity], NOT_WATCHED, state, 0, 0)
            for key, state in states.items()
            if live and state.alert is not None and rules.for_key(key) is None
        ]
        for stored in entities.values():
            for key, series_rules in _watched(stored, rules):
                state = states.get(key) or _newborn(stored, series_rules, until)
                work = _work(key, stored, series_rules, state, changed.get(stored.id, ()), until, live=live)
                if work is not None and not _is_dormant(stored, state, until):
                    found.append(replace(work, lessons=rules.lessons_for(key, from_ms(poll.watermark))))
        return found

    async def observe(self, works: Sequence[Work], poll: Poll) -> dict[int, list[SeriesInput]]:
        """Read the windows of the work and return inputs by partition."""
        hours = await self._hours(works)
        end = (poll.watermark // MINUTE_MS + 1) * MINUTE_MS
        recent = await self.store.trailing(
            sorted({work.stored.id for work in works if work.current}), end - HOUR_MS, end
        )
        inputs: dict[int, list[SeriesInput]] = {}
        for work in works:
            own = hours.get(work.stored.id, {})
            metric = work.key.metric
            closed = range(work.closed_from, work.closed_until, HOUR_MS)
            current = (
                _observation(metric, poll.watermark - HOUR_MS, recent.get(work.stored.id), self.zone)
                if work.current
                else None
            )
            one = SeriesInput(
                work.key,
                work.rules,
                closed=tuple(observations(metric, closed, own, self.zone)),
                late=tuple(observations(metric, work.late, own, self.zone)),
                current=current,
                lessons=work.lessons,
            )
            inputs.setdefault(work.stored.partition, []).append(one)
        return inputs

    async def _hours(self, works: Iterable[Work]) -> dict[int, dict[int, Measures]]:
        ids: set[int] = set()
        start, end = 1 << 62, 0
        for work in works:
            if work.closed_from < work.closed_until or work.late:
                ids.add(work.stored.id)
                start = min(start, work.closed_from, *work.late)
                end = max(end, work.closed_until)
        return await self.store.hours(sorted(ids), start, end) if ids else {}


def observations(
    metric: Metric, starts: Iterable[int], hours: Mapping[int, Measures], zone: tzinfo
) -> Iterator[Observation]:
    """Yield what is observed in the hours that begin at `starts`, on the owner's clock."""
    for start in starts:
        observation = _observation(metric, start, hours.get(start), zone)
        if observation is not None:
            yield observation


def _observation(metric: Metric, start: int, measures: Measures | None, zone: tzinfo) -> Observation | None:
    """Nothing happened: zero for a counter. Too few calls for a ratio to mean anything: a gap."""
    measures = measures or Measures()
    if not metric.is_counter and measures.calls < FEWEST_CALLS:
        return None
    value = measures.value(metric)
    return None if value is None else Observation(from_ms(start).astimezone(zone), value, HOUR)


def _watched(stored: StoredEntity, rules: Rules) -> Iterator[tuple[SeriesKey, SeriesRules]]:
    for watch in rules.watches_for(stored.entity.dimension):
        key = SeriesKey(watch.metric, stored.entity)
        yield key, rules.for_series(key, watch)


def _newborn(stored: StoredEntity, rules: SeriesRules, until: int) -> SeriesState:
    """Return the state of a series without any: what was before somebody watched it is learnt, not judged."""
    now = from_ms(until)
    born = max(from_ms(stored.first_seen // HOUR_MS * HOUR_MS), now - MOST_HISTORY)
    return SeriesState(rules.build(), learned_until=born, judged_until=max(born, now))


def _work(
    key: SeriesKey,
    stored: StoredEntity,
    rules: SeriesRules,
    state: SeriesState,
    changed: Sequence[int],
    until: int,
    *,
    live: bool,
) -> Work | None:
    learned = max(to_ms(state.learned_until), stored.first_seen // HOUR_MS * HOUR_MS)
    late = tuple(sorted(start for start in changed if start < learned))
    current = live and (bool(changed) or state.alert is not None)
    if until <= learned and not late and not current:
        return None
    return Work(key, stored, rules, state, learned, max(until, learned), late if live else (), current)


def _is_dormant(stored: StoredEntity, state: SeriesState, until: int) -> bool:
    return state.alert is None and stored.last_seen < until - DORMANT_MS
