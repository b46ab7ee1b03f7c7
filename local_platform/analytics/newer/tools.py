"""Reading the events of tools bucket by bucket, in the same form as calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from local_platform.analytics import columns
from local_platform.analytics.columns import TOOL_KEYS, Numbers
from local_platform.analytics.periods import Bucket
from local_platform.analytics.scan import Selection, kept
from local_platform.wire import to_ms


def events_by_bucket(
    connection: sqlite3.Connection, selection: Selection, buckets: Sequence[Bucket]
) -> Iterator[dict[str, Numbers]]:
    """Return the columns of the events of each bucket."""
    fields = ", ".join(TOOL_KEYS.get(name, name) for name in selection.read)
    statement = f"""
        SELECT at_ms, {fields} FROM tool_event LEFT JOIN (
            SELECT key, json_extract(json, '$.toolProvider') AS tool_provider
            FROM document WHERE kind = 'tool' AND team = :team
        ) ON key = casefold(tool_id)
        WHERE team = :team AND at_ms >= :start AND at_ms < :end"""  # noqa: S608 - our own columns
    window = {"team": selection.team, "start": to_ms(buckets[0].start), "end": to_ms(buckets[-1].end)}
    rows = connection.execute(statement, window).fetchall()
    events = columns.from_rows(rows, selection.read, selection.vocabularies)
    for bucket in buckets:
        part = events.between(to_ms(bucket.start), to_ms(bucket.end))
        yield kept(columns.joined([part], selection.read), selection)
