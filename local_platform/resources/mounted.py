"""Every kind of resource that the platform offers."""

from __future__ import annotations

from local_platform.accounts.kinds import TEAM, TENANT, USER
from local_platform.alerting.kinds import KINDS as ALERTING
from local_platform.resources.kind import Kind
from local_platform.resources.kinds.agents import AGENT, TOOL
from local_platform.resources.kinds.channels import SLACK
from local_platform.resources.kinds.customers import ORGANIZATION, SUBSCRIBER
from local_platform.resources.kinds.products import PRODUCT
from local_platform.resources.kinds.sources import ELEMENT, SOURCE
from local_platform.resources.kinds.subscriptions import CREDENTIAL, SUBSCRIPTION
from local_platform.resources.kinds.workspace import CHART, PROVIDER_CREDENTIAL

KINDS: tuple[Kind, ...] = (
    *(TENANT, TEAM, USER),
    *(ORGANIZATION, SUBSCRIBER, SUBSCRIPTION, CREDENTIAL),
    *(PRODUCT, SOURCE, ELEMENT),
    *(AGENT, TOOL),
    *(SLACK, CHART, PROVIDER_CREDENTIAL),
    *ALERTING,
)
"""The tenant's own kinds first, because the others refer to them."""
