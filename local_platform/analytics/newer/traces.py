"""How the cost of traces is distributed."""

from __future__ import annotations

import heapq
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from local_platform.analytics.catalogue import DOLLARS
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.envelopes import described
from local_platform.analytics.newer.problems import InvalidQueryError
from local_platform.analytics.scan import one_view
from local_platform.wire import from_nano, iso_ms, to_ms

_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_TRACES = """
SELECT sum(total_cost), trace_id, count(*), min(request_ms), max(request_ms + duration_ms) FROM completion
WHERE team = ? AND request_ms >= ? AND request_ms < ? AND trace_id IS NOT NULL GROUP BY trace_id
"""
_AGENT = "SELECT agent FROM completion WHERE team = ? AND trace_id = ? ORDER BY request_ms, id LIMIT 1"
_TOOLS = "SELECT count(DISTINCT tool_id) FROM tool_event WHERE team = ? AND trace_id = ?"


class _Trace(NamedTuple):
    """A trace, ordered by its cost."""

    cost: int
    name: str
    calls: int
    start_ms: int
    end_ms: int


def distribution(connection: sqlite3.Connection, asked: Asked) -> dict[str, object]:
    """Return the costliest traces, a page of them, and the figures of all; the cost is that of the calls in the window."""
    threshold = _threshold(asked)
    costs = array("q")
    before = asked.page * asked.size
    with one_view(connection):
        rows = connection.execute(_TRACES, (asked.team, to_ms(asked.window.start), to_ms(asked.window.end)))
        # One pass, and never more than the pages so far in memory: a month may have more traces than fit.
        costliest = heapq.nlargest(before + asked.size, _noting_costs(map(_Trace._make, rows), costs))
        points = [_point(connection, asked.team, trace) for trace in costliest[before:]]
    return {**described(asked), "dataPoints": points, "summary": _summary(np.frombuffer(costs, np.int64), threshold)}


def _threshold(asked: Asked) -> float:
    text = asked.query.get("threshold") or "0"
    try:
        return float(text)
    except ValueError:
        raise InvalidQueryError("threshold", "must be an amount in dollars", text) from None


def _noting_costs(traces: Iterable[_Trace], costs: array[int]) -> Iterator[_Trace]:
    for trace in traces:
        costs.append(trace.cost)
        yield trace


def _point(connection: sqlite3.Connection, team: int, trace: _Trace) -> dict[str, object]:
    """Render a trace; the agent is the one that began it."""
    (agent,) = connection.execute(_AGENT, (team, trace.name)).fetchone()
    (tools,) = connection.execute(_TOOLS, (team, trace.name)).fetchone()
    return {
        "transactionId": trace.name,
        "agentName": agent or "Unclassified",
        "totalCost": from_nano(trace.cost),
        "totalCalls": trace.calls,
        "distinctTools": tools,
        "traceStart": iso_ms(trace.start_ms),
        "traceEnd": iso_ms(trace.end_ms),
    }


def _summary(costs: npt.NDArray[np.int64], threshold: float) -> dict[str, object]:
    dollars = costs * DOLLARS
    figures = dict.fromkeys(("mean", *_QUANTILES, "stddev"), 0.0)
    if dollars.size:
        quantiles = np.quantile(dollars, list(_QUANTILES.values())).tolist()
        figures = {"mean": dollars.mean(), **dict(zip(_QUANTILES, quantiles, strict=True)), "stddev": dollars.std()}
    return {
        **{name: round(float(value), 9) for name, value in figures.items()},
        "totalTraces": int(dollars.size),
        "tracesAboveThreshold": int((dollars > threshold).sum()),
    }
