"""What jobs cost and what they brought in."""

from __future__ import annotations

from decimal import Decimal

from local_platform.jobs.listing import Condition, condition_of
from local_platform.jobs.store import Job
from local_platform.session import Session
from local_platform.wire import from_nano, iso_ms, to_nano

_MOST_SHOWN = 1000
_OF_JOB = "FROM completion WHERE team = ? AND job = ?"


def timeline(session: Session, job: Job) -> dict[str, object]:
    """Return the calls of a job, the earliest first, at most a thousand of them."""
    values = (session.team, job.agentic_id)
    (total,) = session.connection.execute(f"SELECT count(*) {_OF_JOB}", values).fetchone()
    rows = session.connection.execute(
        "SELECT request_ms, model, provider, agent, total_cost, duration_ms, input_tokens, output_tokens, total_tokens,"
        f" failed, transaction_id {_OF_JOB} ORDER BY request_ms, id LIMIT ?",
        (*values, _MOST_SHOWN),
    )
    return {
        "totalCount": total,
        "transactions": [
            {
                "timestamp": iso_ms(at_ms),
                "model": model,
                "provider": provider,
                "agent": agent,
                "cost": from_nano(cost),
                "duration": duration,
                "inputTokens": input_tokens,
                "outputTokens": output_tokens,
                "totalTokens": total_tokens,
                "status": "FAILED" if failed else "SUCCESS",
                "transactionId": transaction,
            }
            for at_ms, model, provider, agent, cost, duration, input_tokens, output_tokens, total_tokens, failed, transaction in rows
        ],
    }


def roi(session: Session, job: Job) -> dict[str, object]:
    """Set what a job brought in against what its calls and tools cost.

    The return is the gain as a multiple of the cost; None while there is no value or no cost to compare.
    """
    values = (session.team, job.agentic_id)
    count, input_tokens, output_tokens, total_tokens, calls = session.connection.execute(
        "SELECT count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
        f" coalesce(sum(total_tokens), 0), coalesce(sum(total_cost), 0) {_OF_JOB}",
        values,
    ).fetchone()
    (tools,) = session.connection.execute(
        "SELECT coalesce(sum(cost), 0) FROM tool_event WHERE team = ? AND job = ?", values
    ).fetchone()
    outcome = job.outcome or {}
    return {
        "agenticJobId": job.agentic_id,
        "agenticJobName": job.description["name"],
        "agenticJobType": job.type,
        "hasOutcome": job.outcome is not None,
        **{name: outcome.get(name) for name in ("executionStatus", "outcomeType", "outcomeValue", "outcomeCurrency")},
        "transactionCount": count,
        "inputTokens": input_tokens,
        "outputTokens": output_tokens,
        "totalTokens": total_tokens,
        "totalCost": from_nano(calls + tools),
        "roi": _return(outcome.get("outcomeValue"), calls + tools),
    }


def funnel(session: Session, conditions: list[Condition]) -> dict[str, object]:
    """Count jobs by how they ended; the rates are shares of all jobs."""
    where, values = condition_of(session, conditions)
    total, successful, converted, custom, deflected, escalated = session.connection.execute(
        "SELECT count(*), total(json_extract(outcome, '$.executionStatus') = 'SUCCESS'),"  # noqa: S608 - fixed fragments
        " total(kind = 'CONVERTED'), total(kind = 'CUSTOM'), total(kind = 'DEFLECTED'), total(kind = 'ESCALATED')"
        f" FROM (SELECT outcome, json_extract(outcome, '$.outcomeType') AS kind FROM job WHERE {where})",
        values,
    ).fetchone()
    return {
        "totalJobs": total,
        "successfulJobs": int(successful),
        "convertedJobs": int(converted),
        "customJobs": int(custom),
        "deflectedJobs": int(deflected),
        "escalatedJobs": int(escalated),
        "successRate": successful / total if total else 0.0,
        "conversionRate": converted / total if total else 0.0,
    }


def _return(value: Decimal | int | None, cost: int) -> float | None:
    if value is None or not cost:
        return None
    return (to_nano(Decimal(value)) - cost) / cost
