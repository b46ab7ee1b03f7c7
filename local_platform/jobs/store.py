"""Jobs in the database. Every function keeps to the session's team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from local_platform import ids
from local_platform.http.errors import ApiError
from local_platform.logs import store as logs
from local_platform.session import Session
from local_platform.wire import dumps, iso_ms, loads, to_ms

Fields = dict[str, Any]

DESCRIPTION = ("name", "type", "environment", "version")
_COLUMNS = (
    "id, team, agentic_id, name, type, environment, version, source, created_ms, updated_ms, entity_version, outcome"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes:
        number: Its number; `id` on the wire.
        agentic_id: The id that its team gave it.
        description: Its name, type, environment and version, as far as they are known.
        source: Who made it known: TELEMETRY, UI or API.
        created_ms: When it became known, in epoch milliseconds.
        updated_ms: When it was last changed.
        entity_version: How often it was changed; guards against writing over what another has written.
        outcome: What was reported last, as the wire has it; None while nothing was.
    """

    number: int
    agentic_id: str
    description: Mapping[str, str | None]
    source: str
    created_ms: int
    updated_ms: int
    entity_version: int
    outcome: Fields | None

    @property
    def type(self) -> str | None:
        """What kind of job it is."""
        return self.description["type"]

    def rendered(self) -> dict[str, object]:
        """Return the job on the wire."""
        return {
            "id": ids.encode("job", self.number),
            "label": self.description["name"] or self.agentic_id,
            "resourceType": "job",
            "agenticJobId": self.agentic_id,
            **self.description,
            "source": self.source,
            "entityVersion": self.entity_version,
            "hasOutcome": self.outcome is not None,
            "outcomeUpdateCount": 0,
            **(self.outcome or {}),
            "created": iso_ms(self.created_ms),
            "updated": iso_ms(self.updated_ms),
            "_links": {},
        }


def find(session: Session, text: str) -> Job:
    """Return the job that a path names, by the team's id or by ours.

    Raises:
        ApiError: There is none.
    """
    values = (session.team, text, ids.decode("job", text))
    found = selected(session, "team = ? AND (agentic_id = ? OR id = ?) ORDER BY agentic_id <> ?", (*values, text))
    if not found:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Job with ID: {text}")
    return found[0]


def selected(session: Session, where: str, values: Sequence[object]) -> list[Job]:
    """Return the jobs that a condition of ours picks, in its order."""
    rows = session.connection.execute(f"SELECT {_COLUMNS} FROM job WHERE {where}", values)  # noqa: S608 - ours
    return [_job(row) for row in rows]


def insert(session: Session, agentic_id: str, fields: Mapping[str, str]) -> Job:
    """Store a new job.

    Raises:
        ApiError: There is one of this id.
    """
    moment = to_ms(session.now)
    row = session.connection.execute(
        "INSERT INTO job (team, agentic_id, name, type, environment, version, source, created_ms, updated_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, 'API', ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        (session.team, agentic_id, *(fields.get(name) for name in DESCRIPTION), moment, moment),
    ).fetchone()
    if row is None:
        raise ApiError(HTTPStatus.CONFLICT, f"Job '{agentic_id}' exists already; change it with PATCH")
    logs.note(session, "JOB_CREATED", agentic_id)
    return find(session, agentic_id)


def describe(session: Session, job: Job, fields: Mapping[str, str]) -> Job:
    """Change what is known of a job."""
    after = {**job.description, **fields}
    _update(session, job, "name = ?, type = ?, environment = ?, version = ?", [after[name] for name in DESCRIPTION])
    logs.note(session, "JOB_UPDATED", job.agentic_id)
    return find(session, job.agentic_id)


def conclude(session: Session, job: Job, outcome: Fields) -> Job:
    """Store what was reported of a job."""
    _update(session, job, "outcome = ?", [dumps(outcome)])
    logs.note(session, "JOB_OUTCOME_REPORTED", f"{job.agentic_id} {outcome['executionStatus']}")
    return find(session, job.agentic_id)


def remove(session: Session, job: Job) -> None:
    """Forget a job and what was reported of it; its calls stay."""
    for table in ("job_revision", "job_metric"):
        session.connection.execute(f"DELETE FROM {table} WHERE job = ?", (job.number,))  # noqa: S608 - ours
    session.connection.execute("DELETE FROM job WHERE id = ?", (job.number,))
    logs.note(session, "JOB_DELETED", job.agentic_id)


def _update(session: Session, job: Job, change: str, values: Sequence[object]) -> None:
    session.connection.execute(
        f"UPDATE job SET {change}, updated_ms = ?, entity_version = entity_version + 1 WHERE id = ?",  # noqa: S608 - ours
        (*values, to_ms(session.now), job.number),
    )


def _job(row: Sequence[Any]) -> Job:
    number, _team, agentic_id, name, type_, environment, version, source, created_ms, updated_ms, changes, outcome = row
    return Job(
        number=number,
        agentic_id=agentic_id,
        description=dict(zip(DESCRIPTION, (name, type_, environment, version), strict=True)),
        source=source,
        created_ms=created_ms,
        updated_ms=updated_ms,
        entity_version=changes,
        outcome=None if outcome is None else fields_of(outcome),
    )


def fields_of(text: str) -> Fields:
    """Read a stored JSON object."""
    found = loads(text.encode())
    if not isinstance(found, dict):
        raise TypeError("what is stored is no JSON object")
    return found
