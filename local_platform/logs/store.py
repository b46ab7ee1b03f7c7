"""The logs in the database, bounded for each tenant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from local_platform import ids
from local_platform.http.paging import Paging
from local_platform.session import Session
from local_platform.wire import iso_ms, to_ms

KEPT = 10_000
"""How many entries of each log a tenant has at most, give or take a hundred."""

_TRIMMED_EVERY = 100


class Side(StrEnum):
    """Which log: what the platform did of itself, or what it was asked from outside."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Status(StrEnum):
    """How something went."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    INFO = "INFO"
    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry.

    Attributes:
        tenant: The number of the tenant that it concerns.
        team: The number of its team, or 0 when it concerns all of them.
        operation: What was done.
        status: How it went.
        details: What a reader wants to know beyond that; never a secret.
        created_ms: When, in epoch milliseconds.
    """

    tenant: int
    team: int
    operation: str
    status: Status
    details: str
    created_ms: int


def note(
    session: Session, operation: str, details: str, *, status: Status = Status.SUCCESS, team: int | None = None
) -> None:
    """Log something that the platform did on behalf of a session.

    Args:
        session: On whose behalf.
        operation: What was done, in capitals: `PRODUCT_CREATED`.
        details: To what, and with which result; never a secret.
        status: How it went.
        team: The team that it concerns, 0 for all of the tenant; by default the session's.
    """
    concerned = session.team if team is None else team
    line = Line(session.tenant, concerned, operation, status, details, to_ms(session.now))
    keep(session.connection, Side.INTERNAL, [line])


def keep(connection: sqlite3.Connection, side: Side, lines: Iterable[Line]) -> None:
    """Store entries, and now and then forget the oldest."""
    for line in lines:
        cursor = connection.execute(
            "INSERT INTO system_log (side, tenant, team, operation, status, details, created_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (side, line.tenant, line.team, line.operation, line.status, line.details, line.created_ms),
        )
        if (cursor.lastrowid or 0) % _TRIMMED_EVERY == 0:
            _trim(connection)


def page(session: Session, side: Side, paging: Paging, *, newest_first: bool) -> tuple[list[dict[str, object]], int]:
    """Return one page of what concerns the session's team or the whole tenant, and how much there is in all."""
    where = "FROM system_log WHERE tenant = ? AND side = ? AND team IN (0, ?)"
    values = (session.tenant, side, session.team)
    (total,) = session.connection.execute(f"SELECT count(*) {where}", values).fetchone()
    rows = session.connection.execute(
        f"SELECT id, operation, status, details, created_ms {where}"
        f" ORDER BY id {'DESC' if newest_first else 'ASC'} LIMIT ? OFFSET ?",
        (*values, paging.size, paging.offset),
    )
    return [_rendered(*row) for row in rows], total


def _rendered(number: int, operation: str, status: str, details: str, created_ms: int) -> dict[str, object]:
    return {
        "id": ids.encode("system_log", number),
        "label": operation,
        "resourceType": "system_log",
        "operation": operation,
        "status": status,
        "details": details,
        "created": iso_ms(created_ms),
        "_links": {},
    }


def _trim(connection: sqlite3.Connection) -> None:
    for tenant, side in connection.execute("SELECT DISTINCT tenant, side FROM system_log").fetchall():
        connection.execute(
            "DELETE FROM system_log WHERE tenant = ?1 AND side = ?2 AND id <="
            " (SELECT id FROM system_log WHERE tenant = ?1 AND side = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            (tenant, side, KEPT),
        )
