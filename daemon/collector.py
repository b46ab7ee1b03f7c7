"""Reads the platform's transactions log into the ledger: tailing, catching up, and checking afterwards.

Each read overlaps the one before, since calls become visible some seconds after they are made; rows
are told apart by their id, so nothing counts twice. What arrives later than the overlap is found by
`reconcile`, which compares counts and costs with the platform's own.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from daemon.client.records import CostBucket
from daemon.client.revenium import LogPage
from daemon.clock import Clock, from_ms, to_ms
from daemon.domain import HOUR_MS, NANO, Transaction
from daemon.store import Poll

log = logging.getLogger(__name__)

SOURCE = "transactions-log"

OVERLAP = timedelta(minutes=2)
"""How far each read reaches back behind the one before."""

LEAD = timedelta(minutes=2)
"""How far a read reaches ahead, for a platform whose clock runs before ours."""

SLICE = timedelta(days=1)
"""A long catch-up is read in slices, each committed by itself, so that pages stay shallow."""

CHUNK = 2_000
"""Calls per transaction: large enough to be fast, small enough to let other writers in between."""

LOOK_BACK = timedelta(hours=24)
"""How late a call may arrive and still be found."""


Claim = tuple[str, int, int]
"""What the platform says something about: "calls" or "cost", and start and end of the span in milliseconds."""


class Account(Protocol):
    """What is asked of the platform."""

    async def log_page(self, team_id: str, start: datetime, end: datetime, number: int, size: int = ...) -> LogPage:
        """Read one page of the log."""
        ...

    def log_pages(self, team_id: str, start: datetime, end: datetime) -> AsyncIterator[LogPage]:
        """Read all pages of the log."""
        ...

    async def cost_by_hour(self, team_id: str) -> list[CostBucket]:
        """Read the last day's cost report."""
        ...


class Ledger(Protocol):
    """Where calls are kept."""

    async def cursor(self, source: str) -> int:
        """Return up to when the source has been read."""
        ...

    async def ingest(self, source: str, transactions: list[Transaction], *, at: int, watermark: int | None) -> Poll:
        """Record calls once each."""
        ...

    async def quarantine(self, records: list[tuple[str, str, str]], at: int) -> None:
        """Set aside what could not be understood."""
        ...

    async def totals(self, start: int, end: int) -> tuple[int, int]:
        """Return count and cost of what is kept of [start, end)."""
        ...


@dataclass(slots=True)
class Counters:
    """What was read since the start."""

    polls: int = 0
    fetched: int = 0
    added: int = 0
    revised: int = 0
    rejected: int = 0


class Collector:
    """Keeps the ledger in step with one team's transactions log."""

    def __init__(self, account: Account, ledger: Ledger, clock: Clock, team_id: str, *, backfill: timedelta) -> None:
        self._account = account
        self._ledger = ledger
        self._clock = clock
        self._team = team_id
        self._backfill = backfill
        self._settled: dict[Claim, float] = {}
        self.counters = Counters()

    async def poll(self) -> AsyncGenerator[Poll]:
        """Read what is new, yielding after each commit; the last one reaches the present.

        Raises:
            PlatformError: The platform failed; what was committed stays, the next poll goes on from there.
            StorageError: The ledger refused; the cursor did not move.
        """
        now = self._clock.now()
        self.counters.polls += 1
        cursor = await self._ledger.cursor(SOURCE)
        # A clock that ran ahead and was set right leaves the cursor in the future: the latest calls still count.
        start = min(from_ms(cursor), now) - OVERLAP if cursor else now - self._backfill
        for begin, end in _slices(start, now):
            ahead = LEAD if end == now else timedelta(0)
            async for poll in self._read(begin, end + ahead, watermark=to_ms(end)):
                yield poll

    async def reconcile(self) -> int:
        """Find calls of the last day that arrived late or were revised; returns how many were read again.

        Raises:
            PlatformError: The platform failed; try again later.
        """
        now = self._clock.now()
        end = from_ms(to_ms(now - OVERLAP))
        start = from_ms(to_ms(end - LOOK_BACK) // HOUR_MS * HOUR_MS)
        repaired = 0
        count, _ = await self._ledger.totals(to_ms(start), to_ms(end))
        theirs = (await self._account.log_page(self._team, start, end, 0, 1)).total
        if theirs != count:
            repaired += await self._repair_counts(start, end)
        for bucket in await self._account.cost_by_hour(self._team):
            if bucket.start >= to_ms(start) and bucket.end <= to_ms(end):
                repaired += await self._repair_cost(bucket)
        return repaired

    async def _repair_counts(self, start: datetime, end: datetime) -> int:
        repaired = 0
        for begin, finish in _slices(start, end, timedelta(hours=1)):
            page = await self._account.log_page(self._team, begin, finish, 0, 1)
            ours, _ = await self._ledger.totals(to_ms(begin), to_ms(finish))
            if page.total != ours:
                repaired += await self._again(("calls", to_ms(begin), to_ms(finish)), page.total)
        return repaired

    async def _repair_cost(self, bucket: CostBucket) -> int:
        _, nanos = await self._ledger.totals(bucket.start, bucket.end)
        if abs(bucket.dollars - nanos / NANO) <= max(1e-4, 1e-6 * abs(bucket.dollars)):
            return 0
        # Rounded, because a sum of floats may differ in its last digits from one report to the next.
        return await self._again(("cost", bucket.start, bucket.end), round(bucket.dollars, 6))

    async def _again(self, claim: Claim, value: float) -> int:
        """Read a span again, once for each different value that the platform claims of it."""
        _, start, end = claim
        if self._settled.get(claim) == value:
            return 0
        added = revised = 0
        async for poll in self._read(from_ms(start), from_ms(end), watermark=None):
            added, revised = added + poll.added, revised + poll.revised
        self._settled[claim] = value
        self._settled = {key: known for key, known in self._settled.items() if key[2] > end - 26 * HOUR_MS}
        if added or revised:
            span = from_ms(start), from_ms(end)
            log.info("found %d late and %d revised calls between %s and %s", added, revised, *span)
        return added + revised

    async def _read(self, start: datetime, end: datetime, *, watermark: int | None) -> AsyncIterator[Poll]:
        """Read [start, end) into the ledger chunk by chunk; a crash half-way goes on from the last chunk."""
        chunk: list[Transaction] = []
        async for page in self._account.log_pages(self._team, start, end):
            await self._set_aside(page)
            chunk.extend(page.transactions)
            if len(chunk) >= CHUNK:
                yield await self._keep(chunk, _reached(chunk, watermark))
                chunk = []
        yield await self._keep(chunk, watermark)

    async def _keep(self, chunk: list[Transaction], watermark: int | None) -> Poll:
        poll = await self._ledger.ingest(SOURCE, chunk, at=to_ms(self._clock.now()), watermark=watermark)
        self.counters.fetched += poll.fetched
        self.counters.added += poll.added
        self.counters.revised += poll.revised
        return poll

    async def _set_aside(self, page: LogPage) -> None:
        if not page.rejected:
            return
        self.counters.rejected += len(page.rejected)
        log.warning("set aside %d log rows; the first: %s", len(page.rejected), page.rejected[0].reason)
        records = [(bad.row_id, bad.reason, bad.record) for bad in page.rejected]
        await self._ledger.quarantine(records, to_ms(self._clock.now()))


def _reached(chunk: list[Transaction], most: int | None) -> int | None:
    """Return up to when a source is complete after a chunk: nothing is known of one that is not in order."""
    times = [transaction.at for transaction in chunk]
    return min(most, times[-1]) if most is not None and times == sorted(times) else None


def _slices(start: datetime, end: datetime, step: timedelta = SLICE) -> Iterator[tuple[datetime, datetime]]:
    """Cut [start, end) into pieces of at most `step`, oldest first."""
    while start < end:
        finish = min(start + step, end)
        yield start, finish
        start = finish
