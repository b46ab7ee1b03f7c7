"""A running platform, as a context manager: for the command, and in-process for tests."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from local_platform import ids
from local_platform.accounts.home import settle
from local_platform.accounts.identity import kept_key
from local_platform.accounts.keys import Caller, Keys
from local_platform.app import build_app
from local_platform.http.faults import Faults
from local_platform.http.journal import Journal
from local_platform.http.limits import Limits, Rate
from local_platform.http.listening import Listener, listening
from local_platform.http.tls import Tls, context_of
from local_platform.metering import pricing
from local_platform.metering.intake import Intake
from local_platform.metering.names import Names, adopt
from local_platform.metering.pages import Pages
from local_platform.services import Services
from local_platform.session import Session
from local_platform.storage.database import Database
from local_platform.storage.datadir import DataDirError, held
from local_platform.storage.schema import NewerSchemaError
from local_platform.wire import Clock, utc_now


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
        tls_url: The origin of the encrypted listener, when there is one.
        tls_certificate: What its clients have to trust.
    """

    url: str
    api_key: str = field(repr=False)
    team_id: str
    tenant_id: str
    data: Path
    faults: Faults
    tls_url: str | None = None
    tls_certificate: Path | None = None


@asynccontextmanager
async def running_platform(
    data_dir: Path,
    *,
    api_key: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock = utc_now,
    tls: Tls | None = None,
    rate: Rate | None = None,
) -> AsyncIterator[Platform]:
    """Serve a platform for as long as the block runs.

    Args:
        data_dir: Where the data lies; created when it does not exist.
        api_key: The key to accept; by default the one kept in the directory, made at first.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        clock: Where the platform takes the present from.
        tls: The encrypted listener; by default there is none.
        rate: How many requests each key may make; by default any number.

    Raises:
        CertificateError: The certificate cannot be used.
        DataDirError: The directory cannot be used.
        ListenError: The address cannot be listened on.
    """
    with held(data_dir):
        api_key = api_key or kept_key(data_dir / "api_key")
        listeners = [Listener(host, port)]
        certificate = None
        if tls is not None:
            context, certificate = context_of(tls, data_dir / "tls", host, clock())
            listeners.append(Listener(host, tls.port, context, "--tls-port"))
        async with _opened(data_dir / "platform.sqlite3") as database:
            keys = Keys()
            account = await database.write(partial(_open_account, keys, api_key, clock()))
            services = Services(
                keys,
                Names(),
                database,
                Intake(database),
                Pages(),
                Faults(),
                Limits(clock, rate),
                Journal(clock),
                clock,
                started=clock(),
            )
            async with listening(build_app(services), *listeners) as (url, *more):
                yield Platform(
                    url=url,
                    api_key=api_key,
                    team_id=ids.encode("team", account.team),
                    tenant_id=ids.encode("tenant", account.tenant),
                    data=data_dir,
                    faults=services.faults,
                    tls_url=next(iter(more), None),
                    tls_certificate=certificate,
                )


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[Database]:
    """Open the database, and meanwhile load the price list, which takes a moment."""
    database = _open(path)
    warming = asyncio.create_task(asyncio.to_thread(pricing.warm))
    try:
        yield database
    finally:
        await warming
        await database.close()


def _open_account(keys: Keys, api_key: str, now: datetime, connection: sqlite3.Connection) -> Caller:
    account = settle(connection, api_key, now)
    adopt(Session(connection, account.tenant, account.team, account.user, now))
    keys.load(connection)
    keys.operator = account.tenant
    return account


def _open(path: Path) -> Database:
    try:
        return Database(path)
    except (sqlite3.Error, NewerSchemaError) as error:
        raise DataDirError(f"cannot open {path}: {error}") from error
