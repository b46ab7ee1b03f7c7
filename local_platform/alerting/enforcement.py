"""Enforcement events: recorded once when a group reaches a line of a cost control in its period."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from local_platform import ids
from local_platform.alerting import readings, windows
from local_platform.alerting.cost_control import CostControl, cost_control_of
from local_platform.alerting.guardrails import Level, levels
from local_platform.alerting.kinds import COST_CONTROL
from local_platform.alerting.readings import UNGROUPED, Call, Scope
from local_platform.alerting.usage import Share, Usage, figure
from local_platform.alerting.vocabulary import Action
from local_platform.resources.kind import Document
from local_platform.wire import dumps, to_ms

_OPERATIONS = {
    "BLOCKED": "ENFORCEMENT_VIOLATION",
    "WARNED": "ENFORCEMENT_WARN",
    "WOULD_BLOCK": "ENFORCEMENT_SHADOW_VIOLATION",
    "WOULD_WARN": "ENFORCEMENT_SHADOW_WARN",
}


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line that a group has newly reached.

    Attributes:
        control: Whose line it is.
        window: The name of the period.
        group: The group, blank for everybody.
        tier: HARD for the limit, WARN for the line before it.
        share: What is used of the line.
        call: The last call that counted.
    """

    control: CostControl
    window: str
    group: str
    tier: str
    share: Share
    call: Call | None

    @property
    def outcome(self) -> str:
        """What callers meet from now on."""
        blocks = self.tier == "HARD" and self.control.hard_limit is not None and self.control.action is Action.BLOCK
        if self.control.shadow:
            return "WOULD_BLOCK" if blocks else "WOULD_WARN"
        return "BLOCKED" if blocks else "WARNED"

    @property
    def level(self) -> str:
        """HARD where calls are refused, or would be; WARN where they go on."""
        return "HARD" if self.outcome in ("BLOCKED", "WOULD_BLOCK") else "WARN"


def control_scope(control: CostControl, team: int) -> Scope:
    """Return which calls a cost control looks at."""
    return Scope(team, control.filters, control.group_by)


def control_usage(connection: sqlite3.Connection, control: CostControl, team: int, now: datetime) -> Usage:
    """Return what is used of a cost control in its present period."""
    return readings.usage(connection, control_scope(control, team), windows.to_date(control.window, now))


def crossings(connection: sqlite3.Connection, document: Document, now: datetime) -> list[Crossing]:
    """Find lines that are reached and not recorded yet in this period; nothing is written."""
    control = cost_control_of(document.fields)
    usage = control_usage(connection, control, document.team, now)
    window = windows.key(control.window, usage.window)
    known = set(
        connection.execute(
            "SELECT grp, tier FROM enforcement_event WHERE rule = ? AND window = ?", (document.number, window)
        )
    )
    scope = control_scope(control, document.team)
    return [
        Crossing(control, window, group, tier, share, readings.latest(connection, scope, usage.window, group))
        for level in levels(control, usage)
        for group, tier, share in _reached(level)
        if (group, tier) not in known
    ]


def record(connection: sqlite3.Connection, document: Document, found: Sequence[Crossing], now: datetime) -> None:
    """Store crossings; one that was stored meanwhile stays as it is."""
    for crossing in found:
        call = crossing.call
        connection.execute(
            # Seen by two rounds, it is still one event.
            "INSERT OR IGNORE INTO enforcement_event (team, rule, window, grp, group_by, tier, level, outcome, shadow,"
            " transaction_id, email, created_ms, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(document.team, document.number, crossing.window, crossing.group, crossing.control.group_by),
                *(crossing.tier, crossing.level, crossing.outcome, int(crossing.control.shadow)),
                *(call and call.transaction_id, call and call.email, to_ms(now)),
                dumps(_details(document, crossing)),
            ),
        )


def _reached(level: Level) -> list[tuple[str, str, Share]]:
    """Return the lines that a group has reached; who passes both at once has only passed the limit."""
    group = level.group.value if level.group else UNGROUPED
    if level.limit.reached:
        return [(group, "HARD", level.limit)]
    return [(group, "WARN", level.warning)] if level.warning.reached else []


def _details(document: Document, crossing: Crossing) -> dict[str, object]:
    control, call, share = crossing.control, crossing.call, crossing.share
    percent = None if share.fraction is None else share.fraction * 100
    used, limit = figure(share.used), figure(share.limit)
    return {
        "action": control.action,
        "currentValue": used,
        "label": control.name,
        "metricType": control.metric,
        "model": call and call.model,
        "operation": _OPERATIONS[crossing.outcome],
        "provider": call and call.provider,
        "rawDetails": f"{control.name}: {used} of {limit} {control.metric} used in {crossing.window}",
        "ruleId": ids.encode(COST_CONTROL.name, document.number),
        "ruleName": control.name,
        "tenantId": ids.encode("tenant", document.tenant),
        "threshold": limit,
        "usagePercent": figure(percent),
    }
