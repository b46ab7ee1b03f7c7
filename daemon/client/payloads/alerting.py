"""Alert rules, the alerts that they fired, budgets and Slack channels."""

from __future__ import annotations

from decimal import Decimal

from daemon.client.payloads.base import Many, Moment, Payload, Reference, Resource


class RuleFilter(Payload):
    """One condition on what a rule looks at; `IN` takes values, every other operator one value."""

    dimension: str
    operator: str
    value: str | None = None
    values: Many[str] = ()
    include_descendants: bool | None = None


class Rule(Resource):
    """When to alert. A budget is a rule on cumulative usage."""

    name: str | None = None
    description: str | None = None
    alert_type: str | None = None
    metric_type: str | None = None
    operator_type: str | None = None
    threshold: Decimal | None = None
    is_percentage: bool | None = None
    period_duration: str | None = None
    trigger_after_persists_duration: str | None = None
    enabled: bool | None = None
    filters: Many[RuleFilter] = ()
    group_by: str | None = None
    min_sample_count: int | None = None
    data_source: str | None = None
    notification_addresses: Many[str] = ()
    slack_configurations: Many[str] = ()
    webhook_configurations: Many[str] = ()
    firing: bool | None = None
    firing_state: str | None = None
    created_by: str | None = None
    modified_by: str | None = None
    team: Reference | None = None
    team_id: str | None = None


class FiredAlert(Resource):
    """What a rule found."""

    anomaly: Rule | None = None
    triggered_timestamp: Moment | None = None
    triggered_value: Decimal | None = None
    resolved: bool | None = None
    resolved_timestamp: Moment | None = None
    duration: int | None = None
    group_display_name: str | None = None
    includes_pre_rule_activity: bool | None = None
    created_by: str | None = None
    team: Reference | None = None


class MetricPoint(Payload):
    """Whatever the platform knows of a rule's metric; nothing of it is documented."""


class ProviderKey(Payload):
    """An API key at a provider that a rule can be narrowed to."""

    id: str
    name: str | None = None
    provider: str | None = None
    partial_key_hint: str | None = None
    active: bool | None = None


class ProviderKeys(Payload):
    """A page of provider keys."""

    items: Many[ProviderKey] = ()
    total: int = 0


class Window(Payload):
    """The budget's present period."""

    start: Moment | None = None
    end_expected: Moment | None = None
    now: Moment | None = None


class Linear(Payload):
    """How usage compares with spending evenly."""

    delta: Decimal | None = None
    expected_by_now: Decimal | None = None
    status: str | None = None


class BudgetGroup(Payload):
    """The part of a budget that one group used; `percent_used` is a fraction, 0.75 means 75 %."""

    group_value: str | None = None
    group_display_name: str | None = None
    current_value: Decimal | None = None
    percent_used: float | None = None
    remaining: Decimal | None = None


class BudgetProblem(Payload):
    """Why one of several budgets could not be read."""

    code: str | None = None
    type: str | None = None
    message: str | None = None


class Budget(Payload):
    """How far a budget is used up; `percent_used` is a fraction, 0.75 means 75 %, and may exceed 1.

    Asked for one budget, the platform answers with the number `anomaly_id`; asked for several with
    `alert_id`, or with `id` and `error` where that failed.
    """

    alert_id: str | None = None
    anomaly_id: int | None = None
    id: str | None = None
    ok: bool | None = None
    error: BudgetProblem | None = None
    name: str | None = None
    metric_type: str | None = None
    threshold: Decimal | None = None
    current_value: Decimal | None = None
    percent_used: float | None = None
    remaining: Decimal | None = None
    risk: str | None = None
    cumulative_period: str | None = None
    window: Window | None = None
    ahead_behind_vs_linear: Linear | None = None
    groups: Many[BudgetGroup] = ()
    group_count: int | None = None
    groups_over_limit: int | None = None
    worst_percent_used: float | None = None


class Budgets(Payload):
    """Several budgets, in the order in which they were asked for."""

    items: Many[Budget] = ()


class SlackChannel(Resource):
    """A channel that the platform was connected to in a browser."""

    name: str | None = None
    team_name: str | None = None
    channel_name: str | None = None
    team: Reference | None = None
