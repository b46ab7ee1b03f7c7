"""Labelled incidents: what generated traffic admits to have done, for whoever wants to compare."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local_platform.checks import ComplaintError, moment
from local_platform.http.errors import invalid
from local_platform.wire import iso

_WORDS = ("id", "kind", "entity", "dimension", "summary")
_COLUMNS = ("id", "kind", "entity", "dimension", "start", "end", "summary")


def incident_of(body: object) -> dict[str, str | None]:
    """Check a label; one that is still going on has no end.

    Raises:
        ApiError: A field is absent or wrong.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints = {
        name: "must be a string that is not blank"
        for name in _WORDS
        if not isinstance(body.get(name), str) or not body[name]
    }
    start = _moment(body, "start", complaints)
    if start is None:
        complaints.setdefault("start", "must not be null or blank")
    end = _moment(body, "end", complaints)
    if start is not None and end is not None and end < start:
        complaints["end"] = "must not be before start"
    if complaints:
        raise invalid(complaints)
    return {
        **{name: body[name] for name in _WORDS},
        "start": start and iso(start),
        "end": end and iso(end),
    }


def _moment(body: Mapping[str, Any], name: str, complaints: dict[str, str]) -> datetime | None:
    if not body.get(name):
        return None
    try:
        return moment(body[name])
    except ComplaintError as complaint:
        complaints[name] = str(complaint)
        return None


def keep(connection: sqlite3.Connection, team: int, incident: Mapping[str, str | None]) -> None:
    """Store a team's label; one of the same id replaces it."""
    connection.execute(
        'INSERT OR REPLACE INTO incident (team, id, kind, entity, dimension, "start", "end", summary)'
        " VALUES (:team, :id, :kind, :entity, :dimension, :start, :end, :summary)",
        {**incident, "team": team},
    )


def all_of(connection: sqlite3.Connection, team: int) -> list[dict[str, str | None]]:
    """Return every label of a team, the earliest first."""
    rows = connection.execute(
        'SELECT id, kind, entity, dimension, "start", "end", summary FROM incident WHERE team = ? ORDER BY "start", id',
        (team,),
    )
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
