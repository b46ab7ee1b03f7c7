"""What is sold and what is measured: products with their plans, sources, metering elements."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from daemon.client.payloads.base import Many, Money, Payload, Reference, Resource


class Tier(Payload):
    """A span of quantities with its price; the last tier has no upper end."""

    id: str | None = None
    name: str | None = None
    starting_from: Decimal | None = None
    up_to: Decimal | None = None
    unit_amount: Money | None = None
    flat_amount: Money | None = None


class RatingAggregation(Payload):
    """How an element is summed up and priced."""

    id: str | None = None
    name: str | None = None
    aggregation_type: str | None = None
    element_definition_id: str | None = None
    distinct_value: str | None = None
    graduated: bool | None = None
    tiers: Many[Tier] = ()


class PlanElement(Payload):
    """A measured element with a price of its own."""

    name: str | None = None
    type: str | None = None
    element_definition_id: str | None = None
    distinct_value: str | None = None
    unit_amount: Money | None = None
    flat_amount: Money | None = None


class SetupFee(Payload):
    """Paid once, per organization or per subscription."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    flat_amount: Money | None = None


class Plan(Payload):
    """What a product costs."""

    name: str | None = None
    type: str | None = None
    currency: str | None = None
    charge: Money | None = None
    period: str | None = None
    period_count: int | None = None
    trial_period: str | None = None
    trial_period_count: int | None = None
    graduated: bool | None = None
    pre_pay_all_flat_rates: bool | None = None
    tiers: Many[Tier] = ()
    elements: Many[PlanElement] = ()
    rating_aggregations: Many[RatingAggregation] = ()
    setup_fees: Many[SetupFee] = ()


class Terms(Payload):
    """Terms that a buyer agrees to."""

    terms: str | None = None
    link: str | None = None
    order: int | None = None


class Product(Resource):
    """Something that can be subscribed to."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    plan: Plan | None = None
    owner: Reference | None = None
    owner_id: str | None = None
    team: Reference | None = None
    team_id: str | None = None
    sources: Many[Reference] = ()
    source_ids: Many[str] = ()
    published: bool | None = None
    preview: bool | None = None
    coming_soon: bool | None = None
    external_id: str | None = None
    tags: Many[str] = ()
    terms: Many[Terms] = ()
    metering_models: Many[str] = ()
    payment_source: str | None = None
    payment_configuration_id: str | None = None
    notify_client_on_invoice: bool | None = None
    notify_client_trial_about_to_expire: bool | None = None
    notification_addresses_on_invoice: Many[str] = ()
    audience_restriction: str | None = None
    tier_quota_notification_threshold: float | None = None


class SourceClassification(Payload):
    """By which names a source is recognized."""

    begins_with: str | None = None
    contains: str | None = None
    ends_with: str | None = None
    equals_to: str | None = None
    regex: str | None = None


class Source(Resource):
    """Something that usage comes from."""

    name: str | None = None
    type: str | None = None
    version: str | None = None
    description: str | None = None
    owner: Reference | None = None
    owner_id: str | None = None
    team: Reference | None = None
    team_id: str | None = None
    source_type: str | None = None
    resource: str | None = None
    method: str | None = None
    external_id: str | None = None
    tags: Many[str] = ()
    products: Many[Reference] = ()
    metering_element_definitions: Many[Reference] = ()
    metering_element_definition_ids: Many[str] = ()
    source_classifications: Many[SourceClassification] = ()
    asset_usage_identifier: str | None = None
    auto_discovery_enabled: bool | None = None
    logo_url: str | None = Field(default=None, alias="logoURL")


class Element(Resource):
    """Something that is measured besides calls."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    is_system: bool | None = None
    team: Reference | None = None
    team_id: str | None = None


class Chart(Resource):
    """A stored chart definition."""

    type: str | None = None
    description: str | None = None
