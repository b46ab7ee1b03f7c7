"""Sums over metered calls: one query for a window, its filters and its groups.

Providers, models and subscribers are compared without regard to case, as SDKs compare them. Organizations, products and
credentials may be named or given by id. A subscriber is known by id, or else by address.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from local_platform import ids
from local_platform.alerting.filters import Filter
from local_platform.alerting.metrics import NOTHING, Sums, added
from local_platform.alerting.usage import Group, Usage
from local_platform.alerting.vocabulary import Comparison, Dimension
from local_platform.alerting.windows import Window
from local_platform.wire import to_ms

UNGROUPED = ""

_SUBSCRIBER = """coalesce(
    (SELECT json_extract(json, '$.subscriberId') FROM completion_record AS r WHERE r.id = completion.id),
    lower(trim(subscriber_email)))"""

# What no call says yet is null: nothing is like it, and no group is made of it.
_COLUMNS: Mapping[Dimension, str] = {
    Dimension.ORGANIZATION: "organization",
    Dimension.CREDENTIAL: "credential",
    Dimension.PRODUCT: "product",
    Dimension.MODEL: "model",
    Dimension.PROVIDER: "provider",
    Dimension.AGENT: "agent",
    Dimension.SUBSCRIBER: _SUBSCRIBER,
    Dimension.TASK_TYPE: "task_type",
    Dimension.API_KEY: "credential",
    Dimension.WORKSPACE: "NULL",
    Dimension.DEPARTMENT: "NULL",
}
_ANY_CASE = frozenset({Dimension.PROVIDER, Dimension.MODEL, Dimension.SUBSCRIBER})
_NUMBERED = {
    Dimension.ORGANIZATION: ("organization", "organization_id"),
    Dimension.CREDENTIAL: ("credential", "credential_id"),
    Dimension.PRODUCT: ("product", "product_id"),
}

_LISTED = "IN (SELECT value FROM json_each(?))"

_BILLION = 1_000_000_000
_SUMS: Mapping[str, str] = {
    "calls": "count(*)",
    "cost": "sum(total_cost)",
    "input_tokens": "sum(input_tokens)",
    "output_tokens": "sum(output_tokens)",
    "cached_tokens": "sum(cached_tokens)",
    "total_tokens": "sum(total_tokens)",
    "errors": "sum(failed)",
    "duration_ms": "sum(duration_ms)",
    "first_token_calls": "count(first_token_ms)",
    "first_token_ms": "coalesce(sum(first_token_ms), 0)",
    "images": "sum(images)",
    "image_cost": "sum(iif(images > 0, total_cost, 0))",
    "videos": "sum(modality = 'VIDEO')",
    "audios": "sum(modality = 'AUDIO')",
    "media_ms": "sum(media_ms)",
    "media_cost": "sum(iif(media_ms > 0, total_cost, 0))",
    "characters": "sum(characters)",
    "credits": f"CAST(round(sum(credits) * {_BILLION}) AS INTEGER)",
}
_SUMMED = ", ".join(f"{expression} AS {name}" for name, expression in _SUMS.items())


@dataclass(frozen=True, slots=True)
class Scope:
    """Which calls are looked at.

    Attributes:
        team: Whose.
        filters: What must hold for them.
        group_by: What they are added up for separately.
    """

    team: int
    filters: tuple[Filter, ...] = ()
    group_by: Dimension | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What is told of a single call."""

    transaction_id: str
    provider: str
    model: str
    email: str | None


def usage(connection: sqlite3.Connection, scope: Scope, window: Window) -> Usage:
    """Add the calls of a window up."""
    found = _grouped(connection, scope, window)
    if scope.group_by is None:
        return Usage(window, found.get(UNGROUPED, NOTHING))
    groups = tuple(Group(name, name, sums) for name, sums in found.items() if name is not None)
    return Usage(window, added(group.sums for group in groups), groups, found.get(None, NOTHING))


def by_group(connection: sqlite3.Connection, scope: Scope, window: Window) -> dict[str, Sums]:
    """Add the calls of a window up by group; without groups the one group is `UNGROUPED`, even without any call."""
    found = _grouped(connection, scope, window)
    everybody = {} if scope.group_by else {UNGROUPED: NOTHING}
    return everybody | {name: sums for name, sums in found.items() if name is not None}


def latest(connection: sqlite3.Connection, scope: Scope, window: Window, group: str) -> Call | None:
    """Return the last call of a group in a window."""
    if scope.group_by is not None:
        only = Filter(scope.group_by, Comparison.IS, (group,))
        scope = replace(scope, filters=(*scope.filters, only))
    # Calls of the same millisecond are told apart by the order in which they came.
    where, values = _where(scope, window)
    row = connection.execute(
        f"SELECT transaction_id, provider, model, subscriber_email FROM completion WHERE {where} "  # noqa: S608 - ours
        "ORDER BY request_ms DESC, id DESC LIMIT 1",
        values,
    ).fetchone()
    return Call(*row) if row else None


def known_values(connection: sqlite3.Connection, team: int, dimension: Dimension, now: datetime) -> list[str]:
    """Return every value of a dimension that calls of the last ninety days have."""
    scope, window = Scope(team, group_by=dimension), Window(now - timedelta(days=90), now, now)
    where, values = _where(scope, window)
    column = _COLUMNS[dimension]
    rows = connection.execute(
        f"SELECT DISTINCT {column} AS value FROM completion WHERE {where} ORDER BY value",  # noqa: S608 - ours
        values,
    )
    return [value for (value,) in rows if value]


def credential_providers(connection: sqlite3.Connection, team: int) -> list[tuple[str, str]]:
    """Return which credentials a team has used at which providers, by name."""
    return connection.execute(
        "SELECT DISTINCT credential, provider FROM completion WHERE team = ? AND credential IS NOT NULL"
        " ORDER BY credential, provider",
        (team,),
    ).fetchall()


def _grouped(connection: sqlite3.Connection, scope: Scope, window: Window) -> dict[str | None, Sums]:
    where, values = _where(scope, window)
    group = _COLUMNS[scope.group_by] if scope.group_by else f"'{UNGROUPED}'"
    rows = connection.execute(
        f"SELECT {group} AS grp, {_SUMMED} FROM completion WHERE {where} GROUP BY grp ORDER BY grp",  # noqa: S608 - ours
        values,
    )
    return {name: Sums(**dict(zip(_SUMS, sums, strict=True))) for name, *sums in rows}


def _where(scope: Scope, window: Window) -> tuple[str, list[object]]:
    conditions = ["team = ?", "request_ms BETWEEN ? AND ?"]
    values: list[object] = [scope.team, to_ms(window.start), to_ms(window.last)]
    for one in scope.filters:
        condition, wanted = _condition(one)
        conditions.append(condition)
        values += wanted
    return " AND ".join(conditions), values


def _condition(one: Filter) -> tuple[str, list[object]]:
    column, values = _COLUMNS[one.dimension], one.values
    if one.dimension in _ANY_CASE:
        column, values = f"lower({column})", tuple(value.strip().lower() for value in values)
    match one.comparison:
        # Not LIKE: it would take % and _ in a name for wildcards, and fold case where it must not.
        case Comparison.CONTAINS:
            return f"instr({column}, ?) > 0", [values[0]]
        case Comparison.STARTS_WITH:
            return f"substr({column}, 1, length(?)) = ?", [values[0], values[0]]
        case Comparison.ENDS_WITH:
            return f"substr({column}, -length(?)) = ?", [values[0], values[0]]
        case Comparison.IS_NOT:
            condition, wanted = _one_of(one.dimension, column, values)
            return f"NOT coalesce({condition}, 0)", wanted
        case Comparison.IS | Comparison.IN:
            return _one_of(one.dimension, column, values)


def _one_of(dimension: Dimension, column: str, values: tuple[str, ...]) -> tuple[str, list[object]]:
    named: list[object] = [json.dumps(values)]
    if dimension not in _NUMBERED:
        return f"{column} {_LISTED}", named
    kind, number_column = _NUMBERED[dimension]
    numbers = [number for value in values if (number := ids.decode(kind, value)) is not None]
    # Either may be null, which is then neither true nor false.
    either = f"(coalesce({column} {_LISTED}, 0) OR coalesce({number_column} {_LISTED}, 0))"
    return either, [*named, json.dumps(numbers)]
