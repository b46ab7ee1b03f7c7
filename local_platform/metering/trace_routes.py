"""Calls by the trace that they belong to."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from local_platform.http.access import require_team
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering.log import span_of
from local_platform.resources.routes import reading
from local_platform.session import Session
from local_platform.wire import dumps, from_nano, iso_ms

_SUMMED = (
    "trace_id, count(*), sum(failed), sum(total_tokens), sum(total_cost), min(request_ms),"
    " max(request_ms + duration_ms), count(DISTINCT agent), count(DISTINCT model)"
)


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the list of traces."""
    router.add_get(f"{prefix}/sources/metrics/ai/traces", list_traces)


async def list_traces(request: web.Request) -> web.Response:
    """List the traces of a time, the one that began last first."""
    paging = paging_of(request)
    span = span_of(request.query, require_team(request))
    where = " AND ".join(["trace_id IS NOT NULL", *(text for text, _ in span.conditions())])
    values = [value for _, some in span.conditions() for value in some]

    def work(session: Session) -> tuple[list[str], int]:
        (total,) = session.connection.execute(
            f"SELECT count(DISTINCT trace_id) FROM completion WHERE {where}",  # noqa: S608 - fixed fragments
            values,
        ).fetchone()
        rows = session.connection.execute(
            f"SELECT {_SUMMED} FROM completion WHERE {where} "  # noqa: S608 - the same
            "GROUP BY trace_id ORDER BY min(request_ms) DESC, trace_id LIMIT ? OFFSET ?",
            (*values, paging.size, paging.offset),
        )
        return [dumps(_rendered(*row)) for row in rows], total

    items, total = await reading(request, work)
    return hal_page(request, "aITraceMetricResourceList", items, paging, total)


def _rendered(trace_id: str, calls: int, failed: int, tokens: int, cost: int, *more: int) -> dict[str, Any]:
    began, ended, agents, models = more
    return {
        "id": trace_id,
        "label": trace_id,
        "resourceType": "ai.trace.metric",
        "traceId": trace_id,
        "transactionCount": calls,
        "errorCount": failed,
        "totalTokenCount": tokens,
        "totalCost": from_nano(cost),
        "startTime": iso_ms(began),
        "endTime": iso_ms(ended),
        "duration": ended - began,
        "agentCount": agents,
        "modelCount": models,
        "_links": {},
    }
