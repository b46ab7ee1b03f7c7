"""Moves every partition from its stored position to the newest poll: gather, step, group, commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from daemon.alerts import Alert, newest_of
from daemon.clock import Clock, from_ms, to_ms
from daemon.domain import HOUR_MS, SeriesKey
from daemon.explaining.explainer import Explainer
from daemon.explaining.message import notification
from daemon.pipeline.incidents import Told, group, unsettled
from daemon.pipeline.inputs import SETTLE_MS, Gatherer
from daemon.pipeline.movers import survey
from daemon.pipeline.restore import restored, retaught, retuned
from daemon.pipeline.step import Batch, SeriesInput, SeriesState, StepResult, step
from daemon.rules import NOT_WATCHED, Rules
from daemon.spoken import Spoken
from daemon.store import Outgoing, PartitionCommit, Poll, Store, StoredSeries
from detectors.base import Observation, Verdict
from detectors.snapshot import dump

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pump is told once.

    Attributes:
        channels: Names of the channels that every message goes to.
        demo: Whether the numbers come from generated traffic, which messages then say.
        mute_until: Windows that end by then were there before the first start: learnt, never alerted on.
    """

    tenant: str
    zone: ZoneInfo
    channels: tuple[str, ...]
    demo: bool
    mute_until: datetime


class Pump:
    """Owns every partition of one process. Call `start` once, then `advance` after each poll."""

    def __init__(self, store: Store, clock: Clock, rules: Callable[[], Rules], surroundings: Surroundings) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._around = surroundings
        self._gatherer = Gatherer(store, surroundings.zone)
        self._explainer = Explainer(store, surroundings.zone)
        self._positions: dict[int, tuple[int, int]] = {}
        self._version = -1
        self._heard: tuple[Sequence[Spoken], datetime] | None = None
        self.states: dict[SeriesKey, SeriesState] = {}
        self.verdicts: dict[SeriesKey, tuple[Observation, Verdict]] = {}

    async def start(self) -> None:
        """Take the partitions and restore what is kept of their series."""
        self._positions = await self._store.acquire()
        rules = self._rules()
        newest = newest_of([*await self._store.alerts(only_open=True), *await self._store.alerts()])
        stored = await self._store.series()
        self.states = {
            one.key: restored(one, rules.for_key(one.key) or NOT_WATCHED, alert)
            for one in stored
            for alert in (newest.get(one.key),)
            if rules.for_key(one.key) is not None or (alert is not None and alert.is_open)
        }
        self._version = rules.version

    async def advance(self) -> Sequence[Alert]:
        """Bring everything up to the newest poll; returns the alerts that changed.

        Raises:
            FencedError: Another process took over; this one must stop.
            StorageError: Nothing was kept; call again.
        """
        rules = self._rules()
        if rules.version != self._version:
            self._retune(rules)
        poll = await self._store.latest_poll()
        after = min(position for _, position in self._positions.values())
        if poll is None or poll.seq <= after:
            return ()
        self._reteach(rules, from_ms(poll.watermark))
        live = from_ms(poll.watermark) > self._around.mute_until
        works = await self._gatherer.find(rules, self.states, after, poll, live=live)
        inputs = await self._gatherer.observe(works, poll)
        before = {work.key: work.state for work in works}
        results = await asyncio.to_thread(self._step_all, before, inputs, poll)
        alerts, told = await self._tell(results)
        await self._commit(results, alerts, told, poll)
        return alerts

    def _step_all(
        self, states: Mapping[SeriesKey, SeriesState], inputs: Mapping[int, Sequence[SeriesInput]], poll: Poll
    ) -> dict[int, StepResult]:
        until = from_ms((poll.watermark - SETTLE_MS) // HOUR_MS * HOUR_MS)
        return {
            partition: step(
                states,
                Batch(
                    tenant=self._around.tenant,
                    at=from_ms(poll.watermark),
                    until=until,
                    mute_until=self._around.mute_until,
                    series=series,
                ),
            )
            for partition, series in inputs.items()
        }

    async def _tell(self, results: Mapping[int, StepResult]) -> tuple[list[Alert], list[Told]]:
        """Group what changed into incidents and put it into words."""
        outcomes = [outcome for result in results.values() for outcome in result.outcomes]
        still_open = [state.alert for state in self.states.values() if state.alert is not None]
        over = [state.last for state in self.states.values() if state.last is not None]
        verdicts = self.verdicts | {key: seen for result in results.values() for key, seen in result.verdicts.items()}
        found = unsettled(outcomes, still_open, over, lambda key: key in verdicts and verdicts[key][1].is_anomaly)
        alerts, told = group(outcomes, found, await survey(self._store, found.joining, found.heads, verdicts))
        announced = {one.alert.id for one in told}
        worded = {alert.id: await self._explainer.worded(alert, told=alert.id in announced) for alert in alerts}
        return list(worded.values()), [replace(one, alert=worded[one.alert.id]) for one in told]

    async def _commit(
        self, results: Mapping[int, StepResult], alerts: Sequence[Alert], told: Iterable[Told], poll: Poll
    ) -> None:
        by_id = {alert.id: alert for alert in alerts}
        states = {
            key: replace(
                state,
                alert=by_id.get(state.alert.id, state.alert) if state.alert else None,
                last=by_id.get(state.last.id, state.last) if state.last else None,
            )
            for result in results.values()
            for key, state in result.states.items()
        }
        owned: dict[int, list[Alert]] = {}
        for alert in alerts:
            owned.setdefault(alert.series.entity.partition(self._around.tenant), []).append(alert)
        commits = [
            PartitionCommit(
                partition,
                epoch,
                position,
                poll.seq,
                series=_to_store(results.get(partition), states),
                alerts=owned.get(partition, ()),
            )
            for partition, (epoch, position) in self._positions.items()
        ]
        await self._store.commit(commits, self._outgoing(told))
        self._positions = {partition: (epoch, poll.seq) for partition, (epoch, _) in self._positions.items()}
        self.states.update(states)
        for result in results.values():
            self.verdicts.update(result.verdicts)

    def _outgoing(self, told: Iterable[Told]) -> list[Outgoing]:
        around = self._around
        return [
            Outgoing(
                channel,
                notification(
                    one.alert,
                    one.kind,
                    channel,
                    now=self._clock.now(),
                    zone=around.zone,
                    demo=around.demo,
                    is_back=one.is_back,
                ),
            )
            for one in told
            for channel in around.channels
        ]

    def _retune(self, rules: Rules) -> None:
        """Apply changed rules: a series whose detector changed is taught again from what is stored.

        One that is not watched any more stays only until its alert has ended.
        """
        for key, state in list(self.states.items()):
            series_rules = rules.for_key(key)
            if series_rules is not None:
                self.states[key] = retuned(state, series_rules)
            elif state.alert is None:
                del self.states[key]
        self._version = rules.version

    def _reteach(self, rules: Rules, at: datetime) -> None:
        """Apply what people said since: a series that has to learn otherwise is taught again, in silence."""
        since, self._heard = self._heard, (rules.spoken, at)
        # Matching every word with every series takes a while, and mostly nothing is new.
        if (
            since is not None
            and since[0] is rules.spoken
            and not any(one.expired(since[1], at) for one in rules.spoken)
        ):
            return
        for key, state in self.states.items():
            series_rules = rules.for_key(key)
            if series_rules is not None:
                self.states[key] = retaught(state, series_rules, rules.lessons_for(key, at))


def _to_store(result: StepResult | None, states: Mapping[SeriesKey, SeriesState]) -> list[StoredSeries]:
    if result is None:
        return []
    return [
        StoredSeries(
            key,
            judged_until=to_ms(states[key].judged_until),
            learned_until=to_ms(states[key].learned_until),
            snapshot=dump(states[key].detector)
            if key in result.learned and states[key].detector.snapshotable
            else None,
            lessons=states[key].lessons,
            pending=states[key].pending,
        )
        for key in sorted(result.changed)
    ]
