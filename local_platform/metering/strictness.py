"""Strict ingestion: a call that names what is not registered is refused, with codes of why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local_platform.metering.naming import Found, Named
from local_platform.resources.kind import Document

_RESOLUTIONS = {
    "PRODUCT_NOT_FOUND": "Create the product first, or switch strict ingestion off.",
    "PRODUCT_NAME_ID_MISMATCH": "Send the product's id or its name, or both of the same product.",
    "SUBSCRIBER_NOT_FOUND": "Create the subscriber first, or switch strict ingestion off.",
    "SUBSCRIBER_NAME_ID_MISMATCH": "Send the subscriber's id or address, or both of the same subscriber.",
    "CREDENTIAL_NOT_FOUND": "Create the subscriber credential first, or switch strict ingestion off.",
    "CONSUMING_ORG_NOT_FOUND": "Create the organization first, or switch strict ingestion off.",
    "CONSUMING_ORG_NAME_ID_MISMATCH": "Send the organization's id or its name, or both of the same organization.",
    "SUBSCRIPTION_RELATIONSHIP_NOT_FOUND": "Name a subscription of that organization to that product.",
    "REQUIRED_REFERENCE_MISSING": "Name the organization, the subscriber, the credential or the subscription.",
}
CODES = frozenset(_RESOLUTIONS)


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a call is refused."""

    code: str
    field: str
    value: str

    def rendered(self) -> dict[str, str]:
        """Return the reason on the wire."""
        words = self.code.lower().replace("_", " ")
        return {
            "code": self.code,
            "field": self.field,
            "value": self.value,
            "message": f"{self.field} '{self.value}': {words}" if self.value else f"{self.field}: {words}",
            "resolution": _RESOLUTIONS[self.code],
        }


def failures_of(named: Named, found: Found) -> tuple[Failure, ...]:
    """Return everything that a strict tenant refuses in a call."""
    return tuple(
        failure
        for failure in (
            _named_and_found(_ORGANIZATION, named.organization, named.organization_id, found.organization),
            _named_and_found(_PRODUCT, named.product, named.product_id, found.product),
            _subscriber(named, found.subscriber),
            _credential(named, found.credential),
            _subscription(named, found),
            _payer(named),
        )
        if failure is not None
    )


@dataclass(frozen=True, slots=True)
class _Words:
    code: str
    name: str
    identity: str


_ORGANIZATION = _Words("CONSUMING_ORG", "organizationName", "organizationId")
_PRODUCT = _Words("PRODUCT", "productName", "productId")


def _named_and_found(words: _Words, name: str | None, identity: str | None, found: Document | None) -> Failure | None:
    if found is None:
        field, value = (words.name, name) if name else (words.identity, identity)
        return Failure(f"{words.code}_NOT_FOUND", field, value) if value else None
    if name and identity and not {name, identity} <= _names(found):
        return Failure(f"{words.code}_NAME_ID_MISMATCH", words.identity, identity)
    return None


def _names(document: Document) -> set[str]:
    return {document.id, document.title}


def _subscriber(named: Named, found: Document | None) -> Failure | None:
    if found is None:
        field, value = next(iter(_given({"email": named.subscriber, "id": named.subscriber_id})), ("", ""))
        return Failure("SUBSCRIBER_NOT_FOUND", f"subscriber.{field}", value) if field else None
    wrong_address = named.subscriber and named.subscriber.casefold() != found.title.casefold()
    own_id = found.fields.get("subscriberId")
    wrong_id = named.subscriber_id and own_id and named.subscriber_id not in (found.id, own_id)
    if wrong_address or wrong_id:
        return Failure("SUBSCRIBER_NAME_ID_MISMATCH", "subscriber.id", named.subscriber_id or "")
    return None


def _given(names: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    return ((field, value) for field, value in names.items() if value)


def _credential(named: Named, found: Document | None) -> Failure | None:
    if found is not None or not (named.credential or named.credential_value):
        return None
    # The value may be a secret, so that only the name is repeated.
    return Failure("CREDENTIAL_NOT_FOUND", "subscriber.credential", named.credential or "")


def _subscription(named: Named, found: Found) -> Failure | None:
    if named.subscription is None:
        return None
    if found.subscription is None or not _relates(found.subscription, found):
        return Failure("SUBSCRIPTION_RELATIONSHIP_NOT_FOUND", "subscriptionId", named.subscription)
    return None


def _relates(subscription: Document, found: Found) -> bool:
    pairs = (("productId", found.product), ("organizationId", found.organization))
    return all(other is None or subscription.fields.get(field) == other.id for field, other in pairs)


def _payer(named: Named) -> Failure | None:
    payers = (
        *(named.organization, named.organization_id, named.subscriber, named.subscriber_id),
        *(named.credential, named.credential_value, named.subscription),
    )
    return None if any(payers) else Failure("REQUIRED_REFERENCE_MISSING", "organizationName", "")
