"""Copying metered calls into columns, some thousand at a time and behind the back of metering.

Calls are copied in the order of their ids. What is not copied yet is few enough for a report to read as it lies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from local_platform.analytics.columns import KEYS, MEASURES, TIME, Calls, Packed, Vocabulary, from_rows, pack

DAY_MS = 86_400_000

# Enough that a report is not made of crumbs, few enough to be read raw, and to be copied in a moment.
_SMALLEST_BATCH = 4096
_LARGEST_BATCH = 8192


@dataclass(frozen=True, slots=True)
class _Copy:
    """One column of one team and day."""

    team: int
    day: int
    name: str
    packed: Packed


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls that are ready to be stored as columns."""

    after: int
    through: int
    revision: int
    copies: list[_Copy]


def next_batch(connection: sqlite3.Connection) -> Batch | None:
    """Read the calls after the last copied one, unless they are too few."""
    through, revision, newest = connection.execute(
        "SELECT through, revision, (SELECT coalesce(max(id), 0) FROM completion) FROM folded"
    ).fetchone()
    if newest - through < _SMALLEST_BATCH:
        return None
    last = min(newest, through + _LARGEST_BATCH)
    names = (*KEYS, *MEASURES)
    rows = connection.execute(
        f"SELECT {TIME}, team, {', '.join((*KEYS.values(), *MEASURES.values()))} FROM completion WHERE id > ? AND id <= ?",  # noqa: S608 - ours
        (through, last),
    ).fetchall()
    vocabularies = {name: Vocabulary() for name in KEYS}
    calls = from_rows(rows, ("team", *names), vocabularies)
    copies = [
        _Copy(team, day, name, pack(column, vocabularies.get(name)))
        for team, day, part in _by_team_and_day(calls)
        for name, column in ((TIME, part.times - day * DAY_MS), *((name, part.columns[name]) for name in names))
    ]
    return Batch(through, last, revision, copies)


def _by_team_and_day(calls: Calls) -> Iterator[tuple[int, int, Calls]]:
    teams, days = calls.columns["team"], calls.times // DAY_MS
    for team, day in np.unique(np.stack([teams, days]), axis=1).T.tolist():
        yield team, day, calls.picked((teams == team) & (days == day))


def store_batch(batch: Batch, connection: sqlite3.Connection) -> None:
    """Store a batch, unless calls were changed since it was read."""
    moved = connection.execute(
        "UPDATE folded SET through = ? WHERE through = ? AND revision = ?",
        (batch.through, batch.after, batch.revision),
    )
    if moved.rowcount:
        connection.executemany(
            "INSERT INTO call_column (team, day, name, first, words, type, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (copy.team, copy.day, copy.name, batch.after + 1, copy.packed.words, copy.packed.type, copy.packed.data)
                for copy in batch.copies
            ),
        )
