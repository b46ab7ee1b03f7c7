"""A running platform, as a context manager: for the command, and in-process for tests."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from aiohttp import web

from local_platform import ids
from local_platform.accounts.home import settle
from local_platform.accounts.identity import kept_key
from local_platform.accounts.keys import Caller, Keys
from local_platform.app import build_app
from local_platform.http.faults import Faults
from local_platform.metering import pricing
from local_platform.metering.intake import Intake
from local_platform.metering.names import Names, adopt
from local_platform.services import Services
from local_platform.session import Session
from local_platform.storage.database import Database
from local_platform.storage.datadir import DataDirError, held
from local_platform.storage.schema import NewerSchemaError
from local_platform.wire import Clock, utc_now

_SHUTDOWN_SECONDS = 2.0


class ListenError(Exception):
    """The address cannot be listened on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Platform:
    """How to reach a running platform.

    Attributes:
        url: Its origin, without a trailing slash.
        api_key: The key it accepts.
        team_id: The team that queries must name.
        tenant_id: The tenant of the team.
        data: Where its data lies.
        faults: The fault switch, for tests in the same process.
    """

    url: str
    api_key: str = field(repr=False)
    team_id: str
    tenant_id: str
    data: Path
    faults: Faults


@asynccontextmanager
async def running_platform(
    data_dir: Path,
    *,
    api_key: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock = utc_now,
) -> AsyncIterator[Platform]:
    """Serve a platform for as long as the block runs.

    Args:
        data_dir: Where the data lies; created when it does not exist.
        api_key: The key to accept; by default the one kept in the directory, made at first.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        clock: Where the platform takes the present from.

    Raises:
        DataDirError: The directory cannot be used.
        ListenError: The address cannot be listened on.
    """
    with held(data_dir):
        api_key = api_key or kept_key(data_dir / "api_key")
        database = _open(data_dir / "platform.sqlite3")
        warming = asyncio.create_task(asyncio.to_thread(pricing.warm))
        keys = Keys()
        account = await database.write(partial(_open_account, keys, api_key, clock()))
        services = Services(keys, Names(), database, Intake(database), Faults(), clock, started=clock())
        try:
            async with _listening(build_app(services), host, port) as url:
                yield Platform(
                    url=url,
                    api_key=api_key,
                    team_id=ids.encode("team", account.team),
                    tenant_id=ids.encode("tenant", account.tenant),
                    data=data_dir,
                    faults=services.faults,
                )
        finally:
            await warming
            await database.close()


def _open_account(keys: Keys, api_key: str, now: datetime, connection: sqlite3.Connection) -> Caller:
    account = settle(connection, api_key, now)
    adopt(Session(connection, account.tenant, account.team, account.user, now))
    keys.load(connection)
    return account


def _open(path: Path) -> Database:
    try:
        return Database(path)
    except (sqlite3.Error, NewerSchemaError) as error:
        raise DataDirError(f"cannot open {path}: {error}") from error


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is in use; choose another with --port, or 0 for any"
        else:
            reason = f"cannot listen on {host}, port {port}: {error.strerror or error}"
        raise ListenError(reason) from error
