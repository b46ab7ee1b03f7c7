"""Takes metered calls in: those that wait together are stored in one piece of work.

Each caller is answered after the commit of its own call. While one batch is being committed the next one gathers, so that
the load itself sets the size of the batches and a single call waits for nobody.
"""

from __future__ import annotations

import asyncio

from local_platform.metering import store
from local_platform.metering.answers import Stored
from local_platform.metering.completion import Completion
from local_platform.storage.database import Database

_Waiting = list[tuple[Completion, asyncio.Future[Stored]]]


class Intake:
    """The queue in front of one platform's log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: _Waiting = []
        self._storing: asyncio.Task[None] | None = None

    async def take(self, completion: Completion) -> Stored:
        """Store a call and return what to answer, once that is committed."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Stored] = loop.create_future()
        self._waiting.append((completion, answer))
        if self._storing is None:
            self._storing = loop.create_task(self._store())
        return await answer

    async def _store(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._store_batch(batch)
        finally:
            self._storing = None

    async def _store_batch(self, batch: _Waiting) -> None:
        calls = [call for call, _ in batch]
        try:
            stored = await self._database.write(lambda connection: store.meter(connection, calls))
        except Exception as error:  # noqa: BLE001 - every caller of the batch gets it
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), result in zip(batch, stored, strict=True):
            # A caller that went away meanwhile has cancelled its own.
            if not answer.done():
                answer.set_result(result)
