"""On whose behalf the database is worked on."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One piece of work in the database: on whose behalf, and when.

    Attributes:
        connection: Inside a transaction when the work writes.
        tenant: The number of the caller's tenant.
        team: The number of the team that the request names, or else of the caller's.
        user: The number of the caller's user.
        now: The platform's present.
        any_team: Whether the request names no team, so that ids reach every team of the tenant.
    """

    connection: sqlite3.Connection
    tenant: int
    team: int
    user: int
    now: datetime
    any_team: bool = True
