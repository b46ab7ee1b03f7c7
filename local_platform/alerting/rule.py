"""Alert rules: read from their wire form, and what is wrong with one that cannot be taken.

Unknown fields are tolerated, and null and blank count as absent: clients send back everything they read, and an empty
text for "no duration".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_platform.alerting.filters import Filter, filters_of
from local_platform.alerting.vocabulary import (
    CHANGES,
    AlertType,
    Comparison,
    Dimension,
    Duration,
    Metric,
    Operator,
    member,
)
from local_platform.checks import Check, amount, applied, choice, email, flag, items, text, whole

_NAME = text(255)
_MOST_SAMPLES = 1_000_000
CHECKS: dict[str, Check] = {
    "name": _NAME,
    "alertType": member(AlertType),
    "metricType": member(Metric),
    "operatorType": member(Operator),
    "threshold": amount,
    "periodDuration": member(Duration),
    "enabled": flag,
    "description": text(),
    "dataSource": choice("SDK PROVIDER"),
    "groupBy": member(Dimension),
    "isPercentage": flag,
    "minSampleCount": whole(_MOST_SAMPLES),
    "triggerAfterPersistsDuration": member(Duration),
    "notificationAddresses": items(email),
    "slackConfigurations": items(_NAME),
    "webhookConfigurations": items(_NAME),
}
REQUIRED = ("name", "alertType", "metricType", "operatorType", "threshold", "periodDuration", "enabled")
_BLANK = "must not be null or blank"


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert rule.

    Attributes:
        name: What people call it.
        alert_type: How it looks at its metric.
        metric: What it measures.
        operator: How the measured value is compared with the threshold.
        threshold: What it is compared with, in the metric's own unit or in percent.
        period: How long it looks back, or which period a budget follows.
        enabled: Whether it is evaluated.
        filters: Which calls it looks at.
        group_by: What it is evaluated for separately.
        persists: How long the condition must hold before it fires.
        percentage: Whether a change is compared in percent even without a percent operator.
        min_samples: How many samples a judgement takes.
    """

    name: str
    alert_type: AlertType
    metric: Metric
    operator: Operator
    threshold: Decimal
    period: Duration
    enabled: bool = True
    filters: tuple[Filter, ...] = ()
    group_by: Dimension | None = None
    persists: Duration | None = None
    percentage: bool = False
    min_samples: int = 0

    @property
    def is_budget(self) -> bool:
        """Whether it adds up since the start of a period."""
        return self.alert_type is AlertType.CUMULATIVE_USAGE


def complaints(body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a rule's body, by field."""
    return _read(body)[1]


def rule_of(body: Mapping[str, Any]) -> Rule:
    """Read a rule from its wire form.

    Raises:
        ValueError: The body has complaints.
    """
    rule, wrong = _read(body)
    if rule is None:
        raise ValueError("; ".join(f"{name} {complaint}" for name, complaint in wrong.items()))
    return rule


def _read(body: Mapping[str, Any]) -> tuple[Rule | None, dict[str, str]]:
    wrong: dict[str, str] = {}
    fields = applied(CHECKS, body, wrong)
    wrong |= {name: _BLANK for name in REQUIRED if name not in fields and name not in wrong}
    filters = filters_of(body.get("filters"), wrong)
    # Fields that cannot be read by themselves would only be complained about twice.
    if not wrong:
        wrong = _conflicts(fields) | _quality_conflicts(fields, filters)
    return (None if wrong else _rule(fields, filters)), wrong


def _rule(fields: Mapping[str, Any], filters: tuple[Filter, ...]) -> Rule:
    return Rule(
        name=fields["name"],
        alert_type=fields["alertType"],
        metric=fields["metricType"],
        operator=fields["operatorType"],
        threshold=fields["threshold"],
        period=fields["periodDuration"],
        enabled=fields["enabled"],
        filters=filters,
        group_by=fields.get("groupBy"),
        persists=fields.get("triggerAfterPersistsDuration"),
        percentage=fields.get("isPercentage", False),
        min_samples=fields.get("minSampleCount", 0),
    )


def _conflicts(fields: Mapping[str, Any]) -> dict[str, str]:
    """Find fields that do not go together."""
    wrong = {}
    relative = fields["alertType"] is AlertType.RELATIVE_CHANGE
    if relative != (fields["operatorType"] in CHANGES):
        allowed = [word.value for word in Operator if (word in CHANGES) == relative]
        wrong["operatorType"] = f"must be one of {', '.join(allowed)} for {fields['alertType']}"
    if relative and "triggerAfterPersistsDuration" in fields:
        wrong["triggerAfterPersistsDuration"] = "is not supported on RELATIVE_CHANGE; leave it out"
    return wrong


def _quality_conflicts(fields: Mapping[str, Any], filters: tuple[Filter, ...]) -> dict[str, str]:
    """Find what QUALITY_RATE asks for: it is judged for one type of job, and it alone counts samples."""
    if fields["metricType"] is not Metric.QUALITY_RATE:
        only = {"minSampleCount": "is supported on QUALITY_RATE only; leave it out"}
        return only if "minSampleCount" in fields else {}
    wrong = {}
    if fields["alertType"] is not AlertType.THRESHOLD:
        wrong["alertType"] = "must be THRESHOLD for QUALITY_RATE"
    if [(one.dimension, one.comparison) for one in filters] != [(Dimension.TASK_TYPE, Comparison.IS)]:
        wrong["filters"] = "must be exactly one for QUALITY_RATE: TASK_TYPE IS <job type>"
    if "groupBy" in fields:
        wrong["groupBy"] = "is not supported on QUALITY_RATE; leave it out"
    if fields.get("minSampleCount", 1) < 1:
        wrong["minSampleCount"] = "must be greater than or equal to 1"
    return wrong
