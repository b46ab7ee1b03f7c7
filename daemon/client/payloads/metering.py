"""Usage as it is sent: calls of models, images, audio, video, tools, events and plain APIs."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from daemon.client.payloads.base import Many, Moment, Money, Payload
from daemon.client.wire import Json


class SubscriberKey(Payload):
    """The key by which a subscriber is known."""

    name: str | None = None
    value: str | None = Field(default=None, repr=False)


class UsageSubscriber(Payload):
    """Who used it."""

    id: str | None = None
    email: str | None = None
    credential: SubscriberKey | None = None


class Usage(Payload):
    """What every kind of model call has."""

    transaction_id: str
    model: str
    provider: str
    request_time: Moment
    response_time: Moment
    request_duration: int

    total_cost: Money | None = None
    cost_multiplier: Decimal | None = None
    billing_skipped: bool | None = None
    skip_reason: str | None = None
    organization_name: str | None = None
    product_name: str | None = None
    subscription_id: str | None = None
    subscriber: UsageSubscriber | None = None
    credential_alias: str | None = None
    agent: str | None = None
    agent_version: str | None = None
    task_type: str | None = None
    operation_type: str | None = None
    operation_subtype: str | None = None
    environment: str | None = None
    region: str | None = None
    trace_id: str | None = None
    trace_type: str | None = None
    trace_name: str | None = None
    parent_transaction_id: str | None = None
    transaction_name: str | None = None
    retry_number: int | None = None
    ticket_id: str | None = None
    agentic_job_id: str | None = None
    agentic_job_name: str | None = None
    agentic_job_type: str | None = None
    agentic_job_version: str | None = None
    squad_id: str | None = None
    squad_name: str | None = None
    squad_role: str | None = None
    model_source: str | None = None
    model_host: str | None = None
    middleware_source: str | None = None
    error_reason: str | None = None
    error_code: int | None = None
    response_quality_score: float | None = None


class Completion(Usage):
    """A call that was answered with text. Costs that are not given are computed by the platform."""

    completion_start_time: Moment
    input_token_count: int
    output_token_count: int
    total_token_count: int
    stop_reason: str
    is_streamed: bool

    reasoning_token_count: int | None = None
    cache_creation_token_count: int | None = None
    cache_read_token_count: int | None = None
    cache_creation_5m_token_count: int | None = None
    cache_creation_1h_token_count: int | None = None
    input_token_cost: Money | None = None
    output_token_cost: Money | None = None
    cache_creation_token_cost: Money | None = None
    cache_read_token_cost: Money | None = None
    pricing_tier: str | None = None
    time_to_first_token: int | None = None
    mediation_latency: int | None = None
    temperature: float | None = None
    system_fingerprint: str | None = None
    effort: str | None = None
    speed: str | None = None
    system_prompt: str | None = Field(default=None, repr=False)
    input_messages: str | None = Field(default=None, repr=False)
    output_response: str | None = Field(default=None, repr=False)
    prompts_truncated: bool | None = None


class Image(Usage):
    """Pictures that were made."""

    actual_image_count: int
    billing_unit: str
    requested_image_count: int | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    quality: str | None = None
    style: str | None = None
    format: str | None = None
    source_transaction_id: str | None = None


class Audio(Usage):
    """Speech that was made or understood."""

    billing_unit: str
    duration_seconds: Decimal | None = None
    character_count: int | None = None
    input_audio_token_count: int | None = None
    output_audio_token_count: int | None = None
    input_token_count: int | None = None
    output_token_count: int | None = None
    language: str | None = None
    voice: str | None = None
    audio_format: str | None = None
    sample_rate: int | None = None
    is_realtime: bool | None = None


class Video(Usage):
    """Films that were made."""

    billing_unit: str
    duration_seconds: Decimal | None = None
    requested_duration_seconds: Decimal | None = None
    credits_consumed: Decimal | None = None
    credit_rate: Money | None = None
    fps: int | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    video_job_id: str | None = None
    async_operation: bool | None = None
    completion_status: str | None = None
    source_transaction_id: str | None = None


class ToolUse(Payload):
    """A tool that was called."""

    tool_id: str
    duration_ms: int
    success: bool
    timestamp: Moment | None = None
    transaction_id: str | None = None
    operation: str | None = None
    error_message: str | None = None
    cost_usd: Money | None = None
    agent: str | None = None
    organization_name: str | None = None
    product_name: str | None = None
    subscriber_credential: str | None = Field(default=None, repr=False)
    workflow_id: str | None = None
    trace_id: str | None = None
    agentic_job_id: str | None = None
    usage_metadata: dict[str, Json] | None = None


class Event(Payload):
    """Values of metering elements, by the elements' names."""

    transaction_id: str
    payload: dict[str, Json]
    source_type: str
    source_id: str | None = None
    subscriber_credential: str | None = Field(default=None, repr=False)


class ApiRequest(Payload):
    """A request to an API of one's own."""

    transaction_id: str
    method: str | None = None
    resource: str | None = None
    source_id: str | None = None
    source_type: str | None = None
    credential: str | None = Field(default=None, repr=False)
    content_type: str | None = None
    remote_host: str | None = None
    request_message_size: int | None = None
    user_agent: str | None = None


class ApiResponse(Payload):
    """The answer of an API of one's own."""

    transaction_id: str
    response_code: int
    total_duration: int | None = None
    backend_latency: int | None = None
    gateway_latency: int | None = None
    response_message_size: int | None = None
    content_type: str | None = None


class Receipt(Payload):
    """The platform has taken the usage; it shows in the log some seconds later."""

    id: str | None = None
    label: str | None = None
    signature: str | None = None
    warnings: Many[str] = ()
