"""What only this platform has: its state, labelled incidents, and faults on demand."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from local_platform.extras import incidents
from local_platform.http.access import team_of
from local_platform.http.faults import fault_of
from local_platform.metering import store
from local_platform.services import json_response, read_json, services
from local_platform.wire import iso_ms

_LARGEST_BODY = 1 << 16


def add_routes(router: web.UrlDispatcher) -> None:
    """Mount everything under `/local/v1`."""
    router.add_get("/local/v1/status", status)
    router.add_get("/local/v1/incidents", list_incidents)
    router.add_post("/local/v1/incidents", keep_incident)
    router.add_put("/local/v1/faults", switch_faults)


async def status(request: web.Request) -> web.Response:
    """Tell what the platform holds."""
    parts = services(request)
    team = team_of(request)
    totals = await parts.database.read(lambda connection: store.totals(connection, team))
    return json_response(
        {
            "transactions": totals.transactions,
            "unpriced": totals.unpriced,
            "first": iso_ms(totals.first_ms),
            "last": iso_ms(totals.last_ms),
            "uptime_seconds": round((parts.clock() - parts.started).total_seconds(), 3),
        }
    )


async def list_incidents(request: web.Request) -> web.Response:
    """List the labelled incidents."""
    return json_response(await services(request).database.read(incidents.all_of))


async def keep_incident(request: web.Request) -> web.Response:
    """Store a label, replacing one of the same id."""
    incident = incidents.incident_of(await read_json(request, _LARGEST_BODY))
    await services(request).database.write(lambda connection: incidents.keep(connection, incident))
    return json_response(incident, HTTPStatus.CREATED)


async def switch_faults(request: web.Request) -> web.Response:
    """Switch a fault on, or with an empty object off."""
    fault, times = fault_of(await read_json(request, _LARGEST_BODY))
    services(request).faults.set(fault, times)
    return json_response({"on": fault is not None, "times": times})
