"""Agents."""

from __future__ import annotations

from local_platform.checks import anything, choice, text
from local_platform.resources.kind import Kind, Reference

_NAME = text(255)

AGENT = Kind(
    name="agent",
    path="agents",
    collection="agentResourceList",
    entity="Agent",
    title="displayName",
    required=("telemetryKey",),
    searched=("telemetryKey", "displayName"),
    order="created,DESC|id,DESC",
    page_size=20,
    checks={
        "telemetryKey": _NAME,
        "displayName": _NAME,
        "description": text(4096),
        "metadata": anything,
        "source": choice("TELEMETRY UI API"),
    },
    defaults={"source": "API"},
    references=(Reference("ownerId", "owner", "user"),),
    unique=("telemetryKey",),
)
