"""Who buys: organizations and the people in them."""

from __future__ import annotations

from collections.abc import Mapping

from local_platform import ids
from local_platform.accounts.kinds import CONTACT
from local_platform.checks import choice, email, items
from local_platform.resources import documents
from local_platform.resources.fields import NAME, each
from local_platform.resources.kind import Document, Fields, Kind, Owner, Reference
from local_platform.session import Session


def _no_circle(session: Session, fields: Fields, before: Document | None) -> Mapping[str, str]:
    """Refuse a parent that is the organization itself, or lies below it."""
    above = fields.get("parentId")
    while above and before:
        if above == before.id:
            return {"parentId": "must not be the organization itself or one below it"}
        parent = documents.find(session, ORGANIZATION.name, ids.decode(ORGANIZATION.name, above) or 0)
        above = parent.fields.get("parentId") if parent else None
    return {}


ORGANIZATION = Kind(
    name="organization",
    path="organizations",
    collection="organizationResourceList",
    entity="Organization",
    owner=Owner.TENANT,
    checks={**CONTACT, "name": NAME, "types": items(choice("CONSUMER"))},
    defaults={
        "types": ["CONSUMER"],
        "currency": "USD",
        "elementDefinitionAutoDiscoveryEnabled": True,
        "sourceAutoDiscoveryEnabled": True,
    },
    references=(Reference("parentId", "parent", "organization", holds=True),),
    searched=("name", "externalId"),
    kept=frozenset({"metadata"}),
    validate=_no_circle,
)

SUBSCRIBER = Kind(
    name="subscriber",
    path="subscribers",
    collection="subscriberResourceList",
    entity="Subscriber",
    resource_type="user",
    owner=Owner.TENANT,
    listed_by=Owner.TEAM,
    title="email",
    required=("email",),
    checks={"email": email, **each("firstName lastName phoneNumber subscriberId", NAME), "roles": items(NAME)},
    defaults={"roles": ["ROLE_API_CONSUMER"], "organizationIds": []},
    references=(Reference("organizationIds", "organizations", "organization", many=True, holds=True),),
    unique=("email",),
    searched=("email", "firstName", "lastName", "subscriberId"),
)
