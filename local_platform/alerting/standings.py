"""What is remembered between two evaluations of a rule, and when budgets were reset."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from local_platform.alerting.decide import IDLE, Standing
from local_platform.wire import from_ms, to_ms


def of_rule(connection: sqlite3.Connection, rule: int) -> dict[str, Standing]:
    """Return what is remembered of a rule, by group."""
    rows = connection.execute(
        "SELECT grp, since_ms, firing, period_ms, crossed FROM alert_standing WHERE rule = ?", (rule,)
    )
    return {
        group: Standing(
            since=None if since is None else from_ms(since),
            firing=bool(firing),
            period=None if period is None else from_ms(period),
            crossed=None if crossed is None else Decimal(crossed),
        )
        for group, since, firing, period, crossed in rows
    }


def remember(connection: sqlite3.Connection, rule: int, standings: Mapping[str, Standing]) -> None:
    """Replace what is remembered of a rule; idle groups take no room."""
    forget(connection, rule)
    connection.executemany(
        "INSERT INTO alert_standing (rule, grp, since_ms, firing, period_ms, crossed) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                rule,
                group,
                None if standing.since is None else to_ms(standing.since),
                int(standing.firing),
                None if standing.period is None else to_ms(standing.period),
                None if standing.crossed is None else str(standing.crossed),
            )
            for group, standing in standings.items()
            if standing != IDLE
        ),
    )


def forget(connection: sqlite3.Connection, rule: int) -> None:
    """Forget a rule."""
    connection.execute("DELETE FROM alert_standing WHERE rule = ?", (rule,))


def is_firing(connection: sqlite3.Connection, rule: int) -> bool:
    """Tell whether an alert of a rule is open."""
    (firing,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM alert_standing WHERE rule = ? AND firing)", (rule,)
    ).fetchone()
    return bool(firing)


def reset_budget(connection: sqlite3.Connection, rule: int, now: datetime) -> None:
    """Let a budget start again from nothing."""
    connection.execute(
        "INSERT INTO budget_reset (rule, at_ms) VALUES (?, ?) ON CONFLICT (rule) DO UPDATE SET at_ms = excluded.at_ms",
        (rule, to_ms(now)),
    )


def reset_of(connection: sqlite3.Connection, rule: int) -> datetime | None:
    """Return when a budget was last reset."""
    row = connection.execute("SELECT at_ms FROM budget_reset WHERE rule = ?", (rule,)).fetchone()
    return from_ms(row[0]) if row else None


def forget_reset(connection: sqlite3.Connection, rule: int) -> None:
    """Forget when a budget was reset."""
    connection.execute("DELETE FROM budget_reset WHERE rule = ?", (rule,))
