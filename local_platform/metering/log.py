"""The transactions log: which rows a request asks for, in which order.

Every filter of the contract is here but the free-text `query`, whose meaning is not documented. A parameter that is
no filter is ignored.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from local_platform.http.access import number_of
from local_platform.http.errors import invalid
from local_platform.http.paging import Paging, bad_value
from local_platform.wire import parse_moment, to_ms, to_nano

if TYPE_CHECKING:
    from multidict import MultiMapping

_EQUALS = {
    "agent": "agent",
    "credentialName": "credential",
    "environment": "environment",
    "model": "model",
    "organizationName": "organization",
    "provider": "provider",
    "stopReason": "stop_reason",
    "subscriberEmail": "subscriber_email",
    "taskType": "task_type",
    "traceId": "trace_id",
    "transactionId": "transaction_id",
}

# Seldom asked for: read from the record instead of costing every row a column.
_EQUALS_IN_RECORD = (
    "errorReason",
    "modelSource",
    "subscriberId",
    "subscriptionId",
    "systemFingerprint",
    "traceName",
    "traceType",
)

_Number = Callable[[Decimal], object]
_RANGES: Mapping[str, tuple[str, _Number]] = {
    "inputTokenCount": ("input_tokens", int),
    "outputTokenCount": ("output_tokens", int),
    "reasoningTokenCount": ("reasoning_tokens", int),
    "cachedTokenCount": ("cached_tokens", int),
    "totalTokenCount": ("total_tokens", int),
    "requestDuration": ("duration_ms", int),
    "timeToFirstToken": ("first_token_ms", int),
    "inputTokenCost": ("input_cost", to_nano),
    "outputTokenCost": ("output_cost", to_nano),
    "totalCost": ("total_cost", to_nano),
}
_RANGES_IN_RECORD = ("mediationLatency", "responseQualityScore", "temperature")

_SORTS = {
    "requestTime": "request_ms",
    "timestamp": "request_ms",
    "created": "created_ms",
    "totalCost": "total_cost",
    "id": "id",
}
_MOST_TRANSACTION_IDS = 100
_LONGEST_VALUE = 255
_LARGEST_BOUND = 1_000_000_000

_IN_RECORD = "(SELECT json_extract(json, '$.{name}') FROM completion_record AS r WHERE r.id = completion.id)"


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A question to the log: conditions that all must hold, and an order without ties."""

    where: str
    values: tuple[object, ...]
    order: str


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A row of the log: its record, and the names and numbers of what it refers to."""

    row: int
    record: str
    organization: str | None
    organization_number: int | None
    product: str | None
    product_number: int | None
    credential: str | None
    credential_number: int | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """The rows of one page, with how many there are on all pages."""

    rows: list[LoggedCall]
    total: int


def log_query(query: MultiMapping[str], team: int) -> LogQuery:
    """Translate a request's parameters to a question about one team's calls.

    Raises:
        ApiError: A value cannot be read.
    """
    conditions: list[tuple[str, object]] = [
        ("team = ?", team),
        *_period(query),
        *_equalities(query),
        *_product(query),
        *_transaction_ids(query),
        *_ranges(query),
    ]
    where = " AND ".join(condition for condition, _ in conditions)
    return LogQuery(where, tuple(value for _, value in conditions), _order(query))


def read_page(connection: sqlite3.Connection, query: LogQuery, paging: Paging) -> LogPage:
    """Read one page of the log."""
    (total,) = connection.execute(
        f"SELECT count(*) FROM completion WHERE {query.where}",  # noqa: S608 - fixed fragments
        query.values,
    ).fetchone()
    if paging.offset >= total:
        return LogPage([], total)
    # The page is found on narrow rows first; only then are its records read.
    rows = connection.execute(
        f"SELECT id FROM completion WHERE {query.where} "  # noqa: S608 - fixed fragments
        f"ORDER BY {query.order} LIMIT ? OFFSET ?",
        (*query.values, paging.size, paging.offset),
    ).fetchall()
    return LogPage(logged(connection, [row for (row,) in rows]), total)


def logged(connection: sqlite3.Connection, rows: Sequence[int]) -> list[LoggedCall]:
    """Return calls by row, in the order given; rows that do not exist are left out."""
    found = connection.execute(
        "SELECT c.id, r.json, organization, organization_id, product, product_id, credential, credential_id"
        " FROM completion AS c JOIN completion_record AS r ON r.id = c.id"
        " WHERE c.id IN (SELECT value FROM json_each(?))",
        (json.dumps(rows),),
    )
    calls = {call[0]: LoggedCall(*call) for call in found}
    return [calls[row] for row in rows if row in calls]


def moment_of(query: MultiMapping[str], name: str) -> datetime | None:
    """Read a moment, or a date that means its midnight in UTC."""
    text = query.get(name)
    if not text:
        return None
    try:
        return parse_moment(text if "T" in text else f"{text}T00:00Z")
    except (ValueError, OverflowError):
        raise bad_value(name, text) from None


def _period(query: MultiMapping[str]) -> list[tuple[str, object]]:
    start, end = moment_of(query, "startDate"), moment_of(query, "endDate")
    bounds: list[tuple[str, object]] = []
    if start is not None:
        bounds.append(("request_ms >= ?", to_ms(start)))
    if end is not None:
        bounds.append(("request_ms < ?", to_ms(end)))
    return bounds


def _equalities(query: MultiMapping[str]) -> list[tuple[str, object]]:
    columns = {**_EQUALS, **{name: _IN_RECORD.format(name=name) for name in _EQUALS_IN_RECORD}}
    return [(f"{column} = ?", _word(query, name)) for name, column in columns.items() if name in query]


def _product(query: MultiMapping[str]) -> list[tuple[str, object]]:
    return [("product_id = ?", number_of("product", query["productId"]))] if "productId" in query else []


def _word(query: MultiMapping[str], name: str) -> str:
    word = query[name]
    if not 1 <= len(word) <= _LONGEST_VALUE:
        raise invalid({name: f"size must be between 1 and {_LONGEST_VALUE}"})
    return word


def _transaction_ids(query: MultiMapping[str]) -> list[tuple[str, object]]:
    """Read a list that clients send repeated or separated by commas."""
    if "transactionIds" not in query:
        return []
    wanted = [word for text in query.getall("transactionIds") for word in text.split(",") if word]
    if not 1 <= len(wanted) <= _MOST_TRANSACTION_IDS:
        raise invalid({"transactionIds": f"size must be between 1 and {_MOST_TRANSACTION_IDS}"})
    return [("transaction_id IN (SELECT value FROM json_each(?))", json.dumps(wanted))]


def _ranges(query: MultiMapping[str]) -> list[tuple[str, object]]:
    columns: dict[str, tuple[str, _Number]] = {
        **_RANGES,
        **{name: (_IN_RECORD.format(name=name), float) for name in _RANGES_IN_RECORD},
    }
    return [
        (f"{column} {comparison} ?", convert(_decimal(query, name + suffix)))
        for name, (column, convert) in columns.items()
        for suffix, comparison in (("Min", ">="), ("Max", "<="))
        if name + suffix in query
    ]


def _decimal(query: MultiMapping[str], name: str) -> Decimal:
    try:
        value = Decimal(query[name])
        # Comparing is inside, too: a NaN parses, and refuses to be compared.
        fits = 0 <= value <= _LARGEST_BOUND
    except InvalidOperation:
        raise bad_value(name, query[name]) from None
    if not fits:
        raise invalid({name: f"must be between 0 and {_LARGEST_BOUND}"})
    return value


def _order(query: MultiMapping[str]) -> str:
    """Read `sort=field,direction`; rows that tie keep the order of their arrival."""
    terms = [_sort_term(text) for text in query.getall("sort", []) if text]
    column, direction = terms[0] if terms else ("request_ms", "DESC")
    rest = [f"{name} {way}" for name, way in terms[1:] if name != column]
    return ", ".join([f"{column} {direction}", *rest, f"id {direction}"])


def _sort_term(text: str) -> tuple[str, str]:
    name, _, direction = text.partition(",")
    direction = direction.strip().upper() or "ASC"
    if name not in _SORTS:
        raise invalid({"sort": f"no property '{name}'; choose one of {', '.join(_SORTS)}"})
    if direction not in ("ASC", "DESC"):
        raise invalid({"sort": f"no direction '{direction}'; choose asc or desc"})
    return _SORTS[name], direction
