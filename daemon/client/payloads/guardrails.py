"""Limits that stop calls, and what they stopped."""

from __future__ import annotations

from decimal import Decimal

from daemon.client.payloads.alerting import RuleFilter
from daemon.client.payloads.base import Many, Moment, Payload, Reference, Resource
from daemon.client.wire import Json


class CostControl(Resource):
    """A limit that warns, or blocks further calls."""

    name: str | None = None
    description: str | None = None
    metric_type: str | None = None
    window_type: str | None = None
    action: str | None = None
    hard_limit: Decimal | None = None
    warn_threshold: Decimal | None = None
    shadow_mode: bool | None = None
    enabled: bool | None = None
    group_by: str | None = None
    filters: Many[RuleFilter] = ()
    deny_message: str | None = None
    notification_emails: Many[str] = ()
    notification_channel_ids: Many[str] = ()
    created_by: str | None = None
    modified_by: str | None = None
    team: Reference | None = None
    team_id: str | None = None


class FilterValue(Payload):
    """A value that a filter can take."""

    value: str | None = None
    label: str | None = None
    covers: Many[str] = ()


class FilterValues(Payload):
    """The values that a dimension's filter can take."""

    dimension: str | None = None
    values: Many[FilterValue] = ()


class EnforcedGroup(Payload):
    """How far one group is into a rule's limit."""

    group_value: str | None = None
    display_name: str | None = None
    current_value: Decimal | None = None
    usage_percent: float | None = None
    breached: bool | None = None


class EnforcedRule(Payload):
    """A limit as callers enforce it; its ids are numbers, unlike elsewhere."""

    rule_id: int | None = None
    team_id: int | None = None
    name: str | None = None
    action: str | None = None
    metric_type: str | None = None
    period_type: str | None = None
    threshold: Decimal | None = None
    warn_threshold: Decimal | None = None
    current_value: Decimal | None = None
    percent_used: float | None = None
    breached: bool | None = None
    warn_breached: bool | None = None
    shadow_mode: bool | None = None
    deny_message: str | None = None
    group_by: str | None = None
    group_breakdown: Many[EnforcedGroup] = ()
    filters: Many[RuleFilter] = ()
    window_start: Moment | None = None
    window_end: Moment | None = None
    source: str | None = None


class EnforcedRules(Payload):
    """All limits of a team."""

    compiled_at: Moment | None = None
    rules: Many[EnforcedRule] = ()
    department_budget_blocks: dict[str, Json] | None = None
    department_budget_warnings: dict[str, Json] | None = None


class RosterRow(Payload):
    """Somebody whom a limit applies to."""

    key: str | None = None
    label: str | None = None
    display_name: str | None = None
    email: str | None = None
    band: str | None = None
    spend: Decimal | None = None
    limit: Decimal | None = None
    last_event_at: Moment | None = None


class Roster(Payload):
    """Everybody whom a limit applies to."""

    rule_id: str | None = None
    dimension: str | None = None
    threshold: Decimal | None = None
    warn_threshold: Decimal | None = None
    blocked_count: int | None = None
    warned_count: int | None = None
    under_count: int | None = None
    total: int | None = None
    rows: Many[RosterRow] = ()


class EnforcementEvent(Resource):
    """A call that a limit stopped or would have stopped."""

    rule_id: str | None = None
    rule_name: str | None = None
    action: str | None = None
    level: str | None = None
    outcome: str | None = None
    is_shadow: bool | None = None
    metric_type: str | None = None
    current_value: Decimal | None = None
    threshold: Decimal | None = None
    usage_percent: float | None = None
    group_by: str | None = None
    group_label: str | None = None
    group_value: str | None = None
    provider: str | None = None
    model: str | None = None
    subscriber_email: str | None = None
    transaction_id: str | None = None


class EnforcementSummary(Payload):
    """How often limits struck."""

    blocked: int | None = None
    warned: int | None = None
    would_block: int | None = None
    would_warn: int | None = None
    distinct_affected: int | None = None
    resolved_since: Moment | None = None
    resolved_until: Moment | None = None


class HistoryBucket(Payload):
    """How often limits struck in one span of time."""

    bucket_start: Moment | None = None
    count: int | None = None


class EnforcementHistory(Payload):
    """How often limits struck, over time."""

    buckets: Many[HistoryBucket] = ()
    zone: str | None = None
    resolved_since: Moment | None = None
    resolved_until: Moment | None = None


class AffectedRow(Payload):
    """Somebody whom limits struck."""

    group_by: str | None = None
    group_label: str | None = None
    group_value: str | None = None
    subscriber_email: str | None = None
    count: int | None = None


class Affected(Payload):
    """Everybody whom limits struck."""

    rows: Many[AffectedRow] = ()
    total: int | None = None
    resolved_since: Moment | None = None
    resolved_until: Moment | None = None


class GroupPreview(Payload):
    """Which departments a limit would cover; its fields are not documented and kept as they come."""
