"""Alert rules and cost controls as resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_platform.alerting import cost_control, fired, rule, standings
from local_platform.alerting.vocabulary import Metric
from local_platform.checks import items, mapping
from local_platform.jobs import economics
from local_platform.resources import documents
from local_platform.resources.kind import Document, Fields, Kind
from local_platform.session import Session


def _sign(session: Session, fields: Fields, before: Document | None) -> None:
    """Note who made it, and who changed it last."""
    author = documents.find(session, "user", session.user)
    address = author.fields.get("email") if author else None
    fields["createdBy"] = before.fields.get("createdBy") if before else address
    fields["modifiedBy"] = address


def _rule_complaints(session: Session, fields: Fields, _before: Document | None) -> Mapping[str, str]:
    wrong = rule.complaints(fields)
    if wrong or fields["metricType"] != Metric.QUALITY_RATE:
        return wrong
    (job_type,) = rule.rule_of(fields).filters[0].values
    known = economics.types(session)
    if job_type.casefold() in (name.casefold() for name in known):
        return {}
    return {"filters": f"'{job_type}' is no type of job; known are: {', '.join(known) or 'none yet'}"}


def _control_complaints(_session: Session, fields: Fields, _before: Document | None) -> Mapping[str, str]:
    return cost_control.complaints(fields)


def _firing(session: Session, document: Document) -> Mapping[str, Any]:
    firing = standings.is_firing(session.connection, document.number)
    return {"firing": firing, "firingState": "FIRING" if firing else "NOT_FIRING"}


def _end_alerts(session: Session, before: Document | None, after: Document | None) -> None:
    """A rule that is deleted leaves its history behind, but nothing open."""
    if before is not None and after is None:
        fired.resolve_all(session.connection, before.number, session.now)
        standings.forget(session.connection, before.number)
        standings.forget_reset(session.connection, before.number)


def _tidy(body: Fields) -> Fields:
    """Write each address once, in lower case."""
    emails = body.get("notificationEmails")
    if isinstance(emails, list) and all(isinstance(one, str) for one in emails):
        body["notificationEmails"] = list(dict.fromkeys(one.strip().lower() for one in emails))
    return body


RULE = Kind(
    name="anomaly",
    path="sources/ai/anomaly",
    collection="aIAnomalyResourceList",
    entity="AIAnomaly",
    resource_type="ai_anomaly_metadata",
    required=rule.REQUIRED,
    checks={**rule.CHECKS, "filters": items(mapping)},
    defaults={
        "isPercentage": False,
        "filters": [],
        "notificationAddresses": [],
        "slackConfigurations": [],
        "webhookConfigurations": [],
    },
    searched=("name", "description"),
    filters={"type": "alertType"},
    settle=_sign,
    validate=_rule_complaints,
    derive=_firing,
    changed=_end_alerts,
)

COST_CONTROL = Kind(
    name="cost_control",
    path="ai/cost-controls",
    collection="costControlResourceList",
    entity="CostControl",
    required=cost_control.REQUIRED,
    checks={**cost_control.CHECKS, "filters": items(mapping)},
    defaults={
        "enabled": True,
        "shadowMode": False,
        "filters": [],
        "notificationEmails": [],
        "notificationChannelIds": [],
    },
    searched=("name", "description"),
    prepare=_tidy,
    settle=_sign,
    validate=_control_complaints,
)

KINDS = (RULE, COST_CONTROL)
"""The kinds of this room."""
