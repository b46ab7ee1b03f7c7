"""Agents, squads and tools."""

from __future__ import annotations

from daemon.client.api import Api
from daemon.client.collection import Collection, Listing, Page, Spec, page_of
from daemon.client.payloads.agents import Agent, DiscoveredAgent, Squad, Tool
from daemon.client.resources.reports import Period
from daemon.client.wire import Json, Query, read, segment

AGENTS = Spec("/agents", Agent)
TOOLS = Spec("/tools", Tool, frozenset({"query", "name"}))
SQUADS = Spec("/squads", Squad, frozenset({"startDate", "endDate"}))


class Agents(Collection[Agent]):
    """Agents that were registered."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, AGENTS)

    async def discovered(self, period: Period, number: int = 0, size: int = 20) -> Page[DiscoveredAgent]:
        """Read a page of the agents that usage names, registered or not."""
        path = f"{AGENTS.path}/discovered"
        query: Query = {"period": period, "page": number, "size": size}
        return page_of(DiscoveredAgent, await self._api.get(path, query), path, number)


class Tools(Collection[Tool]):
    """Tools that were registered."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, TOOLS)

    async def by_tool_id(self, tool_id: str) -> Tool:
        """Read the tool of the id that usage names."""
        path = f"{TOOLS.path}/by-tool-id/{segment(tool_id)}"
        return read(Tool, await self._api.get(path), path)


class Squads(Listing[Squad]):
    """Agents that work together."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, SQUADS)

    async def timeline(self, squad_id: str) -> Json:
        """Read what a squad did, as it comes."""
        return await self._api.get(f"{SQUADS.of(squad_id)}/timeline")

    async def entities(self) -> Json:
        """Read the squads' definitions, as they come."""
        return await self._api.get(f"{SQUADS.path}/entities")

    async def executions(self, entity_id: str) -> Json:
        """Read the executions of a definition, as they come."""
        return await self._api.get(f"{SQUADS.path}/entities/{segment(entity_id)}/executions")
