"""What jobs brought in against what they cost, by type.

The jobs are those with calls or tool events in the window, at what these cost; the value is the one reported last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from local_platform.analytics.catalogue import DOLLARS
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.envelopes import described
from local_platform.wire import to_ms

_STATEMENT = """
WITH spent (job, tokens, media, tools, people) AS (
    SELECT job, iif(modality = 'TEXT', total_cost, 0), iif(modality = 'TEXT', 0, total_cost), 0, 0
    FROM completion WHERE team = :team AND job IS NOT NULL AND request_ms >= :start AND request_ms < :end
    UNION ALL
    SELECT job, 0, 0, iif(human, 0, cost), iif(human, cost, 0)
    FROM tool_event LEFT JOIN (
        SELECT key, json_extract(json, '$.toolType') = 'HUMAN' AS human FROM document WHERE kind = 'tool' AND team = :team
    ) ON key = casefold(tool_id)
    WHERE team = :team AND job IS NOT NULL AND at_ms >= :start AND at_ms < :end
), by_job AS (
    SELECT job, sum(tokens) AS tokens, sum(media) AS media, sum(tools) AS tools, sum(people) AS people
    FROM spent GROUP BY job
)
SELECT coalesce(job.type, 'Unclassified') AS job_type, count(*), count(outcome),
    total(json_extract(outcome, '$.executionStatus') = 'SUCCESS'),
    total(json_extract(outcome, '$.outcomeType') = 'CONVERTED'),
    total(json_extract(outcome, '$.outcomeType') = 'DEFLECTED'),
    total(json_extract(outcome, '$.outcomeValue')), sum(tokens), sum(media), sum(tools), sum(people)
FROM by_job JOIN job ON job.team = :team AND job.agentic_id = by_job.job
GROUP BY job_type ORDER BY job_type
"""


@dataclass(frozen=True, slots=True)
class _Type:
    """The jobs of one type: how many, what they brought in, and what they cost in nanodollars."""

    name: str
    jobs: int
    completed: int
    successful: float
    converted: float
    deflected: float
    value: float
    tokens: int
    media: int
    tools: int
    people: int

    @property
    def cost(self) -> float:
        """What all of it cost, in dollars."""
        return round((self.tokens + self.media + self.tools + self.people) * DOLLARS, 9)


def roi_summary(connection: sqlite3.Connection, asked: Asked) -> dict[str, object]:
    """Return the summary over all types, and each type's own figures."""
    window = {"team": asked.team, "start": to_ms(asked.window.start), "end": to_ms(asked.window.end)}
    types = [_Type(*row) for row in connection.execute(_STATEMENT, window)]
    return {**described(asked), "summary": _summary(types), "byJobType": [_rendered(one) for one in types]}


def _summary(types: Sequence[_Type]) -> dict[str, object]:
    value, cost = sum(one.value for one in types), sum(one.cost for one in types)
    return {
        "totalJobTypes": len(types),
        "totalJobs": sum(one.jobs for one in types),
        "totalValue": value,
        "totalCost": round(cost, 9),
        "overallROI": _share(value - cost, cost),
    }


def _rendered(one: _Type) -> dict[str, object]:
    return {
        "jobType": one.name,
        "totalJobs": one.jobs,
        "completedJobs": one.completed,
        "conversions": one.converted,
        "deflections": one.deflected,
        "successRate": _share(one.successful, one.completed),
        "totalValue": one.value,
        "averageValue": _share(one.value, one.completed),
        "totalCost": one.cost,
        "tokenCost": round(one.tokens * DOLLARS, 9),
        "modalityCost": round(one.media * DOLLARS, 9),
        "externalToolCost": round(one.tools * DOLLARS, 9),
        "humanCost": round(one.people * DOLLARS, 9),
        "costPerOutcome": _share(one.cost, one.completed),
        "costPerConversion": _share(one.cost, one.converted),
        "roi": _share(one.value - one.cost, one.cost),
    }


def _share(part: float, whole: float) -> float:
    """Return a quotient, or nothing where there is nothing to divide by: the contract knows no null here."""
    return round(part / whole, 9) if whole else 0.0
