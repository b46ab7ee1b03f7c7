"""T3: messages on their way. A row leaves only by being delivered or set aside as dead."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from daemon.clock import to_ms
from daemon.store import Claim, Outgoing
from notifiers.base import Notification

NOTIFICATIONS: TypeAdapter[Notification] = TypeAdapter(Notification)

_IN_TURN = """
FROM outbox AS mine
WHERE channel = ? AND state = 'pending'
  AND NOT EXISTS (  -- never "resolved" before its "firing"
    SELECT 1 FROM outbox AS earlier
    WHERE earlier.alert_id = mine.alert_id AND earlier.channel = mine.channel
      AND earlier.sequence < mine.sequence AND earlier.state IN ('pending', 'sending'))
"""
_DUE = f"""
SELECT id, payload, attempts, alert_id, sequence {_IN_TURN} AND next_attempt <= ?
ORDER BY next_attempt, created_at, sequence LIMIT 1
"""


def add(connection: sqlite3.Connection, message: Outgoing) -> None:
    """Put a message into the outbox; one that is there already stays as it is."""
    note = message.notification
    created = to_ms(note.created_at)
    connection.execute(
        "INSERT OR IGNORE INTO outbox (id, alert_id, sequence, channel, state, payload, next_attempt, created_at) "
        "VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)",
        (
            note.delivery_id,
            note.alert_id,
            note.sequence,
            message.channel,
            NOTIFICATIONS.dump_json(note).decode(),
            created,
            created,
        ),
    )


def recover(connection: sqlite3.Connection) -> int:
    """Put rows back that a crash left in flight; they may reach the channel a second time."""
    return connection.execute("UPDATE outbox SET state = 'pending' WHERE state = 'sending'").rowcount


def claim(connection: sqlite3.Connection, channel: str, now: int) -> Claim | None:
    """Take the next due message of a channel, if there is one."""
    row = connection.execute(_DUE, (channel, now)).fetchone()
    if row is None:
        return None
    delivery, payload, attempts, alert_id, sequence = row
    connection.execute("UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?", (delivery,))
    reference = connection.execute(
        "SELECT reference FROM outbox WHERE alert_id = ? AND channel = ? AND sequence < ? AND reference IS NOT NULL "
        "ORDER BY sequence LIMIT 1",
        (alert_id, channel, sequence),
    ).fetchone()
    return Claim(
        NOTIFICATIONS.validate_json(payload), channel, attempts + 1, json.loads(reference[0]) if reference else None
    )


def next_due(connection: sqlite3.Connection, channel: str) -> int | None:
    """Return when the next message of a channel may be tried, or None."""
    row = connection.execute(f"SELECT min(next_attempt) {_IN_TURN}", (channel,)).fetchone()
    return None if row[0] is None else int(row[0])


def delivered(
    connection: sqlite3.Connection, delivery: str, at: int, reference: Mapping[str, str], detail: str
) -> None:
    """Record that the other side accepted a message."""
    connection.execute(
        "UPDATE outbox SET state = 'delivered', delivered_at = ?, reference = ?, last_error = NULL WHERE id = ?",
        (at, json.dumps(dict(reference)), delivery),
    )
    _log(connection, delivery, at, "delivered", detail)


def retry(connection: sqlite3.Connection, delivery: str, at: int, next_attempt: int, error: str) -> None:
    """Record a failed attempt and when to try again."""
    connection.execute(
        "UPDATE outbox SET state = 'pending', next_attempt = ?, last_error = ? WHERE id = ?",
        (next_attempt, error, delivery),
    )
    _log(connection, delivery, at, "retry", error)


def dead(connection: sqlite3.Connection, delivery: str, at: int, error: str) -> None:
    """Set a message aside that will never be accepted."""
    connection.execute("UPDATE outbox SET state = 'dead', last_error = ? WHERE id = ?", (error, delivery))
    _log(connection, delivery, at, "dead", error)


def counts(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Return how many messages are in which state, by channel."""
    found: dict[str, dict[str, int]] = {}
    for channel, state, number in connection.execute("SELECT channel, state, count(*) FROM outbox GROUP BY 1, 2"):
        found.setdefault(channel, {})[state] = number
    return found


def listing(connection: sqlite3.Connection, limit: int, alert_id: str | None = None) -> list[dict[str, Any]]:
    """Return messages, newest first, without their text."""
    where, values = ("WHERE alert_id = ?", (alert_id,)) if alert_id else ("", ())
    cursor = connection.execute(
        "SELECT id, alert_id, sequence, channel, state, attempts, created_at, delivered_at, last_error "  # noqa: S608 - a constant
        f"FROM outbox {where} ORDER BY created_at DESC, sequence DESC LIMIT ?",
        (*values, limit),
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _log(connection: sqlite3.Connection, delivery: str, at: int, outcome: str, detail: str) -> None:
    connection.execute(
        "INSERT INTO delivery_log (delivery_id, at, outcome, detail) VALUES (?, ?, ?, ?)",
        (delivery, at, outcome, detail),
    )
