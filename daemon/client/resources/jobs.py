"""Agentic jobs, their outcomes and economics, and what coding sessions were spent on."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.client.api import Api
from daemon.client.collection import Collection, Filter, Spec, narrowed
from daemon.client.payloads.jobs import (
    Attribution,
    Baseline,
    Economics,
    Fact,
    Funnel,
    Job,
    JobCalls,
    JobRoi,
    Outcome,
    OutcomeMetric,
    OutcomeRevision,
)
from daemon.client.resources.customers import strings
from daemon.client.wire import Json, read, read_each, segment

_FILTERS = "search type executionStatus outcomeType outcomeValueMin outcomeValueMax environment startDate endDate"
JOBS = Spec("/jobs", Job, frozenset(_FILTERS.split()), owned_by=(), update="PATCH")


class Jobs(Collection[Job]):
    """Jobs, addressed by their `agentic_job_id`."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, JOBS)

    async def calls(self, job_id: str) -> JobCalls:
        """Read the calls that a job made."""
        path = f"{JOBS.of(job_id)}/transactions"
        return read(JobCalls, await self._api.get(path), path)

    async def roi(self, job_id: str) -> JobRoi:
        """Read what a job cost and brought."""
        path = f"{JOBS.of(job_id)}/roi"
        return read(JobRoi, await self._api.get(path), path)

    async def report_outcome(self, job_id: str, outcome: Outcome) -> Job:
        """Say what came of a job.

        Raises:
            ConflictError: It was said already; amend it instead.
        """
        return await self._outcome("POST", job_id, outcome)

    async def amend_outcome(self, job_id: str, outcome: Outcome) -> Job:
        """Say it differently.

        Raises:
            ConflictError: Somebody else amended it since the version that was expected.
        """
        return await self._outcome("PATCH", job_id, outcome)

    async def add_metrics(self, job_id: str, metrics: Sequence[OutcomeMetric]) -> Job:
        """Add figures to an outcome."""
        path = f"{JOBS.of(job_id)}/outcome/metrics"
        return read(Job, await self._api.send("POST", path, [metric.body() for metric in metrics]), path)

    async def history(self, job_id: str) -> tuple[OutcomeRevision, ...]:
        """Read every version of an outcome."""
        path = f"{JOBS.of(job_id)}/outcome/history"
        body = await self._api.get(path)
        return read_each(OutcomeRevision, _embedded(body), path)

    async def types(self) -> tuple[str, ...]:
        """Read which types of jobs there are."""
        path = f"{JOBS.path}/types"
        return strings(await self._api.get(path), path)

    async def funnel(self, **filters: Filter) -> Funnel:
        """Count jobs by their end, between ``start_date`` and ``end_date``, by ``job_type`` or ``environment``."""
        path = f"{JOBS.path}/conversion-funnel"
        query = narrowed(filters, frozenset({"startDate", "endDate", "jobType", "environment"}), path)
        return read(Funnel, await self._api.get(path, query), path)

    async def economics(self, job_type: str) -> Economics:
        """Read how jobs of a type are valued."""
        path = self._type(job_type, "economics")
        return read(Economics, await self._api.get(path), path)

    async def set_economics(self, job_type: str, economics: Economics) -> Economics:
        """Say how jobs of a type are valued."""
        path = self._type(job_type, "economics")
        return read(Economics, await self._api.send("PUT", path, economics.body()), path)

    async def baselines(self, job_type: str) -> tuple[Baseline, ...]:
        """Read what such jobs cost before agents did them, over time."""
        path = self._type(job_type, "baselines")
        return read_each(Baseline, _embedded(await self._api.get(path)), path)

    async def add_baseline(self, job_type: str, baseline: Baseline) -> Baseline:
        """Say what such jobs cost before."""
        path = self._type(job_type, "baselines")
        return read(Baseline, await self._api.send("POST", path, baseline.body()), path)

    async def add_facts(self, job_type: str, facts: Sequence[Fact]) -> None:
        """Report figures about periods."""
        await self._api.send("POST", self._type(job_type, "facts"), [fact.body() for fact in facts])

    async def _outcome(self, method: str, job_id: str, outcome: Outcome) -> Job:
        path = f"{JOBS.of(job_id)}/outcome"
        return read(Job, await self._api.send(method, path, outcome.body()), path)

    def _type(self, job_type: str, what: str) -> str:
        return f"{JOBS.path}/types/{segment(job_type)}/{what}"


def _embedded(body: Json) -> Json:
    """Return a list that may come bare or as the only one of a page."""
    if isinstance(body, dict) and isinstance(embedded := body.get("_embedded", {}), dict):
        return next(iter(embedded.values()), [])
    return body


class Sessions:
    """What coding sessions were spent on."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def attributions(self, session_id: str) -> tuple[Attribution, ...]:
        """Read what a session is attributed to."""
        path = self._path(session_id)
        body = await self._api.get(path)
        return read_each(Attribution, [body] if isinstance(body, dict) else body, path)

    async def attribute(self, session_id: str, attribution: Attribution) -> Attribution:
        """Say what a session is spent on."""
        path = self._path(session_id)
        return read(Attribution, await self._api.send("POST", path, attribution.body()), path)

    def _path(self, session_id: str) -> str:
        return f"/sessions/{segment(session_id)}/attribution"
