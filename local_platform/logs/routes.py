"""Reading the platform's own logs."""

from __future__ import annotations

from aiohttp import web

from local_platform.http.access import require_team
from local_platform.http.errors import invalid
from local_platform.http.paging import hal_page, paging_of
from local_platform.logs import store
from local_platform.logs.store import Side
from local_platform.resources.routes import reading
from local_platform.services import services
from local_platform.session import Session
from local_platform.wire import dumps

_PAGE_SIZE = 100


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount both logs."""
    router.add_get(f"{prefix}/logs/system/internal", internal)
    router.add_get(f"{prefix}/logs/system/external", external)


async def internal(request: web.Request) -> web.Response:
    """List what the platform did: changes of resources, evaluations of rules."""
    return await _listed(request, Side.INTERNAL)


async def external(request: web.Request) -> web.Response:
    """List what the platform was asked, up to this request."""
    parts = services(request)
    await parts.journal.store(parts.database)
    return await _listed(request, Side.EXTERNAL)


async def _listed(request: web.Request, side: Side) -> web.Response:
    require_team(request)
    paging = paging_of(request, _PAGE_SIZE)
    newest_first = _newest_first(request.query.get("sort", ""))

    def work(session: Session) -> tuple[list[dict[str, object]], int]:
        return store.page(session, side, paging, newest_first=newest_first)

    lines, total = await reading(request, work)
    return hal_page(request, "systemLogResourceList", [dumps(line) for line in lines], paging, total)


def _newest_first(sort: str) -> bool:
    name, _, direction = sort.partition(",")
    if name not in ("", "created", "id") or direction.lower() not in ("", "asc", "desc"):
        raise invalid({"sort": "must be created,asc or created,desc"})
    return (direction.lower() or ("asc" if name else "desc")) == "desc"
