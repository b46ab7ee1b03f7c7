"""What a call of a tool is charged, by the tool's own prices.

Tiers count within a calendar month of UTC: an event is charged what it adds to the month's bill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from local_platform.billing.plan import Tier
from local_platform.billing.tiers import rate_tiers
from local_platform.wire import to_ms

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a tool.

    Attributes:
        team: Whose tool it is.
        tool_id: The tool.
        at: When it was called.
        measures: What the call measured of itself.
    """

    team: int
    tool_id: str
    at: datetime
    measures: Mapping[str, Any]


def charge(connection: sqlite3.Connection, pricing: Mapping[str, Any], use: Use) -> Decimal:
    """Return the dollars of a call that states none itself."""
    return sum((_element(connection, element, use) for element in pricing.get("elements", ())), _NOTHING)


def _element(connection: sqlite3.Connection, element: Mapping[str, Any], use: Use) -> Decimal:
    """Charge one element: calls are counted, everything else is a measure of the call that bears the element's name."""
    counted = element.get("aggregationType", "COUNT") == "COUNT"
    quantity = Decimal(1) if counted else _measure(use.measures.get(element.get("name", "")))
    tiers = _tiers(element)
    if not tiers:
        return quantity * Decimal(element.get("unitPrice", 0))
    before = _before(connection, use, None if counted else element["name"])
    return _rated(tiers, before + quantity) - _rated(tiers, before)


def _rated(tiers: list[Tier], quantity: Decimal) -> Decimal:
    return sum((part.amount for part in rate_tiers(tiers, quantity, graduated=True)), _NOTHING)


def _measure(value: object) -> Decimal:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else _NOTHING


def _before(connection: sqlite3.Connection, use: Use, measure: str | None) -> Decimal:
    """Return how much of an element the month had before this call."""
    month = use.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    amount = (
        "count(*)" if measure is None else "coalesce(sum(json_extract(json, '$.usageMetadata.\"' || ? || '\"')), 0)"
    )
    (found,) = connection.execute(
        f"SELECT {amount} FROM tool_event WHERE team = ? AND tool_id = ? AND at_ms >= ? AND at_ms < ?",  # noqa: S608 - ours
        (*(() if measure is None else (measure,)), use.team, use.tool_id, to_ms(month), to_ms(use.at)),
    ).fetchone()
    return Decimal(str(found))


def _tiers(element: Mapping[str, Any]) -> list[Tier]:
    return [
        Tier(str(number), Decimal(tier["upTo"]) if "upTo" in tier else None, Decimal(tier.get("unitPrice", 0)))
        for number, tier in enumerate(element.get("tiers", ()))
    ]
