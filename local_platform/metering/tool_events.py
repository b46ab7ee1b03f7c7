"""Calls of tools: what may be sent, and how they are stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from local_platform.checks import Check, applied, flag, mapping, moment, number, text, whole
from local_platform.http.errors import invalid
from local_platform.metering.answers import Stored
from local_platform.metering.names import Referred
from local_platform.metering.naming import Named
from local_platform.metering.tool_pricing import Use, charge
from local_platform.resources import documents
from local_platform.resources.fields import NAME, each
from local_platform.resources.kind import Document
from local_platform.resources.kinds.agents import TOOL
from local_platform.session import Session
from local_platform.wire import dumps, to_ms, to_nano

_CHECKS: Mapping[str, Check] = {
    **each("toolId transactionId operation agent organizationName productName subscriptionId", NAME),
    **each("workflowId traceId agenticJobId", NAME),
    "subscriberCredential": text(4096),
    "errorMessage": text(),
    "durationMs": whole(10 * 24 * 3600 * 1000),
    "success": flag,
    "timestamp": moment,
    "costUsd": number(Decimal(1_000_000)),
    "usageMetadata": mapping,
}
_REQUIRED = ("toolId", "durationMs", "success")

# Columns of their own, names that are resolved, and what authenticates a caller.
_NOT_IN_RECORD = frozenset({"timestamp", "organizationName", "productName", "subscriberCredential"})


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """A call of a tool that is checked.

    Attributes:
        fields: As they were sent, with a transaction and an operation in any case.
        at: When the tool was called.
        named: The names in it.
    """

    fields: Mapping[str, Any]
    at: datetime
    named: Named


def tool_event(body: object, now: datetime) -> ToolEvent:
    """Check a body; some clients send neither a moment nor a transaction.

    Raises:
        ApiError: Something in it is wrong; every complaint is in the details.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(_CHECKS, body, complaints)
    complaints |= {name: "must not be null or blank" for name in _REQUIRED if name not in fields | complaints}
    if complaints:
        raise invalid(complaints)
    fields = {"operation": "execute", "transactionId": f"tool_{secrets.token_hex(8)}", **fields}
    named = Named(
        organization=fields.get("organizationName"),
        product=fields.get("productName"),
        agent=fields.get("agent"),
        credential_value=fields.get("subscriberCredential"),
        subscription=fields.get("subscriptionId"),
    )
    return ToolEvent(fields, fields.get("timestamp", now), named)


def store(session: Session, event: ToolEvent, referred: Referred) -> Stored:
    """Store a call of a tool, registering a tool that nobody has heard of."""
    fields = event.fields
    tool = documents.keyed(session, TOOL, fields["toolId"]) or _new_tool(session, fields["toolId"])
    values: dict[str, object] = {
        "team": session.team,
        "at_ms": to_ms(event.at),
        "created_ms": to_ms(session.now),
        "tool_id": tool.fields["toolId"],
        "operation": fields["operation"],
        "transaction_id": fields["transactionId"],
        "agent": fields.get("agent"),
        "organization_id": referred.organization,
        "product_id": referred.product,
        "credential_id": referred.credential,
        "subscription_id": referred.subscription,
        "trace_id": fields.get("traceId"),
        "job": fields.get("agenticJobId"),
        "success": int(fields["success"]),
        "duration_ms": fields["durationMs"],
        "cost": to_nano(_cost(session, event, tool)),
        "json": dumps({name: value for name, value in fields.items() if name not in _NOT_IN_RECORD}),
    }
    cursor = session.connection.execute(
        f"INSERT INTO tool_event ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 - our names
        tuple(values.values()),
    )
    return Stored(cursor.lastrowid or 0, fields["transactionId"], to_ms(session.now))


def _new_tool(session: Session, tool_id: str) -> Document:
    return documents.insert(session, TOOL, {"name": tool_id, "toolId": tool_id, "toolType": "CUSTOM"})


def _cost(session: Session, event: ToolEvent, tool: Document) -> Decimal:
    stated: Decimal | None = event.fields.get("costUsd")
    if stated is not None:
        return stated
    use = Use(session.team, tool.fields["toolId"], event.at, event.fields.get("usageMetadata", {}))
    return charge(session.connection, tool.fields.get("pricing", {}), use)
