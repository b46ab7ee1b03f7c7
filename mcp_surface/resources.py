"""Status and alerts as resources, for assistants that attach context instead of calling tools."""

from __future__ import annotations

import json

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from daemon.errors import MonitorError, UnknownNameError
from daemon.operations import Operations
from mcp_surface.answers import structured

JSON = "application/json"


def add_resources(server: MCPServer, operations: Operations) -> None:
    """Register the resources."""

    @server.resource("monitor://status", title="Status", description="How the daemon is doing.", mime_type=JSON)
    async def status() -> str:
        try:
            return json.dumps(structured(await operations.status()))
        except MonitorError as error:
            raise ResourceError(str(error)) from error

    @server.resource(
        "monitor://alerts/{alert_id}",
        title="Alert",
        description="Everything known about one alert.",
        mime_type=JSON,
    )
    async def alert(alert_id: str) -> str:
        try:
            return json.dumps(structured(await operations.explain_alert(alert_id)))
        except UnknownNameError as error:
            raise ResourceNotFoundError(str(error)) from error
        except MonitorError as error:
            raise ResourceError(str(error)) from error
