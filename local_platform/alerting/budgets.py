"""How far a budget is used up, as it looks on the wire.

Risk goes by the share that is used: LOW below one half, MEDIUM below four fifths, HIGH below all of it, then CRITICAL.
Spending is ON_TRACK within a twentieth of the budget of what even spending would have used by now; above that it is
AHEAD, below it BEHIND. Each group of a grouped budget has the whole of it for itself.
"""

from __future__ import annotations

from decimal import Decimal

from local_platform.alerting.rule import Rule
from local_platform.alerting.usage import Group, Share, Usage, figure, highest
from local_platform.wire import iso

_RISKS = ((Decimal("0.5"), "LOW"), (Decimal("0.8"), "MEDIUM"), (Decimal(1), "HIGH"))
_TOLERANCE = Decimal("0.05")


def risk(fraction: Decimal) -> str:
    """Return how close a budget is to its end."""
    return next((name for below, name in _RISKS if fraction < below), "CRITICAL")


def progress(rule: Rule, usage: Usage, number: int) -> dict[str, object]:
    """Render one budget; this answer shows the rule's number instead of its id."""
    figures = _groups(rule, usage) if rule.group_by else {**_used(_whole(rule, usage)), **_pace(rule, usage)}
    return {"anomalyId": number, **_head(rule, usage), **figures}


def item(rule: Rule, usage: Usage, alert_id: str) -> dict[str, object]:
    """Render one budget among several."""
    return {
        "ok": True,
        "alertId": alert_id,
        "cumulativePeriod": rule.period,
        **_head(rule, usage),
        **_used(_whole(rule, usage)),
        **_pace(rule, usage),
        **(_groups(rule, usage) if rule.group_by else {}),
    }


def failed_item(alert_id: str, code: str, message: str) -> dict[str, object]:
    """Render what stands in the place of a budget that cannot be shown."""
    return {"ok": False, "id": alert_id, "error": {"code": code, "type": code, "message": message}}


def portfolio_item(rule: Rule, usage: Usage, alert_id: str, group_limit: int | None = None) -> dict[str, object]:
    """Render one budget of the portfolio; where it has groups, the highest one sets the risk."""
    whole = _whole(rule, usage)
    worst = _worst(rule, usage) if rule.group_by else whole.fraction
    return {
        "alertId": alert_id,
        "name": rule.name,
        "cumulativePeriod": rule.period,
        **_head(rule, usage),
        **_used(whole),
        "risk": risk(worst or Decimal(0)),
        **(_portfolio_groups(rule, usage, group_limit) if rule.group_by else {}),
    }


def _portfolio_groups(rule: Rule, usage: Usage, limit: int | None) -> dict[str, object]:
    return {
        "groupCount": len(usage.groups),
        "groupsOverLimit": sum(share.reached for _, share in _by_group(rule, usage)),
        "worstPercentUsed": figure(_worst(rule, usage)),
        **_groups(rule, usage, limit),
    }


def _whole(rule: Rule, usage: Usage) -> Share:
    return Share(usage.of(rule.metric, usage.total), rule.threshold)


def _by_group(rule: Rule, usage: Usage) -> list[tuple[Group, Share]]:
    return [(group, Share(usage.of(rule.metric, group.sums), rule.threshold)) for group in usage.groups]


def _worst(rule: Rule, usage: Usage) -> Decimal | None:
    """Return what the highest group has used; nothing while there is no group."""
    nothing = Share(Decimal(0), rule.threshold)
    return (highest(share for _, share in _by_group(rule, usage)) or nothing).fraction


def _head(rule: Rule, usage: Usage) -> dict[str, object]:
    window = usage.window
    return {
        "metricType": rule.metric,
        "threshold": rule.threshold,
        "window": {"start": iso(window.start), "endExpected": iso(window.end), "now": iso(window.last)},
    }


def _used(share: Share) -> dict[str, object]:
    return {
        "currentValue": figure(share.used),
        "percentUsed": figure(share.fraction),
        "remaining": figure(share.remaining),
    }


def _pace(rule: Rule, usage: Usage) -> dict[str, object]:
    expected = rule.threshold * usage.window.passed
    delta = _whole(rule, usage).used - expected
    status = "ON_TRACK" if abs(delta) <= abs(rule.threshold) * _TOLERANCE else "AHEAD" if delta > 0 else "BEHIND"
    return {"aheadBehindVsLinear": {"delta": figure(delta), "expectedByNow": figure(expected), "status": status}}


def _groups(rule: Rule, usage: Usage, limit: int | None = None) -> dict[str, object]:
    """Render the groups; with a limit only the highest ones, highest first."""
    shown = _by_group(rule, usage)
    # Without a limit clients expect the order in which the groups were read.
    if limit is not None:
        shown = sorted(shown, key=lambda pair: -pair[1].used)[:limit]
    rendered = [{"groupValue": group.value, "groupDisplayName": group.label, **_used(share)} for group, share in shown]
    return {"groups": rendered}
