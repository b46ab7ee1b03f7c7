"""Where metering is mounted: what is metered to, and what reads it back."""

from __future__ import annotations

from aiohttp import web

from local_platform.metering import (
    api_calls,
    call_routes,
    event_routes,
    failures,
    log_routes,
    model_routes,
    tool_routes,
    trace_routes,
)
from local_platform.metering.call_routes import LARGEST_IMPORT
from local_platform.metering.fields import COMPLETION
from local_platform.metering.media_fields import SHAPES

__all__ = ["LARGEST_IMPORT", "add_metering", "add_routes"]


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the log, the models, and metering under the management prefix."""
    router.add_post(f"{prefix}/ai/completions", call_routes.metering(COMPLETION))
    trace_routes.add_routes(router, prefix)
    log_routes.add_routes(router, prefix)
    tool_routes.add_routes(router, prefix)
    api_calls.add_routes(router, prefix)
    failures.add_routes(router, prefix)
    model_routes.add_routes(router, prefix)


def add_metering(router: web.UrlDispatcher) -> None:
    """Mount what is metered to."""
    router.add_post("/meter/v2/ai/completions", call_routes.metering(COMPLETION))
    for name, shape in SHAPES.items():
        router.add_post(f"/meter/v2/ai/{name}", call_routes.metering(shape))
    router.add_post("/meter/v2/tool/events", tool_routes.meter)
    router.add_post("/meter/v2/events", event_routes.meter)
    router.add_post("/meter/v2/apis/requests", api_calls.metering(api_calls.REQUEST))
    router.add_post("/meter/v2/apis/responses", api_calls.metering(api_calls.RESPONSE))
    router.add_post("/local/v1/import", call_routes.import_lines)
