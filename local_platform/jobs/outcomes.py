"""What came of a job: reported once, amended with care, measured."""

from __future__ import annotations

from http import HTTPStatus

from local_platform.http.errors import ApiError, invalid
from local_platform.jobs import economics, store
from local_platform.jobs.store import Fields, Job
from local_platform.session import Session
from local_platform.wire import dumps, iso

_SHOWN = ("executionStatus", "outcomeType", "outcomeValue", "outcomeCurrency", "outcomeReason")
_DEFAULT_CURRENCY = "USD"
_SHARE = "quality_rate"


def report(session: Session, job: Job, fields: Fields) -> Job:
    """Store the first report of a job.

    Raises:
        ApiError: There is one already, or a metric is wrong.
    """
    if job.outcome is not None:
        raise ApiError(
            HTTPStatus.CONFLICT,
            f"The outcome of job '{job.agentic_id}' has been reported already",
            details={
                "guidance": "Use PATCH on the same path to amend it",
                "reportedAt": job.outcome["outcomeReportedAt"],
                "updateCount": str(job.outcome["outcomeUpdateCount"]),
            },
        )
    reported_at = fields.get("outcomeReportedAt", iso(session.now))
    outcome = {**_taken(fields), "outcomeReportedAt": reported_at, "outcomeUpdateCount": 0}
    _revise(session, job, outcome, by=fields.get("reportedBy"), reason=None)
    _measure_all(session, job, fields)
    return store.conclude(session, job, outcome)


def amend(session: Session, job: Job, fields: Fields) -> Job:
    """Change what was reported of a job.

    Raises:
        ApiError: Nothing was reported, or the job is not what the caller thinks it is, or a metric is wrong.
    """
    if job.outcome is None:
        # Not 404, which tells clients that there is no such job, so that they ask again until there is.
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, f"Job '{job.agentic_id}' has no outcome; report it with POST")
    expected = fields.get("expectedEntityVersion", job.entity_version)
    if expected != job.entity_version:
        raise ApiError(
            HTTPStatus.CONFLICT,
            f"Outcome has changed since entity version {expected}; current version is {job.entity_version}. "
            "Refetch and retry.",
            details={"currentEntityVersion": str(job.entity_version)},
        )
    outcome = {
        **job.outcome,
        **_taken({**job.outcome, **fields}),
        "outcomeUpdateCount": job.outcome["outcomeUpdateCount"] + 1,
        "outcomeUpdatedAt": iso(session.now),
    }
    _revise(session, job, outcome, by=None, reason=fields.get("reason"))
    _measure_all(session, job, fields)
    return store.conclude(session, job, outcome)


def history(session: Session, job: Job) -> list[Fields]:
    """Return every report of a job, the first one first."""
    rows = session.connection.execute("SELECT json FROM job_revision WHERE job = ? ORDER BY sequence", (job.number,))
    return [store.fields_of(text) for (text,) in rows]


def measure(session: Session, job: Job, entry: Fields) -> None:
    """Store a metric of a job; a second value of the same key is a correction and needs a reason.

    Raises:
        ApiError: The type of job does not declare the metric, or its value or the reason is wrong.
    """
    key = entry["key"]
    if key not in economics.declared(session, job.type, "PER_JOB"):
        raise invalid(
            {"key": f"'{key}' is no PER_JOB metric of job type '{job.type}'; declare it in its economics first"}
        )
    if key == _SHARE and not 0 <= entry["value"] <= 1:
        raise invalid({"value": f"must be between 0 and 1 for {_SHARE}"})
    (known,) = session.connection.execute(
        "SELECT coalesce(max(sequence), 0) FROM job_metric WHERE job = ? AND key = ?", (job.number, key)
    ).fetchone()
    if known and "reason" not in entry:
        raise invalid({"reason": f"must be given to correct '{key}', which is recorded already"})
    session.connection.execute(
        "INSERT INTO job_metric (job, key, sequence, json) VALUES (?, ?, ?, ?)",
        (job.number, key, known + 1, dumps({"recordedAt": iso(session.now), **entry})),
    )


def _measure_all(session: Session, job: Job, fields: Fields) -> None:
    for entry in fields.get("metrics", ()):
        measure(session, job, entry)


def _taken(fields: Fields) -> Fields:
    """Return the part of a report that the job shows."""
    shown = {name: fields[name] for name in _SHOWN if fields.get(name) is not None}
    if "outcomeValue" in shown:
        shown.setdefault("outcomeCurrency", _DEFAULT_CURRENCY)
    if "metadata" in fields:
        shown["outcomeMetadata"] = fields["metadata"]
    return shown


def _revise(session: Session, job: Job, outcome: Fields, *, by: str | None, reason: str | None) -> None:
    sequence = outcome["outcomeUpdateCount"]
    revision = {
        "sequence": sequence,
        **dict.fromkeys((*_SHOWN, "outcomeMetadata")),
        **{name: value for name, value in outcome.items() if name in (*_SHOWN, "outcomeMetadata")},
        "reportedBy": by,
        "reportedAt": iso(session.now),
        "reason": reason,
    }
    session.connection.execute(
        "INSERT INTO job_revision (job, sequence, json) VALUES (?, ?, ?)", (job.number, sequence, dumps(revision))
    )
