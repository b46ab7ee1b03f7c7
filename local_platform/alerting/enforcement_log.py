"""What was recorded about cost controls: events by page, counts by outcome, by time and by who is affected."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_platform import ids
from local_platform.alerting.kinds import COST_CONTROL
from local_platform.session import Session
from local_platform.wire import from_ms, iso, iso_ms, loads, to_ms

KIND = "enforcement_event"
MODES = {"ENFORCED": "NOT shadow", "SHADOW": "shadow", "ALL": "TRUE"}
LEVELS = {"HARD": "level = 'HARD'", "WARN": "level = 'WARN'", "ALL": "TRUE"}
BUCKETS = ("HOUR", "DAY", "WEEK")

_LONGEST = timedelta(days=90)
_MOST_AFFECTED = 200
_COLUMNS = "id, rule, grp, group_by, tier, level, outcome, shadow, transaction_id, email, created_ms, json"


@dataclass(frozen=True, slots=True)
class Span:
    """Which stretch of the log is looked at; neither longer than ninety days nor into the future."""

    since: datetime
    until: datetime

    def wire(self) -> dict[str, object]:
        """Render what was really looked at."""
        return {"resolvedSince": iso(self.since), "resolvedUntil": iso(self.until)}


def span_of(since: datetime | None, until: datetime | None, now: datetime) -> Span:
    """Return the span that a request amounts to."""
    end = min(until or now, now)
    earliest = end - _LONGEST
    return Span(max(since or earliest, earliest), end)


@dataclass(frozen=True, slots=True)
class Question:
    """Which events are asked for.

    Attributes:
        span: When they happened.
        conditions: What must hold, each with its value.
        tier: The condition on level and mode, which counts by outcome leave out.
    """

    span: Span
    conditions: Sequence[tuple[str, object]] = ()
    tier: str = "TRUE"


def page(session: Session, question: Question, limit: int, offset: int) -> tuple[list[dict[str, object]], int]:
    """Return the rendered events of a page, the newest first, and how many there are on all pages."""
    where, values = _where(session, question, tiered=True)
    (total,) = session.connection.execute(
        f"SELECT count(*) FROM enforcement_event WHERE {where}",  # noqa: S608 - fixed fragments
        values,
    ).fetchone()
    rows = session.connection.execute(
        f"SELECT {_COLUMNS} FROM enforcement_event WHERE {where} "  # noqa: S608 - fixed fragments
        "ORDER BY created_ms DESC, id DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return [_rendered(session, row) for row in rows], total


def summary(session: Session, question: Question) -> dict[str, object]:
    """Count events by outcome, of every tier and mode."""
    rows = _rows(session, question, "outcome, group_by, grp", tiered=False)
    outcomes = Counter(outcome for outcome, _, _ in rows)
    return {
        "blocked": outcomes["BLOCKED"],
        "warned": outcomes["WARNED"],
        "wouldBlock": outcomes["WOULD_BLOCK"],
        "wouldWarn": outcomes["WOULD_WARN"],
        "distinctAffected": len({(by, group) for _, by, group in rows if by}),
        **question.span.wire(),
    }


def history(session: Session, question: Question, bucket: str, zone_name: str) -> dict[str, object]:
    """Count events by hour, day or week of a zone; an unknown zone is UTC."""
    try:
        zone = ZoneInfo(zone_name)
    # A name such as "../x" is a ValueError, that of a folder an OSError.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    rows = _rows(session, question, "created_ms", tiered=True)
    counts = Counter(_bucket_start(from_ms(created).astimezone(zone), bucket) for (created,) in rows)
    buckets = [
        {"bucketStart": start.replace(tzinfo=None).isoformat(timespec="seconds"), "count": count}
        for start, count in sorted(counts.items())
    ]
    return {"buckets": buckets, "zone": zone.key, **question.span.wire()}


def affected(session: Session, question: Question, search: str) -> dict[str, object]:
    """Count events by whom they are about, most first; the total leaves level and mode out."""
    # The total stays the same while somebody switches between tiers and modes.
    everybody = _affected(session, question, search, tiered=False)
    named = _affected(session, question, search, tiered=True)
    rows = [
        {
            "groupBy": by,
            "groupValue": group,
            "groupLabel": group,
            "subscriberEmail": email if by == "SUBSCRIBER" else None,
            "count": count,
        }
        for by, group, email, count in named[:_MOST_AFFECTED]
    ]
    return {"rows": rows, "total": len(everybody), **question.span.wire()}


def newest_by_group(connection: sqlite3.Connection, rule: int, window: str) -> dict[str, int]:
    """Return when each group of a control last had an event in a period, in epoch milliseconds."""
    return dict(
        connection.execute(
            "SELECT grp, max(created_ms) FROM enforcement_event WHERE rule = ? AND window = ? GROUP BY grp",
            (rule, window),
        )
    )


def _affected(session: Session, question: Question, search: str, *, tiered: bool) -> list[tuple[str, str, str, int]]:
    where, values = _where(session, question, tiered=tiered)
    return session.connection.execute(
        f"SELECT group_by, grp, max(email), count(*) FROM enforcement_event WHERE {where} "  # noqa: S608 - fixed
        "AND group_by IS NOT NULL AND instr(casefold(grp || ' ' || coalesce(email, '')), ?) "
        "GROUP BY group_by, grp ORDER BY count(*) DESC, grp",
        (*values, search.casefold()),
    ).fetchall()


def _rows(session: Session, question: Question, columns: str, *, tiered: bool) -> list[tuple[Any, ...]]:
    where, values = _where(session, question, tiered=tiered)
    query = f"SELECT {columns} FROM enforcement_event WHERE {where}"  # noqa: S608 - fixed fragments
    return session.connection.execute(query, values).fetchall()


def _where(session: Session, question: Question, *, tiered: bool) -> tuple[str, tuple[object, ...]]:
    span = question.span
    conditions = ["team = ?", "created_ms BETWEEN ? AND ?", *(condition for condition, _ in question.conditions)]
    if tiered:
        conditions.append(question.tier)
    values = (session.team, to_ms(span.since), to_ms(span.until), *(value for _, value in question.conditions))
    return " AND ".join(conditions), values


def _bucket_start(moment: datetime, bucket: str) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if bucket == "HOUR":
        return hour
    day = hour.replace(hour=0)
    return day - timedelta(days=day.weekday()) if bucket == "WEEK" else day


def _rendered(session: Session, row: tuple[Any, ...]) -> dict[str, object]:
    number, rule, group, by, tier, level, outcome, shadow, transaction_id, email, created, text = row
    alive = session.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM document WHERE kind = ? AND id = ?)", (COST_CONTROL.name, rule)
    ).fetchone()[0]
    group_value = group if by else None
    return {
        "id": ids.encode(KIND, number),
        "resourceType": KIND,
        **cast("dict[str, object]", loads(text.encode())),
        "tier": tier,
        "level": level,
        "outcome": outcome,
        "isShadow": bool(shadow),
        "groupBy": by,
        "groupValue": group_value,
        "groupLabel": group_value,
        "subscriberEmail": email,
        "transactionId": transaction_id,
        "apiKeyHint": None,
        "ruleDeleted": not alive,
        "created": iso_ms(created),
        "updated": iso_ms(created),
        "_links": {},
    }
