"""The transactions log."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.accounts.identity import Identity
from local_platform.accounts.routes import team_reference
from local_platform.http.access import number_of, require_team
from local_platform.http.errors import ApiError
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering import store
from local_platform.metering.log import log_query, read_page
from local_platform.services import services
from local_platform.wire import dumps


async def completions(request: web.Request) -> web.Response:
    """List metered completions."""
    require_team(request)
    paging = paging_of(request)
    query = log_query(request.query)
    parts = services(request)
    page = await parts.database.read(lambda connection: read_page(connection, query, paging))
    team = dumps(team_reference(parts.identity))
    base = f"{request.url.origin()}{request.path}"
    items = [_item(base, team, row, record) for row, record in page.rows]
    return hal_page(request, "aICompletionMetricResourceList", items, paging, page.total)


async def completion(request: web.Request) -> web.Response:
    """Show one completion by its row's id."""
    require_team(request)
    text = request.match_info["id"]
    row = number_of("completion", text)
    parts = services(request)
    record = await parts.database.read(lambda connection: store.record(connection, row))
    if record is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Completion with ID: {text}")
    return web.Response(text=_one(request, parts.identity, row, record), content_type="application/json")


def _one(request: web.Request, identity: Identity, row: int, record: str) -> str:
    base = f"{request.url.origin()}{request.path.rpartition('/')[0]}"
    return _item(base, dumps(team_reference(identity)), row, record)


def _item(base: str, team: str, row: int, record: str) -> str:
    """Put in front of a stored record what depends on the row and on who asks where."""
    row_id = ids.encode("completion", row)
    return f'{{"id":"{row_id}","_links":{{"self":{{"href":"{base}/{row_id}"}}}},"team":{team},{record[1:]}'
