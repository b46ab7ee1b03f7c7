"""Insights: runs that look for savings, and what people think of what was found."""

from __future__ import annotations

from daemon.client.api import Api
from daemon.client.payloads.analytics import Feedback, InsightsRequest, InsightsRun, InsightsRuns, Investigator
from daemon.client.retrying import new_key
from daemon.client.wire import read, read_each, segment

PREFIX = "/insights"


class Insights:
    """Insights into the team's usage."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def investigators(self) -> tuple[Investigator, ...]:
        """Read what questions a run asks."""
        path = f"{PREFIX}/investigators"
        return read_each(Investigator, await self._api.app("GET", path, await self._team()), path)

    async def runs(self, *, cursor: str | None = None) -> InsightsRuns:
        """Read a page of runs, latest first."""
        path = f"{PREFIX}/runs"
        return read(InsightsRuns, await self._api.app("GET", path, {**await self._team(), "cursor": cursor}), path)

    async def start(self, request: InsightsRequest, *, idempotency_key: str | None = None) -> InsightsRun:
        """Start a run; it goes on by itself."""
        path, key = f"{PREFIX}/runs", idempotency_key or new_key()
        return read(
            InsightsRun, await self._api.app("POST", path, await self._team(), body=request.body(), key=key), path
        )

    async def run(self, run_id: str, *, slim: bool | None = None) -> InsightsRun:
        """Read one run, without its details if slim."""
        path = f"{PREFIX}/runs/{segment(run_id)}"
        return read(InsightsRun, await self._api.app("GET", path, {**await self._team(), "slim": slim}), path)

    async def feedback(self, run_id: str) -> tuple[Feedback, ...]:
        """Read what people think of a run's recommendations."""
        path = f"{PREFIX}/runs/{segment(run_id)}/feedback"
        return read_each(Feedback, await self._api.app("GET", path, await self._team()), path)

    async def give_feedback(self, feedback: Feedback, *, idempotency_key: str | None = None) -> Feedback:
        """Say what one thinks of a recommendation."""
        path, key = f"{PREFIX}/feedback", idempotency_key or new_key()
        answer = await self._api.app("POST", path, await self._team(), body=feedback.body(), key=key)
        return read(Feedback, answer, path)

    async def _team(self) -> dict[str, str]:
        return {"teamId": await self._api.team_id()}
