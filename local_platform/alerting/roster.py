"""The roster of a grouped cost control: who is measured, and where each stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_platform.alerting import windows
from local_platform.alerting.cost_control import CostControl
from local_platform.alerting.guardrails import Level, levels
from local_platform.alerting.usage import Usage, figure
from local_platform.alerting.vocabulary import Dimension
from local_platform.http.paging import Paging
from local_platform.wire import iso, iso_ms

BANDS = ("BLOCKED", "WARNED", "UNDER", "ALL")


@dataclass(frozen=True, slots=True)
class Row:
    """One who is measured.

    Attributes:
        level: Where they stand.
        last_event_ms: When an event last named them in this period.
    """

    level: Level
    last_event_ms: int | None

    @property
    def key(self) -> str:
        """What they are recognised by."""
        return self.level.group.value if self.level.group else ""


# The highest first, but names in the order of the alphabet.
SORTS: Mapping[str, Callable[[Row], tuple[object, ...]]] = {
    "PERCENT": lambda row: (-(row.level.limit.fraction or 0), row.key),
    "SPEND": lambda row: (-row.level.limit.used, row.key),
    "NAME": lambda row: (row.key.casefold(),),
    "LAST_EVENT": lambda row: (-(row.last_event_ms or 0), row.key),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are asked for, and in which order."""

    paging: Paging
    search: str = ""
    band: str = "ALL"
    sort: str = "PERCENT"


def roster(
    control: CostControl, usage: Usage, selection: Selection, events: Mapping[str, int], rule_id: str
) -> dict[str, object]:
    """Render a page of the roster; the counts of the bands are those of everybody.

    Args:
        control: The cost control; it has groups.
        usage: What is used of it.
        selection: Which rows are asked for.
        events: When an event last named each group, in epoch milliseconds.
        rule_id: The control's id.
    """
    everybody = [Row(level, events.get(level.group.value)) for level in levels(control, usage) if level.group]
    bands = Counter(row.level.band for row in everybody)
    picked = sorted((row for row in everybody if _wanted(row, selection)), key=SORTS[selection.sort])
    paging = selection.paging
    return {
        "ruleId": rule_id,
        "dimension": control.group_by,
        "threshold": figure(control.threshold),
        "warnThreshold": figure(control.warning),
        "blockedCount": bands["BLOCKED"],
        "warnedCount": bands["WARNED"],
        "underCount": bands["UNDER"],
        "unattributedAmount": _unattributed(control, usage),
        "page": paging.page,
        "size": paging.size,
        "total": len(picked),
        "rows": [_rendered(control, row) for row in picked[paging.offset : paging.offset + paging.size]],
        "windowKey": windows.key(control.window, usage.window),
        "windowStart": iso(usage.window.start),
        "windowEnd": iso(usage.window.end),
        "compiledAt": iso(usage.window.last),
    }


def _wanted(row: Row, selection: Selection) -> bool:
    return selection.band in ("ALL", row.level.band) and selection.search.casefold() in row.key.casefold()


def _unattributed(control: CostControl, usage: Usage) -> float | None:
    if control.group_by is not Dimension.SUBSCRIBER:
        return None
    return figure(usage.of(control.metric, usage.unattributed)) or None


def _rendered(control: CostControl, row: Row) -> dict[str, object]:
    group = row.level.group
    return {
        "key": row.key,
        "label": group.label if group else row.key,
        "displayName": None,
        "email": row.key if control.group_by is Dimension.SUBSCRIBER and "@" in row.key else None,
        "band": row.level.band,
        "limit": figure(control.threshold),
        "spend": figure(row.level.limit.used),
        "lastEventAt": iso_ms(row.last_event_ms),
    }
