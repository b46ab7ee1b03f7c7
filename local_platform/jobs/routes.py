"""Jobs over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from local_platform.http.paging import hal_page, paging_of
from local_platform.jobs import analysis, attribution_routes, bodies, listing, outcomes, store, type_routes
from local_platform.jobs.store import Job
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session
from local_platform.wire import dumps, iso, iso_ms

T = TypeVar("T")

_LARGEST_BODY = 1 << 20
_PAGE_SIZE = 20


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount jobs, their types, and what sessions are attributed to."""
    jobs = f"{prefix}/jobs"
    job = f"{jobs}/{{agenticJobId}}"
    router.add_get(jobs, list_jobs)
    router.add_post(jobs, create)
    router.add_get(f"{jobs}/conversion-funnel", funnel)
    type_routes.add_routes(router, f"{jobs}/types")
    router.add_get(job, show)
    router.add_patch(job, change)
    router.add_delete(job, delete)
    router.add_get(f"{job}/transactions", transactions)
    router.add_get(f"{job}/roi", roi)
    router.add_post(f"{job}/outcome", report)
    router.add_patch(f"{job}/outcome", amend)
    router.add_post(f"{job}/outcome/metrics", measure)
    router.add_get(f"{job}/outcome/history", history)
    attribution_routes.add_routes(router, prefix)


async def list_jobs(request: web.Request) -> web.Response:
    """List a page of jobs."""
    paging = paging_of(request, _PAGE_SIZE)
    conditions = listing.conditions_of(request.query, listing.LISTING)
    order = listing.order_of(request.query.get("sort", ""))
    found, total = await reading(request, lambda session: listing.read_page(session, conditions, order, paging))
    return hal_page(request, "jobResourceList", [dumps(job.rendered()) for job in found], paging, total)


async def create(request: web.Request) -> web.Response:
    """Make a job known before its first call."""
    body = await read_json(request, _LARGEST_BODY)
    fields = bodies.checked({**bodies.AGENTIC_ID, **bodies.JOB}, body, ("agenticJobId",))
    agentic_id = fields.pop("agenticJobId")
    made = await writing(request, lambda session: store.insert(session, agentic_id, fields), body)
    return json_response(made.rendered(), HTTPStatus.CREATED)


async def show(request: web.Request) -> web.Response:
    """Show a job."""
    return json_response(await _reading(request, lambda _session, job: job.rendered()))


async def change(request: web.Request) -> web.Response:
    """Change what is known of a job."""
    fields = bodies.checked(bodies.JOB, await read_json(request, _LARGEST_BODY))
    after = await _writing(request, lambda session, job: store.describe(session, job, fields))
    return json_response(after.rendered())


async def delete(request: web.Request) -> web.Response:
    """Forget a job."""

    def work(session: Session, job: Job) -> dict[str, object]:
        store.remove(session, job)
        return {
            "id": job.rendered()["id"],
            "message": "Job deleted",
            "resourceType": "job",
            "created": iso_ms(job.created_ms),
            "updated": iso(session.now),
            "_links": {},
        }

    return json_response(await _writing(request, work))


async def transactions(request: web.Request) -> web.Response:
    """List the calls of a job."""
    return json_response(await _reading(request, analysis.timeline))


async def roi(request: web.Request) -> web.Response:
    """Compare what a job cost and what it brought in."""
    return json_response(await _reading(request, analysis.roi))


async def funnel(request: web.Request) -> web.Response:
    """Count jobs by how they ended."""
    conditions = listing.conditions_of(request.query, listing.FUNNEL)
    return json_response(await reading(request, lambda session: analysis.funnel(session, conditions)))


async def report(request: web.Request) -> web.Response:
    """Report the outcome of a job, once."""
    fields = bodies.checked(bodies.REPORT, await read_json(request, _LARGEST_BODY), ("executionStatus",))
    after = await _writing(request, lambda session, job: outcomes.report(session, job, fields))
    return json_response(after.rendered(), HTTPStatus.CREATED)


async def amend(request: web.Request) -> web.Response:
    """Amend the outcome of a job."""
    fields = bodies.checked(bodies.AMENDMENT, await read_json(request, _LARGEST_BODY))
    after = await _writing(request, lambda session, job: outcomes.amend(session, job, fields))
    return json_response(after.rendered())


async def measure(request: web.Request) -> web.Response:
    """Record metrics of a job, all or none; the answer has no body."""
    entries = bodies.checked_all(bodies.METRIC, await read_json(request, _LARGEST_BODY), ("key", "value"))

    def work(session: Session, job: Job) -> None:
        for entry in entries:
            outcomes.measure(session, job, entry)

    await _writing(request, work)
    return web.Response(status=HTTPStatus.CREATED)


async def history(request: web.Request) -> web.Response:
    """List every report of a job's outcome, as a bare array."""
    return json_response(await _reading(request, outcomes.history))


async def _reading(request: web.Request, work: Callable[[Session, Job], object]) -> object:
    text = request.match_info["agenticJobId"]
    return await reading(request, lambda session: work(session, store.find(session, text)))


async def _writing(request: web.Request, work: Callable[[Session, Job], T]) -> T:
    text = request.match_info["agenticJobId"]
    return await writing(request, lambda session: work(session, store.find(session, text)))
