"""Fired alerts: recorded when a rule fires, resolved when it is over, kept when the rule is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from local_platform import ids
from local_platform.session import Session
from local_platform.wire import dumps, iso_ms, loads, to_ms

KIND = "alert"
RESOURCE_TYPE = "ai_alert_metadata"
_COLUMNS = "id, grp, value, triggered_ms, resolved_ms, updated_ms, early, json"


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert as it opens.

    Attributes:
        team: The number of the rule's team.
        rule: The number of the rule.
        group: The group that it is about, blank for everybody.
        metric: What was measured.
        value: What it amounted to.
        early: Whether its window began before the rule was made.
        snapshot: The rule as it was then, on the wire.
    """

    team: int
    rule: int
    group: str
    metric: str
    value: Decimal
    early: bool
    snapshot: dict[str, object]


def fire(connection: sqlite3.Connection, firing: Firing, now: datetime) -> None:
    """Record an alert that opens."""
    moment = to_ms(now)
    connection.execute(
        "INSERT INTO fired_alert (team, rule, grp, metric, value, triggered_ms, updated_ms, early, json)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(firing.team, firing.rule, firing.group, firing.metric, float(firing.value)),
            *(moment, moment, int(firing.early), dumps(firing.snapshot)),
        ),
    )


def resolve(connection: sqlite3.Connection, rule: int, group: str, now: datetime) -> None:
    """Record that the open alert of a group is over."""
    connection.execute(
        "UPDATE fired_alert SET resolved_ms = :now, updated_ms = :now"
        " WHERE rule = :rule AND grp = :group AND resolved_ms IS NULL",
        {"now": to_ms(now), "rule": rule, "group": group},
    )


def resolve_all(connection: sqlite3.Connection, rule: int, now: datetime) -> None:
    """Record that every open alert of a rule is over."""
    connection.execute(
        "UPDATE fired_alert SET resolved_ms = :now, updated_ms = :now WHERE rule = :rule AND resolved_ms IS NULL",
        {"now": to_ms(now), "rule": rule},
    )


def page(
    session: Session, where: str, values: Sequence[object], order: str, limit: int, offset: int
) -> tuple[list[dict[str, object]], int]:
    """Return the rendered alerts of a page, and how many there are on all pages."""
    where, values = f"team = ? AND {where}", (session.team, *values)
    (total,) = session.connection.execute(
        f"SELECT count(*) FROM fired_alert WHERE {where}",  # noqa: S608 - fixed fragments
        values,
    ).fetchone()
    rows = session.connection.execute(
        f"SELECT {_COLUMNS} FROM fired_alert WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - the same
        (*values, limit, offset),
    )
    return [_rendered(session, row) for row in rows], total


def one(session: Session, number: int) -> dict[str, object] | None:
    """Return a rendered alert of the team."""
    found, _ = page(session, "id = ?", (number,), "id", 1, 0)
    return found[0] if found else None


def remove(session: Session, number: int) -> None:
    """Take an alert out of the history."""
    session.connection.execute("DELETE FROM fired_alert WHERE id = ? AND team = ?", (number, session.team))


def _rendered(session: Session, row: tuple[Any, ...]) -> dict[str, object]:
    number, group, value, triggered, resolved, updated, early, text = row
    rule = cast("dict[str, object]", loads(text.encode()))
    return {
        "id": ids.encode(KIND, number),
        "label": RESOURCE_TYPE,
        "resourceType": RESOURCE_TYPE,
        "anomaly": rule,
        "triggeredTimestamp": iso_ms(triggered),
        "triggeredValue": round(value, 9),
        "resolved": resolved is not None,
        "resolvedTimestamp": iso_ms(resolved),
        "duration": (to_ms(session.now) if resolved is None else resolved) - triggered,
        "groupDisplayName": group or None,
        "includesPreRuleActivity": bool(early),
        "createdBy": rule.get("createdBy"),
        "team": rule.get("team"),
        "created": iso_ms(triggered),
        "updated": iso_ms(updated),
        "_links": {},
    }
