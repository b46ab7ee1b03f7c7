"""Who has bought what, and the credentials by which their usage is known."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from local_platform import ids
from local_platform.billing.amounts import decorations
from local_platform.checks import email, flag, items, moment_text, number
from local_platform.resources import documents
from local_platform.resources.fields import NAME, each, secret
from local_platform.resources.kind import Document, Fields, Kind, Reference
from local_platform.resources.kinds.customers import ORGANIZATION, SUBSCRIBER
from local_platform.session import Session

UNCLASSIFIED = "Unclassified"
"""The organization of subscriptions that name none."""


def _with_older_names(body: Fields) -> Fields:
    """Read the names that older clients use, where the present ones are missing."""
    if body.get("product_id") and not body.get("productId"):
        body["productId"] = body["product_id"]
    return body


def _settle(session: Session, fields: Fields, before: Document | None) -> None:
    """Find the organization, and the subscriber by whichever of the two names brings the address."""
    if "organizationId" not in fields:
        home = documents.named(session, ORGANIZATION, UNCLASSIFIED)
        fields["organizationId"] = (home or documents.insert(session, ORGANIZATION, {"name": UNCLASSIFIED})).id
    known = _address(session, before) if before else None
    # Clients send back both names, and change one of them.
    sent = [fields[name] for name in ("subscriberEmail", "clientEmailAddress") if name in fields]
    if sent:
        address = next((one for one in sent if one != known), sent[0])
        fields["subscriberEmail"] = fields["clientEmailAddress"] = address
        fields["clientId"] = _enrolled(session, address, fields["organizationId"]).id


def _enrolled(session: Session, address: str, organization_id: str) -> Document:
    """Return the subscriber of an address, who is made known in the organization if need be."""
    subscriber = documents.keyed(session, SUBSCRIBER, address)
    if subscriber is None:
        return documents.insert(session, SUBSCRIBER, {"email": address, "organizationIds": [organization_id]})
    if not subscriber.fields["organizationIds"]:
        documents.amend(session, subscriber, {"organizationIds": [organization_id]})
    return subscriber


def _address(session: Session, subscription: Document) -> str:
    """Return the subscriber's present address, which may have changed since."""
    number = ids.decode(SUBSCRIBER.name, subscription.fields.get("clientId", ""))
    subscriber = None if number is None else documents.find(session, SUBSCRIBER.name, number)
    return subscriber.title if subscriber else subscription.title


def _derive(session: Session, subscriptions: Sequence[Document]) -> list[dict[str, Any]]:
    billed = decorations(session, subscriptions)
    return [{**_addressed(session, one), **more} for one, more in zip(subscriptions, billed, strict=True)]


def _addressed(session: Session, subscription: Document) -> dict[str, str]:
    return dict.fromkeys(("subscriberEmail", "clientEmailAddress", "label"), _address(session, subscription))


SUBSCRIPTION = Kind(
    name="subscription",
    path="subscriptions",
    collection="subscriptionResourceList",
    entity="Subscription",
    title="subscriberEmail",
    required=("name", "productId", "ownerId", "subscriberEmail"),
    checks={
        **each("name subscriptionId accountId externalQuoteId identityProvider description", NAME),
        "provisionedCredentialExternalId": NAME,
        **each("subscriberEmail clientEmailAddress", email),
        **each("start expiration", moment_text),
        **each("additionalInvoiceRecipients notificationAddressesOnCreation", items(NAME)),
        **each("notificationAddressesOnQuotaThreshold namedSubscribers tags", items(NAME)),
        **each("quotaNotificationThreshold tierQuotaNotificationThreshold", number(Decimal(1))),
        **each("sendToSubscriber allowImmediateCancellation", flag),
    },
    defaults={
        "additionalInvoiceRecipients": [],
        "credentialIds": [],
        "namedOrganizationIds": [],
        "namedSubscribers": [],
        "notificationAddressesOnCreation": [],
        "notificationAddressesOnQuotaThreshold": [],
        "tags": [],
    },
    references=(
        Reference("productId", "product", "product", holds=True),
        Reference("ownerId", "owner", "user", holds=True),
        Reference("clientId", "client", "subscriber", holds=True, resource_type="user"),
        Reference("organizationId", "organization", "organization", holds=True),
        Reference("namedOrganizationIds", "namedOrganizations", "organization", many=True),
        Reference("credentialIds", "credentials", "credential", many=True, mirror="subscriptionIds"),
    ),
    searched=("name", "client", "subscriptionId", "product", "organization"),
    filters={"productId": "productId", "organizationId": "organizationId"},
    kept=frozenset({"credentialIds", "start"}),
    prepare=_with_older_names,
    settle=_settle,
    derive_all=_derive,
)

CREDENTIAL = Kind(
    name="credential",
    path="credentials",
    collection="credentialResourceList",
    entity="Credential",
    required=("name", "externalId", "subscriberId", "organizationId"),
    checks={**each("name externalId identityProvider", NAME), "externalSecret": secret, "tags": items(NAME)},
    defaults={"subscriptionIds": [], "tags": []},
    references=(
        Reference("organizationId", "organization", "organization", holds=True),
        Reference("subscriberId", "subscriber", "subscriber", holds=True, resource_type="user"),
        Reference("subscriptionIds", "subscriptions", "subscription", many=True, mirror="credentialIds"),
    ),
    unique=("organizationId", "name"),
    searched=("name", "externalId", "subscriber", "organization"),
    kept=frozenset({"externalSecret", "subscriptionIds"}),
    secrets=frozenset({"externalSecret"}),
)
