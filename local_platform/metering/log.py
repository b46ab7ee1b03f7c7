"""The transactions log: which rows a request asks for, in which order.

Every filter of the contract is here. What the free-text `query` looks into is not documented: here it is everything that
people tell calls apart by. A parameter that is no filter is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from local_platform.http.access import number_of
from local_platform.http.errors import invalid
from local_platform.http.paging import bad_value
from local_platform.metering.question import Condition, LogQuery, Span
from local_platform.wire import parse_moment, to_ms, to_nano

if TYPE_CHECKING:
    from multidict import MultiMapping

_EQUALS = {
    "agent": "agent",
    "agenticJobId": "job",
    "environment": "environment",
    "model": "model",
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
    # Calls are numbered as they arrive.
    "created": "id",
    "totalCost": "total_cost",
    "id": "id",
}
# What is registered is known by its present name, everything else by the name that was sent.
_NAMED = {
    "organizationName": "organization",
    "productName": "product",
    "credentialName": "credential",
}
_SEARCHED = (
    *("transaction_id", "model", "provider", "agent", "task_type", "trace_id", "job", "environment"),
    *("subscriber_email", "organization", "product", "credential"),
)
_MOST_TRANSACTION_IDS = 100
_LONGEST_VALUE = 255
_LARGEST_BOUND = 1_000_000_000

_PRESENT_NAME = "(SELECT name FROM document WHERE kind = '{0}' AND id = {0}_id)"
_SENT_LIKE = " || char(10) || ".join(f"coalesce({column}, '')" for column in _SEARCHED) + " LIKE ? ESCAPE '\\'"
_PRESENTLY_LIKE = "{0}_id IN (SELECT id FROM document WHERE kind = '{0}' AND name LIKE ? ESCAPE '\\')"
_IN_RECORD = "(SELECT json_extract(json, '$.{name}') FROM completion_record AS r WHERE r.id = completion.id)"


def log_query(query: MultiMapping[str], team: int, modality: str | None) -> LogQuery:
    """Translate a request's parameters to a question about one team's calls.

    Raises:
        ApiError: A value cannot be read.
    """
    filters = (
        *_equalities(query),
        *_names(query),
        *_product(query),
        *_transaction_ids(query),
        *_ranges(query),
        *_words(query),
    )
    return LogQuery(span_of(query, team, modality), filters, _order(query))


def span_of(query: MultiMapping[str], team: int, modality: str | None = None) -> Span:
    """Read the time that a request asks for.

    Raises:
        ApiError: A moment cannot be read.
    """
    start, end = moment_of(query, "startDate"), moment_of(query, "endDate")
    return Span(team, modality, None if start is None else to_ms(start), None if end is None else to_ms(end))


def moment_of(query: MultiMapping[str], name: str) -> datetime | None:
    """Read a moment, or a date that means its midnight in UTC."""
    text = query.get(name)
    if not text:
        return None
    try:
        return parse_moment(text if "T" in text else f"{text}T00:00Z")
    except (ValueError, OverflowError):
        raise bad_value(name, text) from None


def _equalities(query: MultiMapping[str]) -> list[Condition]:
    columns = {**_EQUALS, **{name: _IN_RECORD.format(name=name) for name in _EQUALS_IN_RECORD}}
    return [(f"{column} = ?", (_word(query, name),)) for name, column in columns.items() if name in query]


def _names(query: MultiMapping[str]) -> list[Condition]:
    return [
        (f"coalesce({_PRESENT_NAME.format(column)}, {column}) = ?", (_word(query, name),))
        for name, column in _NAMED.items()
        if name in query
    ]


def _words(query: MultiMapping[str]) -> list[Condition]:
    """Look for a text in everything that tells calls apart, upper and lower case alike."""
    words = query.get("query", "").strip()
    if not words:
        return []
    if len(words) > _LONGEST_VALUE:
        raise invalid({"query": f"size must be between 0 and {_LONGEST_VALUE}"})
    escaped = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in words)
    conditions = [_SENT_LIKE, *map(_PRESENTLY_LIKE.format, _NAMED.values())]
    return [(f"({' OR '.join(conditions)})", (f"%{escaped}%",) * len(conditions))]


def _product(query: MultiMapping[str]) -> list[Condition]:
    return [("product_id = ?", (number_of("product", query["productId"]),))] if "productId" in query else []


def _word(query: MultiMapping[str], name: str) -> str:
    word = query[name]
    if not 1 <= len(word) <= _LONGEST_VALUE:
        raise invalid({name: f"size must be between 1 and {_LONGEST_VALUE}"})
    return word


def _transaction_ids(query: MultiMapping[str]) -> list[Condition]:
    """Read a list that clients send repeated or separated by commas."""
    if "transactionIds" not in query:
        return []
    wanted = [word for text in query.getall("transactionIds") for word in text.split(",") if word]
    if not 1 <= len(wanted) <= _MOST_TRANSACTION_IDS:
        raise invalid({"transactionIds": f"size must be between 1 and {_MOST_TRANSACTION_IDS}"})
    return [("transaction_id IN (SELECT value FROM json_each(?))", (json.dumps(wanted),))]


def _ranges(query: MultiMapping[str]) -> list[Condition]:
    columns: dict[str, tuple[str, _Number]] = {
        **_RANGES,
        **{name: (_IN_RECORD.format(name=name), float) for name in _RANGES_IN_RECORD},
    }
    return [
        (f"{column} {comparison} ?", (convert(bound),))
        for name, (column, convert) in columns.items()
        for suffix, comparison in (("Min", ">="), ("Max", "<="))
        if (bound := bound_of(query, name + suffix)) is not None
    ]


def bound_of(query: MultiMapping[str], name: str) -> Decimal | None:
    """Read one end of a range."""
    text = query.get(name)
    if text is None:
        return None
    try:
        value = Decimal(text)
        # Comparing is inside, too: a NaN parses, and refuses to be compared.
        fits = 0 <= value <= _LARGEST_BOUND
    except InvalidOperation:
        raise bad_value(name, text) from None
    if not fits:
        raise invalid({name: f"must be between 0 and {_LARGEST_BOUND}"})
    return value


def _order(query: MultiMapping[str]) -> tuple[tuple[str, str], ...]:
    """Read `sort=field,direction`; rows that tie keep the order of their arrival."""
    terms = [_sort_term(text) for text in query.getall("sort", []) if text] or [("request_ms", "DESC")]
    order: dict[str, str] = {}
    for column, direction in (*terms, ("id", terms[0][1])):
        order.setdefault(column, direction)
    return tuple(order.items())


def _sort_term(text: str) -> tuple[str, str]:
    name, _, direction = text.partition(",")
    direction = direction.strip().upper() or "ASC"
    if name not in _SORTS:
        raise invalid({"sort": f"no property '{name}'; choose one of {', '.join(_SORTS)}"})
    if direction not in ("ASC", "DESC"):
        raise invalid({"sort": f"no direction '{direction}'; choose asc or desc"})
    return _SORTS[name], direction
