"""Where usage comes from, and which elements are metered besides calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_platform.checks import choice, flag, items
from local_platform.resources import documents
from local_platform.resources.fields import FREE, NAME, each, record
from local_platform.resources.kind import Document, Fields, Kind, Listed, Reference
from local_platform.resources.rendering import metadata_of
from local_platform.session import Session

SYSTEM_ELEMENTS = (
    ("callCount", "NUMBER", "Calls that were metered"),
    ("totalCost", "NUMBER", "What a call cost, in dollars"),
    ("inputTokenCost", "NUMBER", "What the tokens that went into a call cost, in dollars"),
    ("outputTokenCost", "NUMBER", "What the tokens that came out of a call cost, in dollars"),
    ("inputTokenCount", "NUMBER", "Tokens that went into a call"),
    ("outputTokenCount", "NUMBER", "Tokens that came out of a call"),
    ("totalTokenCount", "NUMBER", "All tokens of a call"),
    ("reasoningTokenCount", "NUMBER", "Tokens that a model spent on thinking"),
    ("cacheCreationTokenCount", "NUMBER", "Tokens that were put into a cache"),
    ("cacheReadTokenCount", "NUMBER", "Tokens that were taken from a cache"),
    ("requestDuration", "NUMBER", "How long a call took, in milliseconds"),
    ("model", "STRING", "The model that was called"),
    ("provider", "STRING", "The provider that was called"),
)
"""The elements that every team has from the start."""


def provide_elements(session: Session) -> None:
    """Make sure that the session's team has the system's elements."""
    for name, kind, description in SYSTEM_ELEMENTS:
        if documents.keyed(session, ELEMENT, name) is None:
            fields = {"name": name, "description": description, "type": kind, "isSystem": True}
            documents.insert(session, ELEMENT, fields)


def _of_system(_session: Session, document: Document) -> str | None:
    return "it belongs to the system" if document.fields["isSystem"] else None


def _keep_system(_session: Session, fields: Fields, before: Document | None) -> Mapping[str, str]:
    """Let a system element be described anew, but be no other."""
    if before is None or not before.fields["isSystem"]:
        return {}
    changed = (name for name in ("name", "type") if fields[name] != before.fields[name])
    return {name: f"must stay {before.fields[name]}: the element belongs to the system" for name in changed}


def _products(session: Session, document: Document) -> dict[str, Any]:
    """Name the products that draw on a source."""
    drawing = documents.referring(session, "product", "sourceIds", document.id)
    return {"products": [metadata_of(one) for one in drawing], "contracts": [], "contractIds": []}


ELEMENT = Kind(
    name="metering_element_definition",
    path="metering-element-definitions",
    collection="meteringElementDefinitionResourceList",
    entity="MeteringElementDefinition",
    required=("name", "type"),
    checks={"name": NAME, "description": FREE, "type": choice("STRING NUMBER")},
    defaults={"isSystem": False},
    unique=("name",),
    searched=("name", "description"),
    filters={"type": "type", "sourceIds": Listed("source", "meteringElementDefinitionIds")},
    kept=frozenset({"isSystem"}),
    validate=_keep_system,
    objection=_of_system,
)

SOURCE = Kind(
    name="source",
    path="sources",
    collection="sourceResourceList",
    entity="Source",
    required=("name", "type", "version", "ownerId"),
    checks={
        **each("name version method externalId externalUsagePlanId meteringId devPortalLink", NAME),
        # Clients send words beyond the contract's, such as API.
        "sourceType": NAME,
        **each("description descriptionAsHTML logoURL metadata resource", FREE),
        **each("autoDiscoveryEnabled syncedWithApiGateway", flag),
        "tags": items(NAME),
        "type": choice("API AI UNCLASSIFIED RESOURCE CONNECTOR TEMPLATE POLICY STREAM CONSUMER_DATA CUSTOM APP ROUTE"),
        "assetUsageIdentifier": choice("CUSTOM_ID API_ENDPOINT REVENIUM_ID"),
        "sourceClassifications": items(record(each("beginsWith contains endsWith equalsTo regex", NAME))),
    },
    defaults={
        "sourceType": "UNKNOWN",
        "autoDiscoveryEnabled": False,
        "meteringElementDefinitionIds": [],
        "sourceClassifications": [],
        "tags": [],
    },
    references=(
        Reference("ownerId", "owner", "user", holds=True),
        Reference(
            "meteringElementDefinitionIds", "meteringElementDefinitions", "metering_element_definition", many=True
        ),
    ),
    searched=("name", "description", "externalId"),
    filters={"type": "type", "sourceType": "sourceType"},
    kept=frozenset({"metadata", "descriptionAsHTML"}),
    derive=_products,
)
