"""From a document to the resource on the wire, with what it refers to nested in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local_platform import ids
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind, Owner, Reference
from local_platform.session import Session
from local_platform.wire import iso_ms

# What the contract nests of teams and tenants beyond the usual.
_NESTED_TOO = {"team": ("logo",), "tenant": ("usageBillingEnabled",)}


class Renderer:
    """Renders documents for one request; a resource that many refer to is looked up once.

    `base` is the address that the ids of the rendered kind are appended to.
    """

    def __init__(self, session: Session, base: str) -> None:
        self._session = session
        self._base = base
        self._known: dict[tuple[str, int], dict[str, object] | None] = {}

    def resource(self, kind: Kind, document: Document) -> dict[str, object]:
        """Return a document as it is on the wire."""
        (resource,) = self.resources(kind, [document])
        return resource

    def resources(self, kind: Kind, found: Sequence[Document]) -> list[dict[str, object]]:
        """Return documents of an owner as they are on the wire."""
        if kind.derive_all is None:
            derived = [kind.derive(self._session, document) for document in found]
        else:
            derived = list(kind.derive_all(self._session, found))
        return [
            {
                **self._head(kind, document),
                **document.fields,
                **self._owner(kind, document),
                **self._nested(kind, document),
                **more,
            }
            for document, more in zip(found, derived, strict=True)
        ]

    def _head(self, kind: Kind, document: Document) -> dict[str, object]:
        return {
            "id": document.id,
            "label": document.fields.get(kind.title) or document.id,
            "resourceType": kind.type_name,
            "created": iso_ms(document.created_ms),
            "updated": iso_ms(document.updated_ms),
            "_links": {"self": {"href": f"{self._base}/{document.id}"}},
        }

    def _owner(self, kind: Kind, document: Document) -> dict[str, object]:
        if kind.owner is Owner.TENANT:
            return {
                "tenantId": ids.encode("tenant", document.tenant),
                "tenant": self._look_up("tenant", document.tenant),
            }
        return {"teamId": ids.encode("team", document.team), "team": self._look_up("team", document.team)}

    def _nested(self, kind: Kind, document: Document) -> dict[str, object]:
        """Nest what still exists; an id whose resource is gone is left out, so that an update with the answer passes."""
        nested: dict[str, object] = {}
        for reference in kind.references:
            given = document.fields.get(reference.field)
            if reference.many:
                found = [one for text in given or () if (one := self._referred(reference, text)) is not None]
                nested[reference.field] = [one["id"] for one in found]
                if reference.nested:
                    nested[reference.nested] = found
            elif given is not None:
                one = self._referred(reference, given)
                nested[reference.field] = one and one["id"]
                if reference.nested:
                    nested[reference.nested] = one
        return nested

    def _referred(self, reference: Reference, text: str) -> dict[str, object] | None:
        number = ids.decode(reference.kind, text)
        if number is None:
            return None
        found = self._look_up(reference.kind, number)
        if found is not None and reference.resource_type:
            found = {**found, "resourceType": reference.resource_type}
        return found

    def _look_up(self, kind: str, number: int) -> dict[str, object] | None:
        if (kind, number) not in self._known:
            self._known[kind, number] = metadata(self._session, kind, number)
        return self._known[kind, number]


def metadata(session: Session, kind: str, number: int) -> dict[str, Any] | None:
    """Return a resource as others nest it, or None when it does not exist."""
    document = documents.find(session, kind, number)
    return None if document is None else metadata_of(document)


def metadata_of(document: Document, resource_type: str | None = None) -> dict[str, Any]:
    """Return a document as others nest it.

    Args:
        document: What is nested.
        resource_type: What it calls itself, where that is not its kind's name.
    """
    nested: dict[str, Any] = {
        "id": document.id,
        "label": document.title or document.id,
        "resourceType": resource_type or document.kind,
        "created": iso_ms(document.created_ms),
        "updated": iso_ms(document.updated_ms),
        "_links": {},
    }
    more = {name: document.fields[name] for name in _NESTED_TOO.get(document.kind, ()) if name in document.fields}
    return {**nested, **more}
