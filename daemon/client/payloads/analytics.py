"""Reports of both kinds, the older ones and those of the platform's second address."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from daemon.client.payloads.base import Many, Moment, Money, Payload, Resource
from daemon.client.wire import Json


class ModelShare(Payload):
    """A model's part in a provider's figure."""

    model: str | None = None
    metric_result: Decimal | None = None
    time_result: Decimal | None = None


class Figure(Payload):
    """One value of an older report; which of the names is set depends on the report."""

    metric_result: Decimal
    metric_type: str | None = None
    start_timestamp: Moment | None = None
    end_timestamp: Moment | None = None
    provider: str | None = None
    model: str | None = None
    agent: str | None = None
    credential_id: str | None = None
    credential_name: str | None = None
    organization_id: str | None = None
    organization_name: str | None = None
    product_id: str | None = None
    product_name: str | None = None
    aggregated_model_ai_metrics: Many[ModelShare] = Field(default=(), alias="aggregatedModelAIMetrics")


class FigureGroup(Payload):
    """The values of one entity."""

    group_name: str | None = None
    metrics: Many[Figure] = ()

    @property
    def total(self) -> Decimal:
        """What the values add up to."""
        return sum((figure.metric_result for figure in self.metrics), Decimal(0))


class Bucket(Payload):
    """One span of time of an older report, with its own values rather than running totals."""

    start_timestamp: Moment | None = None
    end_timestamp: Moment | None = None
    groups: Many[FigureGroup] = ()
    total_average: Decimal | None = None


class Connection(Payload):
    """Whether usage of one kind comes in."""

    connected: bool | None = None
    last_received: Moment | None = None


class Connections(Payload):
    """Which kinds of usage come in."""

    sdk_metering: Connection | None = None
    coding_assistant: Connection | None = None
    provider_billing: Connection | None = None
    traces: Connection | None = None


class Measure(Payload):
    """One value of a newer report. The last three are set where movers are ranked."""

    metric_type: str | None = None
    metric_result: Decimal | None = None
    current_value: Decimal | None = None
    previous_value: Decimal | None = None
    trend: str | None = None


class MeasureGroup(Payload):
    """The values of one entity in a newer report."""

    group_name: str | None = None
    metrics: Many[Measure] = ()
    department_id: int | str | None = None
    parent_department_id: int | str | None = None


class MeasureBucket(Payload):
    """One span of time of a newer report."""

    start_timestamp: Moment | None = None
    end_timestamp: Moment | None = None
    groups: Many[MeasureGroup] = ()


class AgentTool(Payload):
    """How an agent used a tool."""

    agent_name: str | None = None
    tool_name: str | None = None
    tool_type: str | None = None
    total_calls: int | None = None
    total_cost: Money | None = None


class AgentTools(Payload):
    """How agents used tools."""

    data: Many[AgentTool] = ()


class TracePoint(Payload):
    """What one trace cost."""

    transaction_id: str | None = None
    agent_name: str | None = None
    total_cost: Money | None = None
    total_calls: int | None = None
    distinct_tools: int | None = None
    trace_start: Moment | None = None
    trace_end: Moment | None = None


class TraceSummary(Payload):
    """How the costs of traces are spread."""

    mean: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None
    p95: Decimal | None = None
    p99: Decimal | None = None
    stddev: Decimal | None = None
    total_traces: int | None = None
    traces_above_threshold: int | None = None


class TraceCosts(Payload):
    """What traces cost."""

    data_points: Many[TracePoint] = ()
    summary: TraceSummary | None = None


class RoiTotals(Payload):
    """What all jobs cost and brought."""

    overall_roi: Decimal | None = Field(default=None, alias="overallROI")
    total_cost: Money | None = None
    total_value: Money | None = None
    total_jobs: Decimal | None = None
    total_job_types: Decimal | None = None


class RoiOfType(Payload):
    """What jobs of one type cost and brought."""

    job_type: str | None = None
    total_jobs: Decimal | None = None
    completed_jobs: Decimal | None = None
    success_rate: Decimal | None = None
    total_cost: Money | None = None
    token_cost: Money | None = None
    human_cost: Money | None = None
    external_tool_cost: Money | None = None
    total_value: Money | None = None
    roi: Decimal | None = None


class RoiSummary(Resource):
    """What jobs cost and brought."""

    summary: RoiTotals | None = None
    by_job_type: Many[RoiOfType] = ()


class Status(Payload):
    """When usage last came in, as the second address knows it."""

    completion_logs: dict[str, Json] | None = Field(default=None, alias="completion_logs")


class Investigator(Payload):
    """A kind of question that an insights run asks."""

    id: str
    category: str | None = None
    display_name: str | None = None
    version: str | None = None


class InsightsRequest(Payload):
    """What an insights run looks at."""

    period_start: Moment | None = None
    period_end: Moment | None = None
    filter_agent: Many[str] = ()
    filter_product_id: Many[str] = ()
    filter_trace_type: Many[str] = ()
    filter_consuming_org_id: Many[str] = ()
    filter_environment: str | None = None
    filter_department_id: str | None = None
    filter_include_descendants: bool | None = None
    filter_include_coding_assistants: bool | None = None
    exclude_investigator_ids: Many[str] = ()


class InsightsRun(Payload):
    """An insights run; its findings are kept as they come."""

    run_id: str | None = None
    status: str | None = None
    created: Moment | None = None
    period_start: Moment | None = None
    period_end: Moment | None = None
    findings_count: Decimal | None = None
    recommendations_count: Decimal | None = None
    triggered_by: str | None = None
    dashboard_url: str | None = Field(default=None, alias="dashboard_url")


class InsightsRuns(Payload):
    """A page of insights runs; the cursor leads to the next one."""

    data: Many[InsightsRun] = ()
    next_cursor: str | None = Field(default=None, alias="next_cursor")


class Feedback(Payload):
    """What somebody thinks of a recommendation."""

    id: str | None = None
    run_id: str | None = None
    recommendation_id: str | None = None
    action: str | None = None
    confidence_rating: int | None = None
    dismissal_reason: str | None = None
    realized_savings: Money | None = None
    realized_savings_currency: str | None = None
    realized_savings_measured_at: Moment | None = None
    actor_user_id: str | None = None
    created: Moment | None = None
