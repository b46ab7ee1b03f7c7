"""How the cost of traces is distributed."""

from __future__ import annotations

import sqlite3

import numpy as np
import numpy.typing as npt

from local_platform.analytics.catalogue import DOLLARS
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.envelopes import described
from local_platform.analytics.newer.problems import InvalidQueryError
from local_platform.analytics.scan import one_view
from local_platform.wire import from_nano, iso_ms, to_ms

_WHERE = "team = :team AND request_ms >= :start AND request_ms < :end AND trace_id IS NOT NULL"
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def distribution(connection: sqlite3.Connection, asked: Asked) -> dict[str, object]:
    """Return the costliest traces, a page of them, and the figures of all; the cost is that of the calls in the window."""
    threshold = _threshold(asked)
    with one_view(connection):
        return {
            **described(asked),
            "dataPoints": _points(connection, asked),
            "summary": _summary(_costs(connection, asked), threshold),
        }


def _threshold(asked: Asked) -> float:
    text = asked.query.get("threshold") or "0"
    try:
        return float(text)
    except ValueError:
        raise InvalidQueryError("threshold", "must be an amount in dollars", text) from None


def _window(asked: Asked) -> dict[str, int]:
    return {"team": asked.team, "start": to_ms(asked.window.start), "end": to_ms(asked.window.end)}


def _costs(connection: sqlite3.Connection, asked: Asked) -> npt.NDArray[np.int64]:
    rows = connection.execute(
        f"SELECT sum(total_cost) FROM completion WHERE {_WHERE} GROUP BY trace_id",  # noqa: S608 - ours
        _window(asked),
    )
    return np.fromiter((cost for (cost,) in rows), np.int64)


def _points(connection: sqlite3.Connection, asked: Asked) -> list[dict[str, object]]:
    # What only the shown traces need is looked up outside, after the others are gone.
    statement = f"""
        SELECT trace, (SELECT agent FROM completion WHERE team = :team AND trace_id = trace ORDER BY request_ms LIMIT 1),
            cost, calls, start, "end",
            (SELECT count(DISTINCT tool_id) FROM tool_event WHERE team = :team AND trace_id = trace)
        FROM (
            SELECT trace_id AS trace, sum(total_cost) AS cost, count(*) AS calls, min(request_ms) AS start,
                max(request_ms + duration_ms) AS "end"
            FROM completion WHERE {_WHERE} GROUP BY trace_id ORDER BY cost DESC, trace_id LIMIT :size OFFSET :offset
        )"""  # noqa: S608 - ours
    page = {"size": asked.size, "offset": asked.page * asked.size}
    rows = connection.execute(statement, {**_window(asked), **page})
    return [
        {
            "transactionId": trace,
            "agentName": agent or "Unclassified",
            "totalCost": from_nano(cost),
            "totalCalls": calls,
            "distinctTools": tools,
            "traceStart": iso_ms(start),
            "traceEnd": iso_ms(end),
        }
        for trace, agent, cost, calls, start, end, tools in rows
    ]


def _summary(costs: npt.NDArray[np.int64], threshold: float) -> dict[str, object]:
    dollars = costs * DOLLARS
    if not dollars.size:
        figures = dict.fromkeys(("mean", *_QUANTILES, "stddev"), 0.0)
    else:
        quantiles = np.quantile(dollars, list(_QUANTILES.values())).tolist()
        figures = {
            "mean": float(dollars.mean()),
            **dict(zip(_QUANTILES, quantiles, strict=True)),
            "stddev": float(dollars.std()),
        }
    return {
        **{name: round(value, 9) for name, value in figures.items()},
        "totalTraces": int(dollars.size),
        "tracesAboveThreshold": int((dollars > threshold).sum()),
    }
