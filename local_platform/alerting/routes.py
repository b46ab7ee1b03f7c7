"""The paths of this room, and the task behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from local_platform.alerting import alert_routes, budget_routes, event_routes, guardrail_routes, rule_routes
from local_platform.alerting.evaluator import Evaluator
from local_platform.services import SERVICES, json_response

EVALUATOR = web.AppKey("evaluator", Evaluator)

_PARTS = (rule_routes, alert_routes, budget_routes, guardrail_routes, event_routes)


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount everything but the verbs of the room's kinds, which come after."""
    for part in _PARTS:
        part.add_routes(router, prefix)


def add_evaluation(app: web.Application) -> None:
    """Evaluate rules for as long as the application runs, and whenever it is asked for."""
    parts = app[SERVICES]
    app[EVALUATOR] = Evaluator(parts.database, parts.clock)
    app.cleanup_ctx.append(_evaluating)
    app.router.add_post("/local/v1/evaluations", evaluate)


async def evaluate(request: web.Request) -> web.Response:
    """Evaluate everything now, without waiting for the clock."""
    done = await request.app[EVALUATOR].evaluate()
    return json_response({"evaluated": done.evaluated, "failed": done.failed})


async def _evaluating(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[EVALUATOR].run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
