"""Organizations and their credentials."""

from __future__ import annotations

from local_platform.accounts.kinds import CONTACT
from local_platform.checks import choice, items, text
from local_platform.resources.kind import Kind, Owner, Reference

_NAME = text(255)

ORGANIZATION = Kind(
    name="organization",
    path="organizations",
    collection="organizationResourceList",
    entity="Organization",
    owner=Owner.TENANT,
    checks={**CONTACT, "name": _NAME, "types": items(choice("CONSUMER"))},
    defaults={
        "types": ["CONSUMER"],
        "currency": "USD",
        "elementDefinitionAutoDiscoveryEnabled": True,
        "sourceAutoDiscoveryEnabled": True,
    },
    references=(Reference("parentId", "parent", "organization"),),
)

CREDENTIAL = Kind(
    name="credential",
    path="credentials",
    collection="credentialResourceList",
    entity="Credential",
    required=("name", "externalId", "organizationId"),
    checks={"name": _NAME, "externalId": _NAME, "externalSecret": text(4096), "tags": items(_NAME)},
    defaults={"tags": []},
    references=(Reference("organizationId", "organization", "organization"),),
)
