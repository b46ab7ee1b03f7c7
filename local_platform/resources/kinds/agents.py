"""Agents, and the tools that they call."""

from __future__ import annotations

from collections.abc import Mapping

from local_platform.checks import amount, anything, choice, flag, items, text, whole
from local_platform.resources.fields import CURRENCIES, FREE, NAME, each, record
from local_platform.resources.kind import Document, Fields, Kind, Reference
from local_platform.session import Session

_MOST = 10**15


def _called_by_its_key(_session: Session, fields: Fields, _before: Document | None) -> None:
    if "telemetryKey" in fields:
        fields.setdefault("displayName", fields["telemetryKey"])


def _keeps_its_key(_session: Session, fields: Fields, before: Document | None) -> Mapping[str, str]:
    """Refuse another key: what the agent has metered would no longer be its own."""
    if before is None or fields["telemetryKey"].casefold() == before.fields["telemetryKey"].casefold():
        return {}
    return {"telemetryKey": f"must stay {before.fields['telemetryKey']}; create another agent"}


AGENT = Kind(
    name="agent",
    path="agents",
    collection="agentResourceList",
    entity="Agent",
    title="displayName",
    required=("telemetryKey",),
    checks={
        **each("telemetryKey displayName", NAME),
        "description": text(4096),
        "metadata": anything,
        "source": choice("TELEMETRY UI API"),
    },
    defaults={"source": "API"},
    references=(Reference("ownerId", "owner", "user", holds=True),),
    unique=("telemetryKey",),
    searched=("telemetryKey", "displayName", "description"),
    filters={"source": "source"},
    order="created,DESC|id,DESC",
    page_size=20,
    kept=frozenset({"metadata", "source"}),
    settle=_called_by_its_key,
    validate=_keeps_its_key,
)

_PRICE_TIER = record({"upTo": whole(_MOST), "unitPrice": amount})
_PRICE_ELEMENT = record(
    {
        "name": NAME,
        "aggregationType": choice("SUM COUNT AVERAGE MAXIMUM DISTINCT"),
        "unitPrice": amount,
        "tiers": items(_PRICE_TIER),
    }
)

TOOL = Kind(
    name="tool",
    path="tools",
    collection="toolResourceList",
    entity="Tool",
    required=("name", "toolId", "toolType"),
    checks={
        **each("name toolId toolProvider", NAME),
        "description": FREE,
        "enabled": flag,
        "toolType": choice("SDK MCP_SERVER AI_SERVICE REST_API LOCAL_FUNCTION HUMAN CUSTOM"),
        "pricing": record({"currency": choice(CURRENCIES), "elements": items(_PRICE_ELEMENT)}),
    },
    defaults={"configSource": "DATABASE", "enabled": True},
    unique=("toolId",),
    searched=("name", "toolId", "toolProvider", "description"),
    queries=("query", "name"),
    filters={"toolType": "toolType", "toolProvider": "toolProvider"},
)
