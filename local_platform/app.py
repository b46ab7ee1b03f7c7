"""The application: every route of the platform, under every prefix that clients use."""

from __future__ import annotations

from aiohttp import web

from local_platform.accounts import routes as accounts
from local_platform.alerting import routes as alerting
from local_platform.analytics import routes as analytics
from local_platform.analytics.folder import folding
from local_platform.analytics.newer.routes import add_newer
from local_platform.billing import routes as billing
from local_platform.extras import routes as extras
from local_platform.http.access import requiring_key
from local_platform.http.errors import reporting_errors
from local_platform.http.spoiling import spoiling
from local_platform.jobs import routes as jobs
from local_platform.logs import routes as logs
from local_platform.metering import routes as metering
from local_platform.resources import paths as resources
from local_platform.resources.kinds.channels import OWN_SLACK
from local_platform.resources.mounted import KINDS
from local_platform.resources.routes import add_kinds
from local_platform.services import SERVICES, Services

# Clients disagree on the first; both lead to the same tree.
_MANAGEMENT = ("/profitstream/v2/api", "/v2/api")

# The rooms with paths of their own beside the verbs; where paths overlap, the literal one is mounted first.
_ROOMS = (accounts, metering, analytics, alerting, billing, logs, jobs, resources)


def build_app(services: Services) -> web.Application:
    """Assemble the application of one platform."""
    app = web.Application(
        middlewares=[
            services.journal.middleware(),
            reporting_errors(services.clock),
            spoiling(services.faults),
            requiring_key(services.keys, services.limits),
        ],
        client_max_size=metering.LARGEST_IMPORT,
    )
    app[SERVICES] = services
    app.cleanup_ctx.append(services.journal.storing(services.database))
    app.cleanup_ctx.append(folding)
    for prefix in _MANAGEMENT:
        for room in _ROOMS:
            room.add_routes(app.router, prefix)
        add_kinds(app.router, prefix, KINDS)
    add_kinds(app.router, "/local/v1", [OWN_SLACK])
    add_newer(app.router)
    metering.add_metering(app.router)
    alerting.add_evaluation(app)
    extras.add_routes(app.router)
    return app
