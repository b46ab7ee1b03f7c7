"""Recorded series as a backtest wants them: whole hours, today's settings, and what people said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol

from daemon.clock import from_ms
from daemon.domain import HOUR_MS, Measures, Metric, SeriesKey
from daemon.errors import UnknownNameError
from daemon.operations.naming import require
from daemon.pipeline.inputs import SETTLE_MS, observations
from daemon.pipeline.restore import MOST_HISTORY
from daemon.rules import Rules, SeriesRules
from daemon.spoken import Spoken
from daemon.store import Poll, StoredEntity
from detectors.backtest.history import History
from detectors.backtest.labels import Label
from detectors.backtest.settings import Settings

MOST_HISTORY_MS = round(MOST_HISTORY.total_seconds() * 1000)

UNITS = {
    Metric.COST: "$",
    Metric.CALLS: "calls",
    Metric.TOKENS: "tokens",
    Metric.INPUT_TOKENS: "input tokens",
    Metric.OUTPUT_TOKENS: "output tokens",
    Metric.ERROR_RATE: "of the calls failing",
    Metric.LATENCY: "ms a call",
    Metric.COST_PER_CALL: "dollars a call",
}


class Records(Protocol):
    """The reads that a backtest needs."""

    async def latest_poll(self) -> Poll | None:
        """Return the newest committed read."""
        ...

    async def entities(self) -> list[StoredEntity]:
        """Return every entity ever seen."""
        ...

    async def hours(self, ids: Sequence[int], start: int, end: int) -> dict[int, dict[int, Measures]]:
        """Return hourly sums by entity id and window start, for starts in [start, end)."""
        ...

    async def overrides(self) -> dict[str, dict[str, Any]]:
        """Return all run-time tuning by pattern, oldest first."""
        ...

    async def lessons(self) -> list[Spoken]:
        """Return what people said and did not take back."""
        ...


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded series that were asked for.

    Attributes:
        histories: By name of the series; what lies before the judged days is there to be learnt from.
        labels: What people said about them.
    """

    histories: Mapping[str, History]
    labels: Sequence[Label]


async def recorded(records: Records, rules: Rules, zone: tzinfo, patterns: Sequence[str], days: int) -> Recording:
    """Read the series that match any of the patterns.

    Args:
        records: Where they are kept.
        rules: How they are watched today.
        zone: The owner's zone.
        patterns: Names of series, or patterns with *.
        days: How many days are judged; up to 90 days before them are learnt.

    Raises:
        UnknownNameError: Nothing was recorded yet, or a pattern matches nothing.
    """
    poll = await records.latest_poll()
    if poll is None:
        raise UnknownNameError("nothing was recorded yet; start 'revenium-monitor run' and wait for its first poll")
    end = (poll.watermark - SETTLE_MS) // HOUR_MS * HOUR_MS
    start = end - days * 24 * HOUR_MS
    known = {key: (stored, one) for stored in await records.entities() for key, one in _watched(stored, rules)}
    chosen = dict.fromkeys(key for pattern in patterns for key in require(pattern, known))
    earliest = start - MOST_HISTORY_MS
    histories = {}
    for key in chosen:
        stored, series_rules = known[key]
        born = max(stored.first_seen // HOUR_MS * HOUR_MS, earliest)
        sums = (await records.hours([stored.id], born, end)).get(stored.id, {})
        histories[str(key)] = _history(key, series_rules, range(born, end, HOUR_MS), sums, zone, from_ms(start))
    labels = tuple(_labels(await records.lessons(), histories, from_ms(end)))
    return Recording(histories, labels)


def _watched(stored: StoredEntity, rules: Rules) -> Iterator[tuple[SeriesKey, SeriesRules]]:
    """Yield the series of an entity that are watched and not switched off."""
    for watch in rules.watches_for(stored.entity.dimension):
        key = SeriesKey(watch.metric, stored.entity)
        series_rules = rules.for_series(key, watch)
        if series_rules.enabled:
            yield key, series_rules


def _history(
    key: SeriesKey, rules: SeriesRules, starts: range, sums: Mapping[int, Measures], zone: tzinfo, judged_from: datetime
) -> History:
    return History(
        observations=tuple(observations(key.metric, starts, sums, zone)),
        settings=Settings(rules.detector, rules.sensitivity, {}, rules.min_impact),
        judged_from=judged_from,
        unit=UNITS[key.metric],
        adds_up=key.metric.is_counter,
    )


def _labels(spoken: Sequence[Spoken], histories: Mapping[str, History], end: datetime) -> Iterator[Label]:
    """Yield what was said as labels; of words with a wide scope, the series that was spoken of counts."""
    for one in spoken:
        series = str(one.series) if one.series else one.pattern
        if series in histories:
            yield Label(series, one.lesson.start, one.lesson.end or end, one.lesson.kind)
