"""Alert rules and cost controls as resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_platform.alerting import cost_control, fired, rule, standings
from local_platform.checks import items, mapping
from local_platform.resources import documents
from local_platform.resources.kind import Document, Fields, Kind
from local_platform.session import Session

_Check = Callable[[Mapping[str, Any]], dict[str, str]]


def _sign(session: Session, fields: Fields, before: Document | None) -> None:
    """Note who made it, and who changed it last."""
    author = documents.find(session, "user", session.user)
    address = author.fields.get("email") if author else None
    fields["createdBy"] = before.fields.get("createdBy") if before else address
    fields["modifiedBy"] = address


def _complaints(check: _Check) -> Callable[[Session, Fields, Document | None], Mapping[str, str]]:
    return lambda _session, fields, _before: check(fields)


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
    validate=_complaints(rule.complaints),
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
    validate=_complaints(cost_control.complaints),
)

KINDS = (RULE, COST_CONTROL)
"""The kinds of this room."""
