"""Agentic jobs, what came of them and what they are worth."""

from __future__ import annotations

from decimal import Decimal

from daemon.client.payloads.base import Many, Moment, Money, Payload, Resource


class Job(Resource):
    """One job that agents did; it is addressed by `agentic_job_id`, not by `id`."""

    agentic_job_id: str | None = None
    name: str | None = None
    type: str | None = None
    environment: str | None = None
    version: str | None = None
    source: str | None = None
    entity_version: int | None = None
    execution_status: str | None = None
    has_outcome: bool | None = None
    outcome_type: str | None = None
    outcome_value: Money | None = None
    outcome_currency: str | None = None
    outcome_reason: str | None = None
    outcome_metadata: str | None = None
    outcome_reported_at: Moment | None = None


class JobCall(Payload):
    """One call that a job made."""

    timestamp: Moment | None = None
    transaction_id: str | None = None
    model: str | None = None
    provider: str | None = None
    agent: str | None = None
    status: str | None = None
    cost: Money | None = None
    duration: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


class JobCalls(Payload):
    """The calls that a job made."""

    total_count: int = 0
    transactions: Many[JobCall] = ()


class JobRoi(Payload):
    """What a job cost and brought."""

    agentic_job_id: str | None = None
    agentic_job_name: str | None = None
    agentic_job_type: str | None = None
    execution_status: str | None = None
    has_outcome: bool | None = None
    outcome_type: str | None = None
    outcome_value: Money | None = None
    outcome_currency: str | None = None
    total_cost: Money | None = None
    roi: float | None = None
    transaction_count: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


class OutcomeMetric(Payload):
    """One figure of an outcome."""

    key: str | None = None
    value: Decimal | None = None
    provenance: str | None = None
    source: str | None = None
    reason: str | None = None
    recorded_at: Moment | None = None
    recorded_by: str | None = None


class Outcome(Payload):
    """What came of a job. `expected_entity_version` guards an amendment against somebody else's."""

    execution_status: str | None = None
    outcome_type: str | None = None
    outcome_value: Money | None = None
    outcome_currency: str | None = None
    outcome_reason: str | None = None
    metadata: str | None = None
    metrics: Many[OutcomeMetric] = ()
    reported_by: str | None = None
    expected_entity_version: int | None = None
    reason: str | None = None


class OutcomeRevision(Payload):
    """One version of an outcome."""

    sequence: int | None = None
    execution_status: str | None = None
    outcome_type: str | None = None
    outcome_value: Money | None = None
    outcome_currency: str | None = None
    outcome_metadata: str | None = None
    outcome_reason: str | None = None
    reported_by: str | None = None
    reported_at: Moment | None = None
    reason: str | None = None


class Funnel(Payload):
    """How many jobs came to what end."""

    total_jobs: int | None = None
    successful_jobs: int | None = None
    converted_jobs: int | None = None
    deflected_jobs: int | None = None
    escalated_jobs: int | None = None
    custom_jobs: int | None = None
    success_rate: float | None = None
    conversion_rate: float | None = None


class Baseline(Payload):
    """What a unit of work cost before agents did it."""

    version: int | None = None
    cost_per_unit: Money | None = None
    hourly_rate: Money | None = None
    minutes_per_unit: Decimal | None = None
    quality_rate: float | None = None
    currency: str | None = None
    provenance: str | None = None
    declared_by: str | None = None
    evidence_url: str | None = None
    effective_from: Moment | None = None
    created: Moment | None = None


class JobMetric(Payload):
    """A figure that jobs of a type report."""

    key: str | None = None
    type: str | None = None
    aggregation: str | None = None
    direction: str | None = None
    resolution: str | None = None


class JobDimension(Payload):
    """A property that jobs of a type are told apart by."""

    key: str | None = None
    allowed_values: Many[str] = ()


class Monetization(Payload):
    """What a figure is worth."""

    basis: str | None = None
    category: str | None = None
    currency: str | None = None
    metric_key: str | None = None
    value_per_unit: Money | None = None


class Economics(Payload):
    """How jobs of a type are valued."""

    job_type: str | None = None
    unit_label: str | None = None
    unit_metric_key: str | None = None
    overhead_per_unit: Money | None = None
    overhead_currency: str | None = None
    monetization: Monetization | None = None
    metrics: Many[JobMetric] = ()
    dimensions: Many[JobDimension] = ()
    current_baseline: Baseline | None = None


class Fact(Payload):
    """A figure about a period rather than one job."""

    key: str | None = None
    value: Decimal | None = None
    period_start: Moment | None = None
    period_end: Moment | None = None
    dimension_key: str | None = None
    dimension_value: str | None = None
    provenance: str | None = None
    source: str | None = None
    reason: str | None = None
    recorded_by: str | None = None


class Share(Payload):
    """The share of a session that one ticket has."""

    ticket_id: str | None = None
    ticket_title: str | None = None
    weight: float | None = None


class Attribution(Payload):
    """What a coding session was spent on."""

    session_id: str | None = None
    repo: str | None = None
    branch: str | None = None
    ticket_id: str | None = None
    ticket_title: str | None = None
    work_mode: str | None = None
    reason: str | None = None
    reason_category: str | None = None
    source: str | None = None
    subscriber_email: str | None = None
    effective_from: Moment | None = None
    splits: Many[Share] = ()
