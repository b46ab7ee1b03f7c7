"""Agents, and the tools that they call."""

from __future__ import annotations

from daemon.client.payloads.base import Many, Moment, Money, Payload, Reference, Resource
from daemon.client.wire import Json


class Agent(Resource):
    """An agent; its telemetry key joins it with the usage."""

    telemetry_key: str | None = None
    display_name: str | None = None
    description: str | None = None
    owner: Reference | None = None
    owner_id: str | None = None
    team: Reference | None = None
    team_id: str | None = None
    metadata: Json = None
    source: str | None = None


class DiscoveredAgent(Payload):
    """An agent that usage names, registered or not."""

    telemetry_key: str | None = None
    registered: bool | None = None
    agent_id: str | None = None
    display_name: str | None = None
    owner_id: str | None = None
    source: str | None = None
    metric_count: int | None = None
    total_cost: Money | None = None
    first_seen: Moment | None = None
    last_seen: Moment | None = None


class PriceTier(Payload):
    """A span of a tool's price."""

    up_to: int | None = None
    unit_price: Money | None = None


class PriceElement(Payload):
    """What a tool charges for."""

    name: str | None = None
    aggregation_type: str | None = None
    unit_price: Money | None = None
    tiers: Many[PriceTier] = ()


class ToolPricing(Payload):
    """What a tool costs."""

    currency: str | None = None
    elements: Many[PriceElement] = ()


class Tool(Resource):
    """A tool with a price."""

    name: str | None = None
    tool_id: str | None = None
    tool_type: str | None = None
    tool_provider: str | None = None
    description: str | None = None
    enabled: bool | None = None
    pricing: ToolPricing | None = None
    plan: Reference | None = None
    config_source: str | None = None
    team: Reference | None = None
    team_id: str | None = None


class ToolCall(Resource):
    """A tool's use, as the log has it."""

    tool: Reference | None = None
    tool_id: str | None = None
    tool_name: str | None = None
    tool_type: str | None = None
    tool_provider: str | None = None
    operation: str | None = None
    timestamp: Moment | None = None
    transaction_id: str | None = None
    call_count: int | None = None
    charge: Money | None = None
    cost_usd: Money | None = None
    currency: str | None = None
    product: Reference | None = None
    team: Reference | None = None


class Squad(Resource):
    """Agents that work together. Undocumented beyond its name."""

    name: str | None = None
