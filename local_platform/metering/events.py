"""Events of sources: each element of a payload is a value that billing can add up.

What a payload names for the first time is registered, unless the team has switched discovery off.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from local_platform.accounts.kinds import USER
from local_platform.checks import Check, applied, mapping, moment, text
from local_platform.http.errors import invalid
from local_platform.ids import decode, encode
from local_platform.metering.answers import Stored
from local_platform.metering.names import Referred
from local_platform.metering.naming import Named
from local_platform.resources import documents
from local_platform.resources.fields import NAME, each
from local_platform.resources.kind import Document
from local_platform.resources.kinds.sources import ELEMENT, SOURCE
from local_platform.session import Session
from local_platform.wire import dumps, to_ms

_CHECKS: Mapping[str, Check] = {
    **each("transactionId sourceId sourceType organizationName productName subscriptionId", NAME),
    "subscriberCredential": text(4096),
    "payload": mapping,
    "timestamp": moment,
}
_MOST_ELEMENTS = 100
_LONGEST_NAME = 255
_MOST = Decimal(10) ** 300


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event that is checked.

    Attributes:
        transaction_id: The client's id, or one made here.
        payload: Element names and their numbers, texts or flags.
        at: When it happened.
        named: The names in it.
        source: By an id of ours, the customer's own, or its name.
        source_type: What kind of source sends it.
    """

    transaction_id: str
    payload: Mapping[str, Any]
    at: datetime
    named: Named
    source: str | None
    source_type: str | None


def source_event(body: object, now: datetime) -> SourceEvent:
    """Check a body.

    Raises:
        ApiError: Something in it is wrong; every complaint is in the details.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(_CHECKS, body, complaints)
    payload = fields.get("payload") or {}
    complaints |= {} if payload or "payload" in complaints else {"payload": "must not be null or empty"}
    complaints |= {f"payload.{name}": fault for name, value in payload.items() if (fault := _fault(name, value))}
    if len(payload) > _MOST_ELEMENTS:
        complaints["payload"] = f"size must be between 1 and {_MOST_ELEMENTS}"
    if complaints:
        raise invalid(complaints)
    return SourceEvent(
        transaction_id=fields.get("transactionId") or f"ev_{secrets.token_hex(8)}",
        payload={name: value for name, value in payload.items() if value is not None},
        at=fields.get("timestamp", now),
        named=Named(
            organization=fields.get("organizationName"),
            product=fields.get("productName"),
            credential_value=fields.get("subscriberCredential"),
            subscription=fields.get("subscriptionId"),
        ),
        source=fields.get("sourceId"),
        source_type=fields.get("sourceType"),
    )


def store(session: Session, event: SourceEvent, referred: Referred) -> Stored:
    """Store an event and the values of its elements.

    Raises:
        ApiError: A value does not fit its element, or the source is unknown and may not be registered.
    """
    team = documents.find(session, "team", session.team)
    settings = team.fields if team else {}
    source = _source(session, event, may_register=settings.get("sourceAutoDiscoveryEnabled", True))
    elements = _elements(session, event, may_register=settings.get("elementDefinitionAutoDiscoveryEnabled", True))
    values = _values(event, elements)
    if source is not None:
        _attach(session, source, elements.values())
    cursor = session.connection.execute(
        "INSERT INTO source_event (team, at_ms, transaction_id, source_id, json) VALUES (?, ?, ?, ?, ?)",
        (session.team, to_ms(event.at), event.transaction_id, source and source.number, dumps(event.payload)),
    )
    session.connection.executemany(
        "INSERT INTO element_value (team, at_ms, element_id, number, word, transaction_id, source_id, organization_id,"
        " product_id, credential_id, subscription_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(session.team, to_ms(event.at), *value, event.transaction_id, source and source.number),
                *(referred.organization, referred.product, referred.credential, referred.subscription),
            )
            for value in values
        ],
    )
    return Stored(cursor.lastrowid or 0, event.transaction_id, to_ms(session.now))


def _fault(name: str, value: object) -> str | None:
    if not 1 <= len(name) <= _LONGEST_NAME:
        return f"an element's name must have between 1 and {_LONGEST_NAME} letters"
    if value is not None and not isinstance(value, bool | int | Decimal | str):
        return "must be a number, a text or a flag"
    if isinstance(value, int | Decimal) and not -_MOST <= value <= _MOST:
        return "is too large"
    return None


def _source(session: Session, event: SourceEvent, *, may_register: bool) -> Document | None:
    if event.source is None:
        return None
    found = find_source(session, event.source)
    if found is None and not may_register:
        raise invalid({"sourceId": "names no source; create it, or let the team discover sources"})
    return found or register_source(session, event.source, event.source_type)


def find_source(session: Session, text: str) -> Document | None:
    """Return a source by an id of ours, the customer's own, or its name."""
    number = decode(SOURCE.name, text)
    found = None if number is None else documents.find(session, SOURCE.name, number)
    where = "kind = ? AND tenant = ? AND team = ? AND (name = ? OR json_extract(json, '$.externalId') = ?) ORDER BY id"
    values = (SOURCE.name, session.tenant, session.team, text, text)
    return found or next(iter(documents.selected(session, where, values)), None)


def register_source(session: Session, text: str, source_type: str | None) -> Document:
    """Make a source known."""
    fields = {
        "name": text,
        "externalId": text,
        "type": "CUSTOM",
        "version": "1.0.0",
        "sourceType": source_type or "UNKNOWN",
        "ownerId": encode(USER.name, session.user),
        "autoDiscoveryEnabled": True,
    }
    return documents.insert(session, SOURCE, fields)


def _elements(session: Session, event: SourceEvent, *, may_register: bool) -> dict[str, Document]:
    """Return the definition of each element of a payload; what may not be registered is left out."""
    elements = {}
    for name, value in event.payload.items():
        found = documents.keyed(session, ELEMENT, name)
        if found is None and may_register:
            found = documents.insert(session, ELEMENT, {"name": name, "type": _type_of(value)})
        if found is not None:
            elements[name] = found
    return elements


def _type_of(value: object) -> str:
    return "NUMBER" if isinstance(value, int | Decimal) and not isinstance(value, bool) else "STRING"


def _values(event: SourceEvent, elements: Mapping[str, Document]) -> list[tuple[int, float | None, str | None]]:
    """Return element, number and word of each value.

    Raises:
        ApiError: An element of numbers got something else.
    """
    complaints: dict[str, str] = {}
    values: list[tuple[int, float | None, str | None]] = []
    for name, element in elements.items():
        number = _number(event.payload[name])
        if element.fields["type"] == "STRING":
            values.append((element.number, None, _word(event.payload[name])))
        elif number is None:
            complaints[f"payload.{name}"] = "must be a number: the element's type is NUMBER"
        else:
            values.append((element.number, number, None))
    if complaints:
        raise invalid(complaints)
    return values


def _number(value: object) -> float | None:
    """Read a number, which some clients send as text."""
    if isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return float(found) if found.is_finite() and abs(found) <= _MOST else None


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attach(session: Session, source: Document, elements: Any) -> None:
    """Note on a source which elements it sends."""
    known = source.fields["meteringElementDefinitionIds"]
    new = [element.id for element in elements if element.id not in known]
    if new:
        documents.amend(session, source, {"meteringElementDefinitionIds": [*known, *new]})
