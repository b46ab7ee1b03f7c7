"""From the names in a call to the resources that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_platform.accounts.kinds import USER
from local_platform.checks import ComplaintError, email
from local_platform.ids import decode, encode
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind
from local_platform.resources.kinds.agents import AGENT
from local_platform.resources.kinds.customers import ORGANIZATION, SUBSCRIBER
from local_platform.resources.kinds.products import PRODUCT
from local_platform.resources.kinds.subscriptions import CREDENTIAL, SUBSCRIPTION
from local_platform.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The names in a call; None where it has none.

    Attributes:
        organization: By its name.
        organization_id: By an id, or, as older clients do, by its name.
        product: As the organization.
        product_id: As the organization.
        agent: The key that it reports under.
        credential: By its name.
        credential_value: What authenticates the caller; compared with what is registered, and kept nowhere.
        subscriber: Who called, by address.
        subscriber_id: Who called, by an id of ours or the customer's own.
        subscription: By its id, the customer's own id for it, or its name.
    """

    organization: str | None = None
    organization_id: str | None = None
    product: str | None = None
    product_id: str | None = None
    agent: str | None = None
    credential: str | None = None
    credential_value: str | None = field(default=None, repr=False)
    subscriber: str | None = None
    subscriber_id: str | None = None
    subscription: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The resources that are registered under those names."""

    organization: Document | None = None
    product: Document | None = None
    credential: Document | None = None
    subscriber: Document | None = None
    subscription: Document | None = None


def find(session: Session, named: Named) -> Found:
    """Look up what is registered."""
    organization = _by_name(session, ORGANIZATION, named.organization_id, named.organization)
    return Found(
        organization=organization,
        product=_by_name(session, PRODUCT, named.product_id, named.product),
        credential=_credential(session, named, organization),
        subscriber=_subscriber(session, named),
        subscription=_subscription(session, named.subscription),
    )


def registered(session: Session, named: Named, found: Found) -> Found:
    """Register what is missing, as far as the names tell enough, and return all of it."""
    organization = found.organization or _new(session, ORGANIZATION, named.organization or named.organization_id)
    product = found.product or _new_product(session, named.product or named.product_id)
    subscriber = found.subscriber or _new_subscriber(session, named, organization)
    return Found(
        organization=organization,
        product=product,
        credential=found.credential or _new_credential(session, named, organization, subscriber),
        subscriber=subscriber,
        subscription=found.subscription,
    )


def meet_agent(session: Session, key: str | None) -> None:
    """Register an agent that calls for the first time."""
    if key is not None and documents.keyed(session, AGENT, key) is None:
        documents.insert(session, AGENT, {"telemetryKey": key, "displayName": key, "source": "TELEMETRY"})


def _by_name(session: Session, kind: Kind, identity: str | None, name: str | None) -> Document | None:
    """Find by id; a text that is the id of nothing is a name."""
    found = _by_id(session, kind, identity)
    text = name or identity
    if found is None and text is not None:
        found = documents.named(session, kind, text)
    return found


def _by_id(session: Session, kind: Kind, text: str | None) -> Document | None:
    number = decode(kind.name, text) if text is not None else None
    return None if number is None else documents.find(session, kind.name, number)


def _subscriber(session: Session, named: Named) -> Document | None:
    found = documents.keyed(session, SUBSCRIBER, named.subscriber) if named.subscriber else None
    return found or _by_id(session, SUBSCRIBER, named.subscriber_id) or _own_id(session, named.subscriber_id)


def _own_id(session: Session, text: str | None) -> Document | None:
    return None if text is None else _with_field(session, SUBSCRIBER, 0, "subscriberId", text)


def _subscription(session: Session, text: str | None) -> Document | None:
    if text is None:
        return None
    by_id = _by_id(session, SUBSCRIPTION, text)
    return (
        by_id
        or _with_field(session, SUBSCRIPTION, session.team, "subscriptionId", text)
        or _with_field(session, SUBSCRIPTION, session.team, "name", text)
    )


def _credential(session: Session, named: Named, organization: Document | None) -> Document | None:
    """Find a credential by what authenticates it, else by its name, in the organization that the call names."""
    by_value = _external(session, named.credential_value, organization)
    if by_value is not None or named.credential is None:
        return by_value
    if organization is not None:
        by_name = documents.keyed(session, CREDENTIAL, organization.id, named.credential)
    elif named.organization or named.organization_id:
        # An organization that is new has no credentials yet.
        return None
    else:
        by_name = documents.named(session, CREDENTIAL, named.credential)
    return by_name or _external(session, named.credential, organization)


def _external(session: Session, text: str | None, organization: Document | None) -> Document | None:
    found = _with_field(session, CREDENTIAL, session.team, "externalId", text) if text else None
    if found is None or organization is None or found.fields["organizationId"] == organization.id:
        return found
    return None


def _with_field(session: Session, kind: Kind, team: int, name: str, value: str) -> Document | None:
    where = "kind = ? AND tenant = ? AND team = ? AND json_extract(json, ?) = ? ORDER BY id LIMIT 1"
    return next(iter(documents.selected(session, where, (kind.name, session.tenant, team, f"$.{name}", value))), None)


def _new(session: Session, kind: Kind, name: str | None, more: Mapping[str, Any] | None = None) -> Document | None:
    return None if name is None else documents.insert(session, kind, {"name": name, **(more or {})})


def _new_product(session: Session, name: str | None) -> Document | None:
    """Make a product that costs nothing until somebody gives it prices."""
    plan: dict[str, Any] = {
        "type": "SUBSCRIPTION",
        "name": name,
        "currency": "USD",
        "period": "MONTH",
        "periodCount": 1,
        "graduated": False,
        "prePayAllFlatRates": False,
        "tiers": [],
        "elements": [],
        "ratingAggregations": [],
        "setupFees": [],
    }
    more = {"version": "1.0.0", "plan": plan, "ownerId": encode(USER.name, session.user), "published": False}
    return _new(session, PRODUCT, name, more)


def _new_subscriber(session: Session, named: Named, organization: Document | None) -> Document | None:
    """Make a subscriber; what is no address names nobody who could be written to."""
    try:
        address = email(named.subscriber or "")
    except ComplaintError:
        return None
    fields: dict[str, Any] = {"email": address, "organizationIds": [organization.id] if organization else []}
    if named.subscriber_id is not None:
        fields["subscriberId"] = named.subscriber_id
    return documents.insert(session, SUBSCRIBER, fields)


def _new_credential(
    session: Session, named: Named, organization: Document | None, subscriber: Document | None
) -> Document | None:
    """Make a credential that is known by its name: its secret value stays unknown here."""
    if named.credential is None or organization is None or subscriber is None:
        return None
    fields = {
        "name": named.credential,
        "externalId": named.credential,
        "organizationId": organization.id,
        "subscriberId": subscriber.id,
    }
    return documents.insert(session, CREDENTIAL, fields)
