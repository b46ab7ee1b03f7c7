"""Links that two kinds list from both sides: a change on one side is carried over to the other."""

from __future__ import annotations

from local_platform import ids
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind, Reference
from local_platform.session import Session


def carry_over(session: Session, kind: Kind, before: Document | None, after: Document | None) -> None:
    """Let the resources that a document names, or named before, say the same."""
    document = after or before
    if document is None:
        return
    for reference in kind.references:
        if reference.mirror:
            named = _named(reference, after)
            for text in sorted(named ^ _named(reference, before)):
                _tell(session, reference, text, document.id, linked=text in named)


def _named(reference: Reference, document: Document | None) -> set[str]:
    return set(document.fields.get(reference.field, ())) if document else set()


def _tell(session: Session, reference: Reference, text: str, document_id: str, *, linked: bool) -> None:
    number = ids.decode(reference.kind, text)
    other = None if number is None else documents.find(session, reference.kind, number)
    if other is None or reference.mirror is None:
        return
    rest = [one for one in other.fields.get(reference.mirror, ()) if one != document_id]
    documents.amend(session, other, {reference.mirror: [*rest, document_id] if linked else rest})
