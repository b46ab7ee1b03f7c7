"""The rows of the log as they are stored."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A row of the log: its record, and the names and numbers of what it refers to."""

    row: int
    record: str
    organization: str | None
    organization_number: int | None
    product: str | None
    product_number: int | None
    credential: str | None
    credential_number: int | None


def logged(connection: sqlite3.Connection, rows: Sequence[int]) -> list[LoggedCall]:
    """Return calls by row, in the order given; rows that do not exist are left out."""
    found = connection.execute(
        "SELECT c.id, r.json, organization, organization_id, product, product_id, credential, credential_id"
        " FROM completion AS c JOIN completion_record AS r ON r.id = c.id"
        " WHERE c.id IN (SELECT value FROM json_each(?))",
        (json.dumps(rows),),
    )
    calls = {call[0]: LoggedCall(*call) for call in found}
    return [calls[row] for row in rows if row in calls]
