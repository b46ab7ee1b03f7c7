"""The application: every route of the platform, under every prefix that clients use."""

from __future__ import annotations

from aiohttp import web

from local_platform.accounts import routes as accounts
from local_platform.analytics import routes as reports
from local_platform.analytics.reports import REPORTS
from local_platform.extras import routes as local
from local_platform.http.access import requiring_key
from local_platform.http.errors import reporting_errors
from local_platform.metering import log_routes as transactions
from local_platform.metering import model_routes as models
from local_platform.metering import routes as metering
from local_platform.services import SERVICES, Services

# Clients disagree on the first; both lead to the same tree.
_MANAGEMENT = ("/profitstream/v2/api", "/v2/api")


def build_app(services: Services) -> web.Application:
    """Assemble the application of one platform."""
    app = web.Application(
        middlewares=[
            reporting_errors(services.clock),
            services.faults.middleware(),
            requiring_key(services.identity.api_key),
        ],
        client_max_size=metering.LARGEST_IMPORT,
    )
    app[SERVICES] = services
    for prefix in _MANAGEMENT:
        _add_management(app.router, prefix)
    app.router.add_post("/meter/v2/ai/completions", metering.complete)
    _add_local(app.router)
    return app


def _add_management(router: web.UrlDispatcher, prefix: str) -> None:
    metrics = f"{prefix}/sources/metrics/ai"
    router.add_get(f"{prefix}/users/me", accounts.me)
    router.add_get(f"{prefix}/users/current", accounts.current)
    router.add_get(f"{prefix}/teams", accounts.teams)
    router.add_post(f"{prefix}/ai/completions", metering.complete)
    router.add_get(f"{prefix}/sources/ai/models", models.list_models)
    router.add_get(f"{prefix}/sources/ai/models/providers", models.list_providers)
    router.add_get(f"{metrics}/completions", transactions.completions)
    router.add_get(f"{metrics}/completions/{{id}}", transactions.completion)
    router.add_get(f"{metrics}/data-connected", reports.data_connected)
    router.add_get(f"{metrics}/data-connected/sources", reports.data_sources)
    for name, report in REPORTS.items():
        router.add_get(f"{metrics}/{name}", reports.handler_of(report))


def _add_local(router: web.UrlDispatcher) -> None:
    router.add_post("/local/v1/import", metering.import_lines)
    router.add_get("/local/v1/status", local.status)
    router.add_get("/local/v1/incidents", local.list_incidents)
    router.add_post("/local/v1/incidents", local.keep_incident)
    router.add_put("/local/v1/faults", local.switch_faults)
