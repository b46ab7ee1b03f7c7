"""What a type of job is worth: the contract of its metrics, what the work cost before, facts about whole periods."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from local_platform.http.errors import ApiError, invalid
from local_platform.jobs.store import Fields, fields_of
from local_platform.session import Session
from local_platform.wire import dumps, iso

_CONTRACT: Fields = {
    "unitLabel": None,
    "unitMetricKey": None,
    "overheadCurrency": None,
    "overheadPerUnit": None,
    "monetization": None,
    "metrics": [],
    "dimensions": [],
}
_PER_JOB = "PER_JOB"


def types(session: Session) -> list[str]:
    """Return every type of job that the team's jobs or contracts name."""
    rows = session.connection.execute(
        "SELECT type FROM job WHERE team = ?1 AND type IS NOT NULL UNION SELECT type FROM job_type WHERE team = ?1"
        " UNION SELECT type FROM job_baseline WHERE team = ?1 ORDER BY type",
        (session.team,),
    )
    return [name for (name,) in rows]


def contract(session: Session, job_type: str) -> Fields:
    """Return the contract of a type, with its present baseline.

    Raises:
        ApiError: Nobody has heard of the type.
    """
    if job_type not in types(session):
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Job type with ID: {job_type}")
    now = iso(session.now)
    effective = [one for one in baselines(session, job_type) if one["effectiveFrom"] <= now]
    current = max(effective, key=lambda one: (one["effectiveFrom"], one["version"]), default=None)
    return {"jobType": job_type, **_CONTRACT, **_stored(session, job_type), "currentBaseline": current}


def agree(session: Session, job_type: str, fields: Fields) -> Fields:
    """Store the contract of a type in place of the one before."""
    session.connection.execute(
        "INSERT OR REPLACE INTO job_type (team, type, json) VALUES (?, ?, ?)", (session.team, job_type, dumps(fields))
    )
    return contract(session, job_type)


def declared(session: Session, job_type: str | None, resolution: str) -> set[str]:
    """Return the keys of the metrics that a type declares for each job or for whole periods."""
    metrics: Sequence[Fields] = _stored(session, job_type).get("metrics", ()) if job_type else ()
    return {metric["key"] for metric in metrics if metric.get("resolution", _PER_JOB) == resolution}


def baselines(session: Session, job_type: str) -> list[Fields]:
    """Return every baseline of a type, the newest version first."""
    rows = session.connection.execute(
        "SELECT json FROM job_baseline WHERE team = ? AND type = ? ORDER BY version DESC", (session.team, job_type)
    )
    return [fields_of(text) for (text,) in rows]


def rebase(session: Session, job_type: str, fields: Fields) -> Fields:
    """Store a further baseline of a type."""
    now = iso(session.now)
    version = len(baselines(session, job_type)) + 1
    baseline = {"effectiveFrom": now, "provenance": "CUSTOMER_DECLARED", **fields, "created": now, "version": version}
    session.connection.execute(
        "INSERT INTO job_baseline (team, type, version, json) VALUES (?, ?, ?, ?)",
        (session.team, job_type, version, dumps(baseline)),
    )
    return baseline


def state(session: Session, job_type: str, fact: Fields) -> None:
    """Store a fact about a whole period.

    Raises:
        ApiError: The type does not declare the metric, or the period ends before it begins.
    """
    key = fact["key"]
    if key not in declared(session, job_type, "PERIOD"):
        raise invalid(
            {"key": f"'{key}' is no PERIOD metric of job type '{job_type}'; declare it in its economics first"}
        )
    if fact["periodEnd"] <= fact["periodStart"]:
        raise invalid({"periodEnd": "must be after periodStart"})
    session.connection.execute(
        "INSERT INTO job_fact (team, type, json) VALUES (?, ?, ?)", (session.team, job_type, dumps(fact))
    )


def _stored(session: Session, job_type: str) -> Fields:
    row = session.connection.execute(
        "SELECT json FROM job_type WHERE team = ? AND type = ?", (session.team, job_type)
    ).fetchone()
    return fields_of(row[0]) if row else {}
