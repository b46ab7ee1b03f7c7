"""Usage as the transactions log shows it."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from daemon.client.payloads.base import Moment, Money, Reference, Resource


class LoggedCall(Resource):
    """One call of a model."""

    transaction_id: str | None = None
    request_time: Moment | None = None
    completion_start_time: Moment | None = None
    response_time: Moment | None = None
    request_duration: int | None = None
    time_to_first_token: int | None = None
    mediation_latency: int | None = None
    provider: str | None = None
    model: str | None = None
    model_source: str | None = None
    agent: str | None = None
    task_type: str | None = None
    operation_type: str | None = None
    cost_type: str | None = None
    input_token_count: int | None = None
    output_token_count: int | None = None
    reasoning_token_count: int | None = None
    cache_creation_token_count: int | None = None
    cache_read_token_count: int | None = None
    cached_token_count: int | None = None
    total_token_count: int | None = None
    input_token_cost: Money | None = None
    output_token_cost: Money | None = None
    total_cost: Money | None = None
    tokens_per_minute: Decimal | None = None
    stop_reason: str | None = None
    error_reason: str | None = None
    is_streamed: bool | None = None
    response_quality_score: float | None = None
    temperature: float | None = None
    environment: str | None = None
    region: str | None = None
    trace_id: str | None = None
    trace_type: str | None = None
    trace_name: str | None = None
    parent_transaction_id: str | None = None
    retry_number: int | None = None
    agentic_job_id: str | None = None
    squad_id: str | None = None
    subscriber_email: str | None = None
    subscriber_id: str | None = None
    subscription_id: str | None = None
    organization: Reference | None = None
    product: Reference | None = None
    source: Reference | None = None
    subscriber_credential: Reference | None = None
    team: Reference | None = None
    has_prompt_data: bool | None = None
    system_prompt: str | None = Field(default=None, repr=False)
    input_messages: str | None = Field(default=None, repr=False)
    output_response: str | None = Field(default=None, repr=False)


class LogEntry(Resource):
    """Something that the platform did or failed to do."""

    operation: str | None = None
    status: str | None = None
    details: str | None = None
