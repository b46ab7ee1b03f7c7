"""The storage ports on SQLite: each method is one function run in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from daemon.alerts import Alert
from daemon.domain import Entity, Measures, SeriesKey, Transaction
from daemon.errors import ConfigError
from daemon.failpoints import failpoint
from daemon.spoken import Spoken
from daemon.storage import cells, ledger, lessons, outbox, overrides, partitions, retention, windows
from daemon.storage.database import Database
from daemon.store import Cells, Claim, Outgoing, PartitionCommit, Poll, Span, StoredEntity, StoredSeries


class SqliteStore:
    """Implements `daemon.store.Store` and `daemon.store.Outbox`, and the reads that operations need."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._tenant = ""

    @property
    def tenant(self) -> str:
        """The team whose data this is; empty until `claim_for`."""
        return self._tenant

    async def open(self) -> None:
        """Open the file and put back what a crash left in flight.

        Raises:
            DataDirectoryError: The file cannot be used.
        """
        await self._database.open()
        await self.recover()

    async def open_to_read(self) -> None:
        """Open an existing file beside the daemon that writes it; everything that would change it is refused.

        Raises:
            DataDirectoryError: There is no such file, or it is of another version.
        """
        await self._database.open_to_read()

    async def recover(self) -> None:
        """Put back messages that a crash left in flight; they may reach their channel a second time."""
        await self._database.write(outbox.recover)

    async def close(self) -> None:
        """Finish what is queued and close; safe to call twice."""
        await self._database.close()

    async def claim_for(self, tenant: str) -> None:
        """Tie this database to one team, for good.

        Raises:
            ConfigError: It holds another team's data.
        """
        owner = await self._database.write(partial(overrides.fact, key="tenant", value=tenant))
        if owner != tenant:
            raise ConfigError(
                f"this data directory holds the data of team {owner}, but the key belongs to team {tenant}; "
                "give the other team a MONITOR_DATA_DIR of its own"
            )
        self._tenant = tenant

    async def fact(self, key: str, value: str) -> str:
        """Return a fact about this database, keeping `value` if there is none yet."""
        return await self._database.write(partial(overrides.fact, key=key, value=value))

    # -- the data path

    async def ingest(self, source: str, transactions: Sequence[Transaction], *, at: int, watermark: int | None) -> Poll:
        """See `daemon.store.Store.ingest`."""
        work = partial(
            ledger.ingest, tenant=self._tenant, source=source, transactions=transactions, at=at, watermark=watermark
        )
        poll = await self._database.write(work)
        failpoint("after-ingest")
        return poll

    async def quarantine(self, records: Sequence[tuple[str, str, str]], at: int) -> None:
        """Set aside records that could not be understood: (row id, reason, raw text)."""
        await self._database.write(partial(ledger.quarantine, records=records, at=at))

    async def cursor(self, source: str) -> int:
        """Return up to when a source has been read completely, 0 before the first read."""
        return await self._database.read(partial(ledger.cursor, source=source))

    async def totals(self, start: int, end: int) -> tuple[int, int]:
        """Return how many calls lie in [start, end) and their cost in nano-dollars."""
        return await self._database.read(partial(ledger.totals, start=start, end=end))

    async def acquire(self) -> dict[int, tuple[int, int]]:
        """See `daemon.store.Store.acquire`."""
        return await self._database.write(partitions.acquire)

    async def commit(self, commits: Sequence[PartitionCommit], outgoing: Sequence[Outgoing]) -> None:
        """See `daemon.store.Store.commit`."""
        await self._database.write(partial(partitions.commit, commits=commits, outgoing=outgoing))
        failpoint("after-commit")

    async def latest_poll(self) -> Poll | None:
        """See `daemon.store.Store.latest_poll`."""
        return await self._database.read(ledger.latest)

    async def entities(self) -> list[StoredEntity]:
        """See `daemon.store.Store.entities`."""
        return await self._database.read(windows.entities)

    async def series(self) -> list[StoredSeries]:
        """See `daemon.store.Store.series`."""
        return await self._database.read(partitions.series)

    async def alerts(self, *, only_open: bool = False, limit: int = 1000) -> list[Alert]:
        """See `daemon.store.Store.alerts`."""
        return await self._database.read(partial(partitions.alerts, only_open=only_open, limit=limit))

    async def alert(self, identity: str) -> Alert | None:
        """Return one alert, or None."""
        return await self._database.read(partial(partitions.alert, identity=identity))

    async def changed_hours(self, after: int, until: int) -> dict[int, list[int]]:
        """See `daemon.store.Store.changed_hours`."""
        return await self._database.read(partial(windows.changed, after=after, until=until))

    async def hours(self, ids: Sequence[int], start: int, end: int) -> dict[int, dict[int, Measures]]:
        """See `daemon.store.Store.hours`."""
        return await self._database.read(partial(windows.hours, ids=ids, start=start, end=end))

    async def trailing(self, ids: Sequence[int], start: int, end: int) -> dict[int, Measures]:
        """See `daemon.store.Store.trailing`."""
        return await self._database.read(partial(windows.trailing, ids=ids, start=start, end=end))

    async def cells(self, entity: Entity, spans: Sequence[Span]) -> Cells:
        """See `daemon.store.Store.cells`."""
        return await self._database.read(partial(cells.cells, entity=entity, spans=spans))

    async def seen_since(self, entities: Sequence[Entity]) -> list[int]:
        """See `daemon.store.Store.seen_since`."""
        return await self._database.read(partial(cells.seen_since, entities=entities))

    async def episodes(self, series: SeriesKey, start: int, end: int) -> list[Span]:
        """See `daemon.store.Store.episodes`."""
        return await self._database.read(partial(cells.episodes, series=str(series), start=start, end=end))

    # -- delivery

    async def claim(self, channel: str, now: int) -> Claim | None:
        """See `daemon.store.Outbox.claim`."""
        claim = await self._database.write(partial(outbox.claim, channel=channel, now=now))
        failpoint("after-claim")
        return claim

    async def next_due(self, channel: str) -> int | None:
        """See `daemon.store.Outbox.next_due`."""
        return await self._database.read(partial(outbox.next_due, channel=channel))

    async def delivered(self, delivery: str, at: int, reference: Mapping[str, str], detail: str) -> None:
        """See `daemon.store.Outbox.delivered`."""
        failpoint("after-send")
        await self._database.write(
            partial(outbox.delivered, delivery=delivery, at=at, reference=reference, detail=detail)
        )

    async def retry(self, delivery: str, at: int, next_attempt: int, error: str) -> None:
        """See `daemon.store.Outbox.retry`."""
        await self._database.write(
            partial(outbox.retry, delivery=delivery, at=at, next_attempt=next_attempt, error=error)
        )

    async def dead(self, delivery: str, at: int, error: str) -> None:
        """See `daemon.store.Outbox.dead`."""
        await self._database.write(partial(outbox.dead, delivery=delivery, at=at, error=error))

    async def enqueue(self, outgoing: Sequence[Outgoing]) -> None:
        """See `daemon.store.Outbox.enqueue`."""

        def add_all(connection: Any) -> None:
            for message in outgoing:
                outbox.add(connection, message)

        await self._database.write(add_all)

    async def outbox_counts(self) -> dict[str, dict[str, int]]:
        """Return how many messages are in which state, by channel."""
        return await self._database.read(outbox.counts)

    async def messages(self, limit: int, alert_id: str | None = None) -> list[dict[str, Any]]:
        """Return messages, newest first, without their text."""
        return await self._database.read(partial(outbox.listing, limit=limit, alert_id=alert_id))

    # -- tuning and housekeeping

    async def overrides(self) -> dict[str, dict[str, Any]]:
        """Return all run-time tuning by pattern, oldest first."""
        return await self._database.read(overrides.everything)

    async def put_override(self, pattern: str, body: Mapping[str, Any], at: int, actor: str) -> None:
        """Keep the tuning of a pattern and note it in the audit log."""
        await self._database.write(partial(overrides.put, pattern=pattern, body=body, at=at, actor=actor))

    async def remove_override(self, pattern: str, at: int, actor: str) -> bool:
        """Forget the tuning of a pattern; tells whether there was any."""
        return await self._database.write(partial(overrides.remove, pattern=pattern, at=at, actor=actor))

    async def lessons(self, *, undone: bool = False) -> list[Spoken]:
        """Return what people said about alerts, oldest first; what was taken back only if asked for."""
        return await self._database.read(partial(lessons.everything, undone=undone))

    async def add_lessons(self, spoken: Sequence[Spoken]) -> None:
        """Keep what somebody said about one or several series: all of it, or nothing."""
        await self._database.write(partial(lessons.add, spoken=spoken))

    async def end_lesson(self, identity: str, at: int) -> None:
        """Note when the episode ended that was going on when it was spoken of."""
        await self._database.write(partial(lessons.end, identity=identity, at=at))

    async def undo_lesson(self, identity: str, at: int, actor: str) -> bool:
        """Take back what somebody said; tells whether it counted until now."""
        return await self._database.write(partial(lessons.undo, identity=identity, at=at, actor=actor))

    async def prune(self, now: int) -> None:
        """Throw away what is older than anything asks for."""
        await self._database.write(partial(retention.prune, now=now))
