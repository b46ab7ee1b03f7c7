"""What a subscription owes and has used, beside its verbs."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from local_platform.billing.amounts import amount_billed, quota_consumed
from local_platform.resources.kind import Document
from local_platform.resources.kinds.subscriptions import SUBSCRIPTION
from local_platform.resources.routes import found, reading
from local_platform.services import json_response
from local_platform.session import Session

_Figure = Callable[[Session, Document], dict[str, object]]


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the paths of billing."""
    one = f"{prefix}/{SUBSCRIPTION.path}/{{id}}"
    router.add_get(f"{one}/billed-amount", _showing(amount_billed))
    router.add_get(f"{one}/quota-consumed", _showing(quota_consumed))


def _showing(figure: _Figure) -> Handler:
    async def show(request: web.Request) -> web.Response:
        def work(session: Session) -> dict[str, object]:
            return figure(session, found(session, SUBSCRIPTION, request.match_info["id"]))

        return json_response(await reading(request, work))

    return show
