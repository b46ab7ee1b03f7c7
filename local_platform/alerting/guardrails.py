"""Cost controls as SDKs poll them: compiled with what was used in their period so far.

Each group of a grouped control has the whole limit for itself, so the compiled rule shows its highest group. Which
group a caller belongs to is told by the breakdown; it exists for people and departments that are limited in cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from local_platform.alerting import windows
from local_platform.alerting.cost_control import CostControl
from local_platform.alerting.rule import Rule
from local_platform.alerting.usage import Group, Share, Usage, figure, highest
from local_platform.alerting.vocabulary import Action, Dimension, Metric
from local_platform.wire import iso

_BROKEN_DOWN = frozenset({Dimension.SUBSCRIBER, Dimension.DEPARTMENT})


@dataclass(frozen=True, slots=True)
class Level:
    """Where one group, or everybody together, stands against a control.

    Attributes:
        group: The group, or None for everybody.
        limit: What is used of the line that the control is measured against.
        warning: What is used of the line before it; there may be none.
    """

    group: Group | None
    limit: Share
    warning: Share

    @property
    def band(self) -> str:
        """BLOCKED, WARNED or UNDER: which line is reached."""
        return "BLOCKED" if self.limit.reached else "WARNED" if self.warning.reached else "UNDER"


def levels(control: CostControl, usage: Usage) -> list[Level]:
    """Return where everybody stands: each group, or all together where there are none."""
    parts = [(group, group.sums) for group in usage.groups] if control.group_by else [(None, usage.total)]
    used = [(group, usage.of(control.metric, sums)) for group, sums in parts]
    return [Level(group, Share(part, control.threshold), Share(part, control.warning)) for group, part in used]


def compiled(control: CostControl, usage: Usage, rule_number: int, team_number: int) -> dict[str, object]:
    """Render a control with its usage; this answer shows numbers instead of ids."""
    everybody = levels(control, usage)
    return {
        "ruleId": rule_number,
        "teamId": team_number,
        "name": control.name,
        "metricType": control.metric,
        "action": control.action,
        "shadowMode": control.shadow,
        "denyMessage": control.deny_message,
        "filters": [one.wire() for one in control.filters],
        **_verdict(control, everybody),
        "groupBy": control.group_by,
        "groupBreakdown": _breakdown(everybody) if _is_broken_down(control) else None,
        **window_fields(control, usage),
        "compiledAt": iso(usage.window.last),
    }


def advisory(rule: Rule, usage: Usage, rule_number: int, team_number: int) -> dict[str, object]:
    """Render a budget that people have each for themselves: it stands among the compiled rules, but never blocks."""
    # The row has the shape of a compiled control, so it is made from the control that would be like it.
    like = CostControl(
        name=rule.name,
        metric=rule.metric,
        window=rule.period,
        action=Action.WARN_ONLY,
        hard_limit=rule.threshold,
        group_by=rule.group_by,
        filters=rule.filters,
    )
    marks = {"action": "NOTIFY", "source": "ANOMALY", "readingAt": iso(usage.window.last)}
    return compiled(like, usage, rule_number, team_number) | marks


def window_fields(control: CostControl, usage: Usage) -> dict[str, object]:
    """Render the period of a control."""
    window = usage.window
    return {
        "periodType": control.window,
        "windowKey": windows.key(control.window, window),
        "windowStart": iso(window.start),
        "windowEnd": iso(window.end),
    }


def _is_broken_down(control: CostControl) -> bool:
    return control.group_by in _BROKEN_DOWN and control.metric is Metric.TOTAL_COST


def _verdict(control: CostControl, everybody: Sequence[Level]) -> dict[str, object]:
    nothing = Share(Decimal(0), control.threshold)
    most = highest(level.limit for level in everybody) or nothing
    return {
        "threshold": figure(control.threshold),
        "warnThreshold": figure(control.warning),
        "currentValue": figure(most.used),
        "percentUsed": figure(most.fraction),
        "warnPercentUsed": figure(Share(most.used, control.warning).fraction),
        "breached": most.reached,
        "warnBreached": any(level.warning.reached for level in everybody),
    }


def _breakdown(everybody: Sequence[Level]) -> list[dict[str, object]]:
    return [
        {
            "groupValue": level.group.value,
            "displayName": level.group.label,
            "currentValue": figure(level.limit.used),
            "usagePercent": figure(level.limit.fraction),
            "breached": level.limit.reached,
        }
        for level in everybody
        if level.group is not None
    ]
