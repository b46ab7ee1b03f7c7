"""What the bodies about jobs may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from local_platform.checks import Check, ComplaintError, amount, applied, choice, items, moment, number, text, whole
from local_platform.http.errors import invalid
from local_platform.jobs.store import Fields
from local_platform.resources.fields import CURRENCIES, record
from local_platform.wire import dumps, iso

_NAME = text(255)
_FREE = text(4096)
_CURRENCY = choice(CURRENCIES)
_MOST = Decimal(10**12)
_PROVENANCE = choice("MEASURED SELF_REPORTED DERIVED ATTESTED")


def _at(value: Any) -> str:
    """A moment, kept as the platform writes them."""
    return iso(moment(value))


def _lowered(value: Any) -> str:
    """A string that is kept in lower case, as types of jobs are when they are metered."""
    return str(_NAME(value)).lower()


def _metadata(value: Any) -> str:
    """Text; an object is kept as its JSON."""
    return dumps(value) if isinstance(value, dict) else str(text(100_000)(value))


def _weight(value: Any) -> Decimal:
    """A share of a whole."""
    share = amount(value)
    if share <= 0:
        raise ComplaintError("must be greater than 0")
    return share


JOB: Mapping[str, Check] = {"name": _NAME, "type": _lowered, "environment": _NAME, "version": _NAME}
AGENTIC_ID: Mapping[str, Check] = {"agenticJobId": _NAME}

METRIC: Mapping[str, Check] = {
    "key": _NAME,
    "value": amount,
    "provenance": _PROVENANCE,
    **dict.fromkeys(("source", "recordedBy"), _NAME),
    "reason": _FREE,
    "recordedAt": _at,
}
OUTCOME: Mapping[str, Check] = {
    "executionStatus": choice("SUCCESS FAILED CANCELLED"),
    "outcomeType": choice("CONVERTED ESCALATED DEFLECTED UNSUCCESSFUL CUSTOM"),
    "outcomeValue": amount,
    "outcomeCurrency": _CURRENCY,
    "outcomeReason": _FREE,
    "metadata": _metadata,
    "metrics": items(record(METRIC, ("key", "value"))),
}
REPORT: Mapping[str, Check] = {**OUTCOME, "reportedBy": _NAME, "outcomeReportedAt": _at}
AMENDMENT: Mapping[str, Check] = {**OUTCOME, "expectedEntityVersion": whole(2**53), "reason": _FREE}

FACT: Mapping[str, Check] = {
    **METRIC,
    "dimensionKey": _NAME,
    "dimensionValue": _NAME,
    "periodStart": _at,
    "periodEnd": _at,
}

ECONOMICS: Mapping[str, Check] = {
    "dimensions": items(record({"key": _NAME, "allowedValues": items(_NAME)}, ("key",))),
    "metrics": items(
        record(
            {
                "key": _NAME,
                "aggregation": choice("SUM AVG LAST"),
                "direction": choice("HIGHER_IS_BETTER LOWER_IS_BETTER"),
                "resolution": choice("PER_JOB PERIOD"),
                "type": choice("COUNT DURATION PERCENT MONEY SCORE"),
            },
            ("key",),
        )
    ),
    "monetization": record(
        {
            "basis": choice("REALIZED EXPECTED"),
            "category": choice("REVENUE COST_AVOIDED TIME_SAVED LEADING_VALUE"),
            "currency": _CURRENCY,
            "metricKey": _NAME,
            "valuePerUnit": amount,
        }
    ),
    "overheadCurrency": _CURRENCY,
    "overheadPerUnit": number(_MOST),
    "unitLabel": _NAME,
    "unitMetricKey": _NAME,
}
BASELINE: Mapping[str, Check] = {
    **dict.fromkeys(("costPerUnit", "hourlyRate", "minutesPerUnit"), number(_MOST)),
    "qualityRate": number(Decimal(1)),
    "currency": _CURRENCY,
    "declaredBy": _NAME,
    "evidenceUrl": text(2048),
    "effectiveFrom": _at,
    "provenance": choice("CUSTOMER_DECLARED MEASURED SIGNED_OFF"),
}

ATTRIBUTION: Mapping[str, Check] = {
    **dict.fromkeys(("branch", "repo", "reasonCategory", "ticketId", "workMode", "subscriberEmail"), _NAME),
    **dict.fromkeys(("reason", "ticketTitle"), _FREE),
    "effectiveFrom": _at,
    "source": choice("claude-code gemini-cli codex cursor copilot other"),
    "splits": items(record({"ticketId": _NAME, "ticketTitle": _FREE, "weight": _weight}, ("ticketId", "weight"))),
}


def checked(checks: Mapping[str, Check], body: object, required: Sequence[str] = ()) -> Fields:
    """Return the known fields of a body; null, blank and unknown ones are left out.

    Raises:
        ApiError: One is wrong, or a required one is absent.
    """
    if not isinstance(body, dict):
        raise invalid({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(checks, body, complaints)
    for name in required:
        if name not in fields:
            complaints.setdefault(name, "must not be null or blank")
    if complaints:
        raise invalid(complaints)
    return fields


def checked_all(checks: Mapping[str, Check], body: object, required: Sequence[str]) -> list[Fields]:
    """Return the entries of a body that is a list of objects.

    Raises:
        ApiError: It is none, or is empty, or an entry is wrong.
    """
    if not isinstance(body, list) or not body:
        raise invalid({"error": "must be a JSON array with at least one object"})
    return [checked(checks, entry, required) for entry in body]
