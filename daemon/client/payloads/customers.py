"""Who the usage is sold to: organizations, their people, what they subscribed to and by which key they are known."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from daemon.client.payloads.base import Many, Moment, Money, Payload, Reference, Resource


class Customer(Resource):
    """An organization that buys."""

    name: str | None = None
    types: Many[str] = ()
    tenant: Reference | None = None
    tenant_id: str | None = None
    parent: Reference | None = None
    parent_id: str | None = None
    currency: str | None = None
    external_id: str | None = None
    metadata: str | None = None
    email_address: str | None = None
    billing_email: str | None = None
    phone_number: str | None = None
    country: str | None = None
    url: str | None = None
    domain_aliases: Many[str] = ()
    element_definition_auto_discovery_enabled: bool | None = None
    source_auto_discovery_enabled: bool | None = None


class Subscriber(Resource):
    """A person who uses what the organization bought."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    subscriber_id: str | None = None
    organizations: Many[Reference] = ()
    organization_ids: Many[str] = ()
    roles: Many[str] = ()
    tenant: Reference | None = None


class Quota(Payload):
    """How much of what a plan includes is used up."""

    element_definition_id: str | None = None
    element_definition_name: str | None = None
    rating_aggregation_id: str | None = None
    rating_aggregation_name: str | None = None
    total_quota_consumed: Decimal | None = None


class Subscription(Resource):
    """A product that somebody bought."""

    name: str | None = None
    product: Reference | None = None
    product_id: str | None = None
    organization: Reference | None = None
    organization_id: str | None = None
    client: Reference | None = None
    subscriber_email: str | None = None
    client_email_address: str | None = None
    owner: Reference | None = None
    owner_id: str | None = None
    team: Reference | None = None
    team_id: str | None = None
    subscription_id: str | None = None
    start: Moment | None = None
    expiration: Moment | None = None
    trial_end: Moment | None = None
    period_start: Moment | None = None
    period_end: Moment | None = None
    charge: Money | None = None
    quotas: Many[Quota] = ()
    credentials: Many[Reference] = ()
    credential_ids: Many[str] = ()
    tags: Many[str] = ()
    named_subscribers: Many[str] = ()
    named_organizations: Many[Reference] = ()
    named_organization_ids: Many[str] = ()
    additional_invoice_recipients: Many[str] = ()
    notification_addresses_on_creation: Many[str] = ()
    notification_addresses_on_quota_threshold: Many[str] = ()
    tier_quota_notification_threshold: float | None = None
    went_over_subscription_quota: bool | None = None


class BilledAmount(Payload):
    """What a subscription was billed so far."""

    amount_billed: Money | None = None


class QuotaConsumed(Payload):
    """How far a subscription is into its quota."""

    consumed: int | None = None
    limit: int | None = None


class Credential(Resource):
    """The key by which usage names a subscriber."""

    name: str | None = None
    external_id: str | None = Field(default=None, repr=False)
    external_secret: str | None = Field(default=None, repr=False)
    subscriber: Reference | None = None
    subscriber_id: str | None = None
    organization: Reference | None = None
    organization_id: str | None = None
    subscriptions: Many[Reference] = ()
    subscription_ids: Many[str] = ()
    team: Reference | None = None
    team_id: str | None = None
    identity_provider: str | None = None
    tags: Many[str] = ()


class ProviderCredential(Resource):
    """The tenant's own key at a provider, for comparing bills."""

    name: str | None = None
    provider: str | None = None
    credential_type: str | None = None
    description: str | None = None
    api_key: str | None = Field(default=None, repr=False)
