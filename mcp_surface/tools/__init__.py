"""The tools. This table is the whole surface: name (the function's), title, and what a call may do."""

from __future__ import annotations

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from daemon.operations import Operations
from mcp_surface.strict import bind
from mcp_surface.tools import alerts, channels, series, status, tuning

READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
SENDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)

TOOLS = (
    (status.monitor_status, "Monitor status", READS),
    (series.list_series, "List series", READS),
    (alerts.list_alerts, "List alerts", READS),
    (alerts.explain_alert, "Explain an alert", READS),
    (tuning.list_detectors, "List detectors", READS),
    (tuning.tune_detectors, "Tune detectors", CHANGES),
    (tuning.reset_tuning, "Reset tuning", CHANGES),
    (channels.send_test_notification, "Send a test notification", SENDS),
)


def build_tools(operations: Operations) -> list[Tool]:
    """Return every tool, bound to the operations of one daemon, in the order in which they are listed."""
    return [bind(function, operations, title=title, hints=hints) for function, title, hints in TOOLS]
