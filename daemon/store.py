"""The storage port: what the daemon needs kept. SQLite implements it today (`daemon.storage`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from daemon.alerts import Alert
from daemon.domain import Entity, Measures, SeriesKey, Transaction
from detectors.decision.episodes import Episode
from notifiers.base import Notification

Span: TypeAlias = tuple[int, int]
"""From when to when, in milliseconds; the end is not in it."""

Cells: TypeAlias = Mapping[tuple[str | None, ...], Measures]
"""Sums of calls by all that they name: a label or None for each of `daemon.domain.NAMED`."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One committed read of a source; times in milliseconds."""

    seq: int
    watermark: int
    fetched: int = 0
    added: int = 0
    revised: int = 0


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity with its storage id and life span in milliseconds."""

    id: int
    partition: int
    entity: Entity
    first_seen: int
    last_seen: int


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """What is kept of one series between runs; times in milliseconds.

    Attributes:
        lessons: Digest of the lessons that the snapshot was taught under.
        pending: An episode that is not worth telling yet.
    """

    key: SeriesKey
    judged_until: int
    learned_until: int
    snapshot: bytes | None
    lessons: str = ""
    pending: Episode | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notification on its way to one channel, written with the state change that caused it."""

    channel: str
    notification: Notification


@dataclass(frozen=True, slots=True)
class PartitionCommit:
    """Everything that moving one partition from one position to the next changes."""

    partition: int
    epoch: int
    from_position: int
    to_position: int
    series: Sequence[StoredSeries] = ()
    alerts: Sequence[Alert] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """An outbox row that a delivery worker holds."""

    notification: Notification
    channel: str
    attempts: int
    reference: Mapping[str, str] | None


class Store(Protocol):
    """What the data path needs: all or nothing, and refused when the caller is stale."""

    async def ingest(self, source: str, transactions: Sequence[Transaction], *, at: int, watermark: int | None) -> Poll:
        """Record calls and move the cursor in one transaction; a call seen before changes nothing.

        Args:
            source: Name of the source, whose cursor this is.
            transactions: Calls in any order, repeats allowed; a changed one corrects its windows.
            at: Present time.
            watermark: Up to when the source is now complete, or None if this is part of a slice.
        """
        ...

    async def acquire(self) -> dict[int, tuple[int, int]]:
        """Take all partitions: raise each epoch and return epoch and position by partition."""
        ...

    async def commit(self, commits: Sequence[PartitionCommit], outgoing: Sequence[Outgoing]) -> None:
        """Keep what a step computed, and the messages that it causes, all or nothing.

        Raises:
            FencedError: An epoch or position is not the stored one; nothing was kept.
        """
        ...

    async def latest_poll(self) -> Poll | None:
        """Return the newest committed read."""
        ...

    async def entities(self) -> list[StoredEntity]:
        """Return every entity ever seen."""
        ...

    async def series(self) -> list[StoredSeries]:
        """Return every series with its snapshot."""
        ...

    async def alerts(self, *, only_open: bool = False, limit: int = 1000) -> list[Alert]:
        """Return alerts, newest first."""
        ...

    async def changed_hours(self, after: int, until: int) -> dict[int, list[int]]:
        """Return the hours that polls in (after, until] changed, by entity id."""
        ...

    async def hours(self, ids: Sequence[int], start: int, end: int) -> dict[int, dict[int, Measures]]:
        """Return hourly sums by entity id and window start, for starts in [start, end)."""
        ...

    async def trailing(self, ids: Sequence[int], start: int, end: int) -> dict[int, Measures]:
        """Return sums of the minutes in [start, end) by entity id; nothing for those without a call."""
        ...

    async def cells(self, entity: Entity, spans: Sequence[Span]) -> Cells:
        """Return the sums of an entity's calls in some spans, none of which overlap, by their names."""
        ...

    async def seen_since(self, entities: Sequence[Entity]) -> list[int]:
        """Return when those of some entities that are known were first seen, in their order."""
        ...

    async def episodes(self, series: SeriesKey, start: int, end: int) -> list[Span]:
        """Return from when to when a series had alerts that overlap [start, end); an open one ends with it."""
        ...


class Outbox(Protocol):
    """What delivery needs."""

    async def claim(self, channel: str, now: int) -> Claim | None:
        """Take the next due message of a channel."""
        ...

    async def next_due(self, channel: str) -> int | None:
        """Return when the next message of a channel may be tried."""
        ...

    async def delivered(self, delivery: str, at: int, reference: Mapping[str, str], detail: str) -> None:
        """Record that the other side accepted a message."""
        ...

    async def retry(self, delivery: str, at: int, next_attempt: int, error: str) -> None:
        """Record a failed attempt and when to try again."""
        ...

    async def dead(self, delivery: str, at: int, error: str) -> None:
        """Set aside a message that will never be accepted."""
        ...

    async def enqueue(self, outgoing: Sequence[Outgoing]) -> None:
        """Put messages into the outbox that no alert causes, such as tests."""
        ...
