"""Cost controls: read from their wire form, and what is wrong with one that cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_platform.alerting.filters import Filter, filters_of
from local_platform.alerting.vocabulary import Action, Dimension, Duration, Metric, member
from local_platform.checks import Check, amount, applied, email, flag, items, text

METRICS = frozenset(
    {
        Metric.TOTAL_COST,
        Metric.TOKEN_COUNT,
        Metric.INPUT_TOKEN_COUNT,
        Metric.OUTPUT_TOKEN_COUNT,
        Metric.CACHED_TOKEN_COUNT,
        Metric.ERROR_COUNT,
        Metric.IMAGE_COUNT,
        Metric.VIDEO_COUNT,
        Metric.AUDIO_COUNT,
        Metric.CHARACTER_COUNT,
        Metric.CREDITS_CONSUMED,
    }
)
_WINDOWS = frozenset({Duration.DAILY, Duration.WEEKLY, Duration.MONTHLY, Duration.QUARTERLY})
CHECKS: dict[str, Check] = {
    "name": text(255),
    "metricType": member(Metric, METRICS),
    "windowType": member(Duration, _WINDOWS),
    "action": member(Action),
    "hardLimit": amount,
    "warnThreshold": amount,
    "shadowMode": flag,
    "enabled": flag,
    "groupBy": member(Dimension),
    "description": text(),
    "denyMessage": text(2000),
    "notificationEmails": items(email, 10),
    "notificationChannelIds": items(text(255, r"(slack|webhook):.+")),
}
REQUIRED = ("name", "metricType", "windowType", "action")
_BLANK = "must not be null or blank"


@dataclass(frozen=True, slots=True)
class CostControl:
    """A limit on what may be used in a period.

    Attributes:
        name: What people call it.
        metric: What is limited.
        window: The period, on the UTC clock.
        action: What happens at the hard limit.
        hard_limit: The limit, if there is one.
        warn_threshold: Where a warning is due, if anywhere.
        shadow: Whether it only pretends.
        enabled: Whether it is looked at.
        group_by: What each has a limit of its own.
        filters: Which calls count.
        deny_message: What a refused caller is told.
    """

    name: str
    metric: Metric
    window: Duration
    action: Action
    hard_limit: Decimal | None = None
    warn_threshold: Decimal | None = None
    shadow: bool = False
    enabled: bool = True
    group_by: Dimension | None = None
    filters: tuple[Filter, ...] = ()
    deny_message: str | None = None

    @property
    def threshold(self) -> Decimal:
        """The line it is measured against: the hard limit, or the only one there is."""
        line = self.warn_threshold if self.hard_limit is None else self.hard_limit
        return Decimal(0) if line is None else line

    @property
    def warning(self) -> Decimal | None:
        """The line before that, where there are two."""
        return None if self.hard_limit is None else self.warn_threshold


def complaints(body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a cost control's body, by field."""
    return _read(body)[1]


def cost_control_of(body: Mapping[str, Any]) -> CostControl:
    """Read a cost control from its wire form.

    Raises:
        ValueError: The body has complaints.
    """
    control, wrong = _read(body)
    if control is None:
        raise ValueError("; ".join(f"{name} {complaint}" for name, complaint in wrong.items()))
    return control


def _read(body: Mapping[str, Any]) -> tuple[CostControl | None, dict[str, str]]:
    wrong: dict[str, str] = {}
    fields = applied(CHECKS, body, wrong)
    wrong |= {name: _BLANK for name in REQUIRED if name not in fields and name not in wrong}
    filters = filters_of(body.get("filters"), wrong)
    wrong = wrong or _limit_complaints(fields)
    return (None if wrong else _control(fields, filters)), wrong


def _control(fields: Mapping[str, Any], filters: tuple[Filter, ...]) -> CostControl:
    return CostControl(
        name=fields["name"],
        metric=fields["metricType"],
        window=fields["windowType"],
        action=fields["action"],
        hard_limit=fields.get("hardLimit"),
        warn_threshold=fields.get("warnThreshold"),
        shadow=fields.get("shadowMode", False),
        enabled=fields.get("enabled", True),
        group_by=fields.get("groupBy"),
        filters=filters,
        deny_message=fields.get("denyMessage"),
    )


def _limit_complaints(fields: Mapping[str, Any]) -> dict[str, str]:
    hard, warn = fields.get("hardLimit"), fields.get("warnThreshold")
    wrong = {}
    # A limit of nothing would be reached by everybody before the first call.
    for name, line in (("hardLimit", hard), ("warnThreshold", warn)):
        if line is not None and line <= 0:
            wrong[name] = "must be greater than 0"
    if hard is None and fields["action"] is Action.BLOCK:
        wrong["hardLimit"] = "must be given for BLOCK; without it nothing is ever refused"
    elif hard is None and warn is None:
        wrong["hardLimit"] = "must be given, or warnThreshold instead"
    elif hard is not None and warn is not None and warn >= hard:
        wrong["warnThreshold"] = "must be less than hardLimit"
    return wrong
