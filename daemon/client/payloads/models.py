"""AI models and what they cost."""

from __future__ import annotations

from daemon.client.payloads.base import Many, Money, Payload, Reference, Resource


class PricingDimension(Payload):
    """A price that is not per text token."""

    id: str | None = None
    modality: str | None = None
    billing_unit: str | None = None
    cost_type: str | None = None
    direction: str | None = None
    operation_subtype: str | None = None
    unit_price: Money | None = None
    is_global: bool | None = None
    tenant_credit_rate: Money | None = None
    attributes: str | None = None


class Model(Resource):
    """A model with its prices, in dollars per token."""

    name: str | None = None
    provider: str | None = None
    mode: str | None = None
    input_cost_per_token: Money | None = None
    output_cost_per_token: Money | None = None
    cache_creation_cost_per_input_token: Money | None = None
    cache_creation_1hr_cost_per_input_token: Money | None = None
    cache_read_cost_per_input_token: Money | None = None
    price_overridden: bool | None = None
    price_override_reason: str | None = None
    pricing_dimensions: Many[PricingDimension] = ()
    supports_vision: bool | None = None
    supports_tool_choice: bool | None = None
    supports_prompt_caching: bool | None = None
    team: Reference | None = None
    team_id: str | None = None


class ModelPricing(Payload):
    """Everything that a model charges for."""

    pricing_dimensions: Many[PricingDimension] = ()
