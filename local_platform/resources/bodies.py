"""From a request's JSON to the fields of a document.

A body may be what a read answered, with changes: nested resources, read-only fields and unknown ones are accepted, a flat
id wins over the nested resource beside it, and null or blank means absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local_platform import ids
from local_platform.checks import Check, ComplaintError, applied
from local_platform.http.errors import invalid
from local_platform.resources import documents
from local_platform.resources.kind import Document, Fields, Kind, Owner, Reference
from local_platform.session import Session


def fields_of(session: Session, kind: Kind, body: object, before: Document | None = None) -> Fields:
    """Check a body.

    Args:
        session: On whose behalf; references must lie in its tenant.
        kind: What the body describes.
        body: The decoded JSON.
        before: The document that the body replaces.

    Raises:
        ApiError: Something in it is wrong; every complaint is in the details.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    sent = kind.prepare(dict(body))
    complaints = _moved(kind, sent, before)
    fields = applied(kind.checks, sent, complaints)
    for reference in kind.references:
        _refer(session, reference, sent, fields, complaints)
    if before is not None:
        fields = {name: before.fields[name] for name in kind.kept & before.fields.keys()} | fields
    if not complaints:
        kind.settle(session, fields, before)
    complaints |= missing(fields, kind.required, complaints)
    if not complaints:
        complaints.update(kind.validate(session, fields, before))
    if complaints:
        raise invalid(complaints)
    return fields


def checked(body: object, checks: Mapping[str, Check], required: Iterable[str]) -> Fields:
    """Check a body that is no resource.

    Raises:
        ApiError: Something in it is wrong; every complaint is in the details.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(checks, body, complaints)
    complaints |= missing(fields, required, complaints)
    if complaints:
        raise invalid(complaints)
    return fields


def missing(fields: Fields, required: Iterable[str], complaints: Mapping[str, str]) -> dict[str, str]:
    """Return a complaint for each field that must be there, is not, and is not complained about yet."""
    return {name: "must not be null or blank" for name in required if name not in fields and name not in complaints}


def merged(kind: Kind, before: Document, body: object) -> object:
    """Return the whole body that a partial one amounts to."""
    if not isinstance(body, dict):
        return body
    patch = kind.prepare(dict(body))
    nested = {reference.nested for reference in kind.references if reference.nested}
    return {**before.fields, **{name: value for name, value in patch.items() if name not in nested}}


def _moved(kind: Kind, sent: Fields, before: Document | None) -> dict[str, str]:
    """Refuse to move a resource to another team: what it names would stay behind."""
    if before is None or kind.owner is Owner.TENANT or not sent.get("teamId"):
        return {}
    home = ids.encode("team", before.team)
    return {} if sent["teamId"] == home else {"teamId": f"must stay {home}; create the resource in the other team"}


def _refer(
    session: Session, reference: Reference, sent: Mapping[str, Any], fields: Fields, complaints: dict[str, str]
) -> None:
    given = sent.get(reference.field)
    if given is None or given == "":
        given = _flat(sent.get(reference.nested)) if reference.nested else None
    if given is None or given == "":
        return
    try:
        if reference.many:
            fields[reference.field] = [_existing(session, reference, one) for one in _list(given)]
        else:
            fields[reference.field] = _existing(session, reference, given)
    except ComplaintError as complaint:
        complaints[reference.field] = str(complaint)


def _flat(nested: object) -> object:
    """Return the id or ids of what a read put beside the flat field."""
    if isinstance(nested, list):
        return [_flat(one) for one in nested]
    return nested.get("id") if isinstance(nested, dict) else nested


def _list(given: object) -> list[object]:
    if not isinstance(given, list):
        raise ComplaintError("must be a list of ids")
    return given


def _existing(session: Session, reference: Reference, given: object) -> str:
    """Check that an id names something of this tenant."""
    if not isinstance(given, str):
        raise ComplaintError("must be an id")
    number = ids.decode(reference.kind, given)
    if number is None:
        raise ComplaintError(f"Failed to decode hashed Id: [{given}]")
    if documents.find(session, reference.kind, number) is None:
        raise ComplaintError(f"names no {reference.kind.replace('_', ' ')}; list them to find the id")
    return given
