"""The transactions log."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from aiohttp import web

from local_platform import ids
from local_platform.http.access import caller_of, number_of, require_team
from local_platform.http.errors import ApiError
from local_platform.http.paging import hal_page, paging_of
from local_platform.metering.log import log_query
from local_platform.metering.names import labels
from local_platform.metering.pages import Visit
from local_platform.metering.rows import LoggedCall, logged
from local_platform.resources.rendering import metadata
from local_platform.resources.routes import reading
from local_platform.services import services
from local_platform.session import Session
from local_platform.wire import dumps

_MODALITIES = {"completions": "TEXT", "images": "IMAGE", "audio": "AUDIO", "video": "VIDEO"}


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount the log: all calls, and those of each modality."""
    path = f"{prefix}/sources/metrics/ai"
    router.add_get(path, listing(None))
    for name, modality in _MODALITIES.items():
        router.add_get(f"{path}/{name}", listing(modality))
        router.add_get(f"{path}/{name}/{{id}}", completion)


def listing(modality: str | None) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler that lists calls of a modality, or of all."""

    async def calls(request: web.Request) -> web.Response:
        """List metered calls."""
        paging = paging_of(request)
        query = log_query(request.query, require_team(request), modality)
        parts = services(request)
        visit = Visit(caller_of(request), parts.clock())
        base = f"{request.url.origin()}{request.path}"

        def work(session: Session) -> tuple[list[str], int]:
            page = parts.pages.read(session.connection, query, paging, visit)
            return _rendered(session, base, page.rows), page.total

        items, total = await reading(request, work)
        return hal_page(request, "aICompletionMetricResourceList", items, paging, total)

    return calls


async def completion(request: web.Request) -> web.Response:
    """Show one completion by its row's id."""
    team = require_team(request)
    text = request.match_info["id"]
    row = number_of("completion", text)
    base = f"{request.url.origin()}{request.path.rpartition('/')[0]}"

    def work(session: Session) -> list[str]:
        owned = session.connection.execute("SELECT 1 FROM completion WHERE id = ? AND team = ?", (row, team)).fetchone()
        return _rendered(session, base, logged(session.connection, [row])) if owned else []

    found = await reading(request, work)
    if not found:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Completion with ID: {text}")
    return web.Response(text=found[0], content_type="application/json")


def _rendered(session: Session, base: str, calls: list[LoggedCall]) -> list[str]:
    team = dumps(metadata(session, "team", session.team))
    references = _References(session.connection, calls)
    return [_item(base, team, call, references.of(call)) for call in calls]


def _item(base: str, team: str, call: LoggedCall, references: str) -> str:
    """Put in front of a stored record what depends on the row and on who asks where."""
    row_id = ids.encode("completion", call.row)
    links = f'{{"self":{{"href":"{base}/{row_id}"}}}}'
    return f'{{"id":"{row_id}","_links":{links},"team":{team},{references}{call.record[1:]}'


class _References:
    """What the calls of a page refer to, by its present name."""

    def __init__(self, connection: sqlite3.Connection, calls: Iterable[LoggedCall]) -> None:
        calls = list(calls)
        self._labels = {
            kind: labels(connection, kind, filter(None, numbers))
            for kind, numbers in (
                ("organization", [call.organization_number for call in calls]),
                ("product", [call.product_number for call in calls]),
                ("credential", [call.credential_number for call in calls]),
            )
        }

    def of(self, call: LoggedCall) -> str:
        """Return the JSON members that name what a call refers to."""
        return "".join(
            (
                self._member("organization", "organization", call.organization, call.organization_number),
                self._member("product", "product", call.product, call.product_number),
                self._member("subscriberCredential", "credential", call.credential, call.credential_number),
            )
        )

    def _member(self, field: str, kind: str, name: str | None, number: int | None) -> str:
        """Name what is registered by its id and present name, anything else by the name that was sent."""
        if name is None:
            return ""
        label = self._labels[kind].get(number or 0, name)
        identity = ids.of_name(kind, name) if number is None else ids.encode(kind, number)
        return f'"{field}":{dumps({"id": identity, "label": label, "resourceType": kind, "_links": {}})},'
