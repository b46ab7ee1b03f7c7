"""T2: the fenced commit. States, alerts and the messages they cause are kept together or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter

from daemon.alerts import Alert
from daemon.clock import to_ms
from daemon.domain import PARTITIONS, SeriesKey
from daemon.errors import FencedError
from daemon.storage import outbox
from daemon.store import Outgoing, PartitionCommit, StoredSeries
from detectors.decision.episodes import Episode

ALERTS: TypeAdapter[Alert] = TypeAdapter(Alert)
EPISODES: TypeAdapter[Episode] = TypeAdapter(Episode)


def acquire(connection: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """Raise every partition's epoch, so that whoever held it before is fenced off."""
    connection.executemany(
        "INSERT INTO partitions (partition, epoch, position) VALUES (?, 1, 0) "
        "ON CONFLICT (partition) DO UPDATE SET epoch = epoch + 1",
        [(number,) for number in range(PARTITIONS)],
    )
    rows = connection.execute("SELECT partition, epoch, position FROM partitions")
    return {partition: (epoch, position) for partition, epoch, position in rows}


def commit(connection: sqlite3.Connection, commits: Sequence[PartitionCommit], outgoing: Sequence[Outgoing]) -> None:
    """Keep what a step computed; see `daemon.store.Store.commit`."""
    for change in commits:
        moved = connection.execute(
            "UPDATE partitions SET position = ? WHERE partition = ? AND epoch = ? AND position = ?",
            (change.to_position, change.partition, change.epoch, change.from_position),
        )
        if moved.rowcount != 1:
            raise FencedError(
                f"partition {change.partition} is no longer at position {change.from_position} of epoch {change.epoch}; "
                "another process took it over"
            )
        _keep_series(connection, change.series)
        _keep_alerts(connection, change.alerts)
    for message in outgoing:
        outbox.add(connection, message)


def _keep_series(connection: sqlite3.Connection, series: Iterable[StoredSeries]) -> None:
    connection.executemany(
        "INSERT INTO series (key, judged_until, learned_until, lessons, pending, snapshot) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET judged_until = excluded.judged_until, learned_until = excluded.learned_until, "
        "lessons = excluded.lessons, pending = excluded.pending, snapshot = coalesce(excluded.snapshot, snapshot)",
        [
            (
                str(one.key),
                one.judged_until,
                one.learned_until,
                one.lessons,
                json.dumps(EPISODES.dump_python(one.pending, mode="json")) if one.pending else None,
                one.snapshot,
            )
            for one in series
        ],
    )


def _keep_alerts(connection: sqlite3.Connection, alerts: Iterable[Alert]) -> None:
    connection.executemany(
        "INSERT INTO alerts (id, series, incident, state, opened_at, updated_at, resolved_at, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET incident = excluded.incident, state = excluded.state, "
        "updated_at = excluded.updated_at, resolved_at = excluded.resolved_at, body = excluded.body",
        [
            (
                alert.id,
                str(alert.series),
                alert.incident,
                "firing" if alert.is_open else "resolved",
                to_ms(alert.opened_at),
                to_ms(alert.updated_at),
                to_ms(alert.resolved_at) if alert.resolved_at else None,
                # Not `dump_json`, which writes an infinite band as null and then cannot read it back.
                json.dumps(ALERTS.dump_python(alert, mode="json")),
            )
            for alert in alerts
        ],
    )


def series(connection: sqlite3.Connection) -> list[StoredSeries]:
    """Return every series with its snapshot."""
    rows = connection.execute(
        "SELECT key, judged_until, learned_until, snapshot, lessons, pending FROM series ORDER BY key"
    )
    return [
        StoredSeries(
            SeriesKey.parse(key),
            judged_until,
            learned_until,
            snapshot,
            lessons,
            EPISODES.validate_json(pending) if pending else None,
        )
        for key, judged_until, learned_until, snapshot, lessons, pending in rows
    ]


def alerts(connection: sqlite3.Connection, *, only_open: bool = False, limit: int = 1000) -> list[Alert]:
    """Return alerts, newest first."""
    where = "WHERE state = 'firing'" if only_open else ""
    rows = connection.execute(f"SELECT body FROM alerts {where} ORDER BY opened_at DESC, id LIMIT ?", (limit,))  # noqa: S608 - a constant
    return [ALERTS.validate_json(row[0]) for row in rows]


def alert(connection: sqlite3.Connection, identity: str) -> Alert | None:
    """Return one alert, or None."""
    row = connection.execute("SELECT body FROM alerts WHERE id = ?", (identity,)).fetchone()
    return ALERTS.validate_json(row[0]) if row else None
