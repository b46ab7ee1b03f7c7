"""What only this platform has: its state, labels, keys, the last requests; faults and limits on demand."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from local_platform.extras import incidents, keys
from local_platform.http.access import caller_of, is_operator, require_operator, team_of
from local_platform.http.faults import fault_of
from local_platform.http.journal import Entry
from local_platform.http.limits import rate_of
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
    router.add_put("/local/v1/rate-limit", switch_limit)
    router.add_get("/local/v1/requests", list_requests)
    keys.add_routes(router)


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
    """List the team's labelled incidents."""
    team = team_of(request)
    return json_response(await services(request).database.read(lambda connection: incidents.all_of(connection, team)))


async def keep_incident(request: web.Request) -> web.Response:
    """Store a label, replacing one of the same id."""
    incident = incidents.incident_of(await read_json(request, _LARGEST_BODY))
    team = team_of(request)
    await services(request).database.write(lambda connection: incidents.keep(connection, team, incident))
    return json_response(incident, HTTPStatus.CREATED)


async def switch_faults(request: web.Request) -> web.Response:
    """Switch a fault on, or with an empty object off."""
    require_operator(request)
    fault, times = fault_of(await read_json(request, _LARGEST_BODY))
    services(request).faults.set(fault, times)
    return json_response({"on": fault is not None, "times": times})


async def switch_limit(request: web.Request) -> web.Response:
    """Limit how many requests each key may make, or with an empty object any more not."""
    require_operator(request)
    rate = rate_of(await read_json(request, _LARGEST_BODY))
    services(request).limits.set(rate)
    return json_response({} if rate is None else rate.rendered())


async def list_requests(request: web.Request) -> web.Response:
    """List the last requests of the caller's tenant, the newest first; the operator sees everybody's."""
    tenant = caller_of(request).tenant
    everybody = is_operator(request)

    def seen(entry: Entry) -> bool:
        return everybody or (entry.key is not None and entry.key.caller.tenant == tenant)

    return json_response([entry.rendered() for entry in services(request).journal.recent(seen)])
