"""The kinds of resources, one module per family."""

from __future__ import annotations

from local_platform.accounts.kinds import TEAM, TENANT, USER
from local_platform.resources.kind import Kind
from local_platform.resources.kinds.agents import AGENT
from local_platform.resources.kinds.customers import CREDENTIAL, ORGANIZATION
from local_platform.resources.kinds.products import PRODUCT

KINDS: tuple[Kind, ...] = (TENANT, TEAM, USER, ORGANIZATION, CREDENTIAL, PRODUCT, AGENT)
"""Every kind that the application mounts."""
