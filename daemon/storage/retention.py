"""What is thrown away, and when."""

from __future__ import annotations

import sqlite3

from daemon.domain import HOUR_MS
from daemon.storage.ledger import MINUTES_KEPT_MS

DAY_MS = 24 * HOUR_MS
TRANSACTIONS_KEPT_MS = 90 * DAY_MS
HOURS_KEPT_MS = 400 * DAY_MS
POLLS_KEPT = 1000


def prune(connection: sqlite3.Connection, now: int) -> None:
    """Delete what is older than anything asks for; hourly sums outlive the calls they were made of."""
    connection.execute("DELETE FROM windows WHERE grain = 60 AND start < ?", (now - MINUTES_KEPT_MS,))
    connection.execute("DELETE FROM windows WHERE grain = 3600 AND start < ?", (now - HOURS_KEPT_MS,))
    # After a long absence the next read starts long ago: what it may see again must still be known.
    read = connection.execute("SELECT coalesce(max(watermark), 0) FROM polls").fetchone()[0]
    forgettable = min(now - TRANSACTIONS_KEPT_MS, read - DAY_MS)
    connection.execute("DELETE FROM transactions WHERE at < ?", (forgettable,))
    connection.execute("DELETE FROM quarantine WHERE at < ?", (now - TRANSACTIONS_KEPT_MS,))
    connection.execute("DELETE FROM polls WHERE seq <= (SELECT max(seq) FROM polls) - ?", (POLLS_KEPT,))
    connection.execute("DELETE FROM delivery_log WHERE at < ?", (now - HOURS_KEPT_MS,))
    connection.execute("PRAGMA optimize")
