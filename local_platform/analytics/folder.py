"""When calls are copied into columns: in the background, and at once for a report that would have to wait."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

from aiohttp import web

from local_platform.analytics.folding import next_batch, store_batch
from local_platform.analytics.memory import return_large_arrays
from local_platform.services import SERVICES
from local_platform.storage.database import Database

_SECONDS_BETWEEN_LOOKS = 2.0
# Metering comes first: after each batch the copying rests about as long as it worked.
_SECONDS_OF_REST = 0.05

_log = logging.getLogger(__name__)


class Folder:
    """Keeps the columns of one platform close behind its calls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()

    async def catch_up(self) -> None:
        """Copy until few calls are left."""
        while await self.step():
            pass

    async def step(self) -> bool:
        """Copy one batch; tell whether there was one."""
        async with self._turn:
            batch = await self._database.read(next_batch)
            if batch is not None:
                await self._database.write(partial(store_batch, batch))
        return batch is not None


FOLDER = web.AppKey("folder", Folder)


async def folding(app: web.Application) -> AsyncIterator[None]:
    """Copy for as long as the application runs."""
    return_large_arrays()
    folder = app[FOLDER] = Folder(app[SERVICES].database)
    task = asyncio.create_task(_fold_on(folder))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _fold_on(folder: Folder) -> None:
    while True:
        try:
            more = await folder.step()
        except sqlite3.Error as error:
            # Reports then read more raw calls: slower, and as right as before.
            _log.warning("calls are not copied for reports at present: %s", error)
            more = False
        await asyncio.sleep(_SECONDS_OF_REST if more else _SECONDS_BETWEEN_LOOKS)
