"""The agents that calls name, registered or not."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from local_platform.analytics.periods import PERIODS, rolling
from local_platform.http.access import require_team
from local_platform.http.errors import invalid
from local_platform.http.paging import hal_page, paging_of
from local_platform.resources import documents
from local_platform.resources.kinds.agents import AGENT
from local_platform.resources.routes import reading
from local_platform.session import Session
from local_platform.wire import dumps, from_nano, iso_ms, to_ms

_METERED = """
SELECT agent, count(*), sum(total_cost), min(request_ms), max(request_ms) FROM completion
WHERE team = ? AND request_ms >= ? AND agent IS NOT NULL GROUP BY agent ORDER BY sum(total_cost) DESC, agent
"""


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount it."""
    router.add_get(f"{prefix}/agents/discovered", discovered)


async def discovered(request: web.Request) -> web.Response:
    """List the agents of a period with what they did and cost, the dearest first."""
    require_team(request)
    period = request.query.get("period", "")
    if period not in PERIODS:
        raise invalid({"period": f"must be one of {', '.join(PERIODS)}"})
    paging = paging_of(request, AGENT.page_size)

    def work(session: Session) -> list[dict[str, Any]]:
        start_ms = to_ms(rolling(period, session.now)[0].start)
        rows = session.connection.execute(_METERED, (session.team, start_ms)).fetchall()
        return [_agent(session, *row) for row in rows]

    found = await reading(request, work)
    shown = [dumps(one) for one in found[paging.offset :][: paging.size]]
    return hal_page(request, "discoveredAgentResourceList", shown, paging, len(found))


def _agent(session: Session, key: str, calls: int, cost: int, first_ms: int, last_ms: int) -> dict[str, Any]:
    known = documents.keyed(session, AGENT, key)
    return {
        "telemetryKey": key,
        "registered": known is not None,
        "agentId": known.id if known else None,
        "displayName": known.title if known else key,
        "ownerId": known.fields.get("ownerId") if known else None,
        "source": known.fields["source"] if known else "TELEMETRY",
        "metricCount": calls,
        "totalCost": from_nano(cost),
        "firstSeen": iso_ms(first_ms),
        "lastSeen": iso_ms(last_ms),
    }
