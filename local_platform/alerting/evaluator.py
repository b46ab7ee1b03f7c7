"""The task that evaluates every team's rules and cost controls on the platform's clock."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from local_platform.alerting import enforcement, evaluation
from local_platform.alerting.kinds import COST_CONTROL, RULE
from local_platform.logs import store
from local_platform.logs.store import Status
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind
from local_platform.session import Session
from local_platform.storage.database import Database
from local_platform.wire import Clock

_EVERY = timedelta(minutes=1)
_LOOK_SECONDS = 1.0

_Evaluate = Callable[[Document, datetime], Awaitable[None]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a round has done.

    Attributes:
        evaluated: How many rules and cost controls were looked at.
        failed: How many of them could not be.
    """

    evaluated: int
    failed: int


class Evaluator:
    """Evaluates what is enabled, again and again.

    The clock may be one that a test moves, so the due time is looked for instead of slept for.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._one_round = asyncio.Lock()
        self._failing: set[tuple[str, int]] = set()

    async def run(self) -> None:
        """Evaluate until cancelled."""
        due = self._clock()
        while True:
            if self._clock() >= due:
                due = self._clock() + _EVERY
                await self._round()
            await asyncio.sleep(_LOOK_SECONDS)

    async def evaluate(self) -> Summary:
        """Evaluate everything once; a rule that fails does not keep the others from it."""
        async with self._one_round:
            now = self._clock()
            rules = await self._enabled(RULE, now)
            controls = await self._enabled(COST_CONTROL, now)
            done = [await self._attempt(self._rule, document, now) for document in rules]
            done += [await self._attempt(self._control, document, now) for document in controls]
            return Summary(len(done), done.count(False))

    async def _round(self) -> None:
        try:
            await self.evaluate()
        except sqlite3.Error:
            _log.exception("the rules cannot be evaluated; trying again at the next round")

    async def _enabled(self, kind: Kind, now: datetime) -> list[Document]:
        def work(connection: sqlite3.Connection) -> list[Document]:
            anybody = Session(connection, tenant=0, team=0, user=0, now=now)
            return documents.selected(anybody, "kind = ? ORDER BY id", (kind.name,))

        found = await self._database.read(work)
        return [document for document in found if document.fields.get("enabled")]

    async def _attempt(self, evaluate: _Evaluate, document: Document, now: datetime) -> bool:
        try:
            await evaluate(document, now)
        except Exception:  # noqa: BLE001 - one rule must not stop the evaluation of all others
            _log.exception("%s %s cannot be evaluated", document.kind, document.id)
            await self._note_failure(document, now)
            return False
        self._failing.discard(_name(document))
        return True

    async def _note_failure(self, document: Document, now: datetime) -> None:
        """Tell the tenant, once for as long as it goes on failing."""
        if _name(document) in self._failing:
            return
        details = f"{document.fields.get('name')} ({document.id}) cannot be evaluated; save it again, or delete it"

        def work(connection: sqlite3.Connection) -> None:
            session = Session(connection, document.tenant, document.team, user=0, now=now)
            store.note(session, "EVALUATION_FAILED", details, status=Status.FAILURE)

        await self._database.write(work)
        self._failing.add(_name(document))

    async def _rule(self, document: Document, now: datetime) -> None:
        # Sums may take long, so they are read beside the writer, which metering waits for.
        found = await self._database.read(lambda connection: evaluation.evaluate(connection, document, now))
        if found.changes:
            await self._database.write(lambda connection: evaluation.record(connection, found))

    async def _control(self, document: Document, now: datetime) -> None:
        found = await self._database.read(lambda connection: enforcement.crossings(connection, document, now))
        if found:
            await self._database.write(lambda connection: enforcement.record(connection, document, found, now))


def _name(document: Document) -> tuple[str, int]:
    return document.kind, document.number
