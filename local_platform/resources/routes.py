"""The verbs of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from local_platform.http.access import number_of, owner_of, session_of
from local_platform.http.errors import ApiError
from local_platform.http.paging import hal_page, paging_of
from local_platform.resources import bodies, documents, links
from local_platform.resources.kind import Document, Kind
from local_platform.resources.listing import Condition, listing_of, read_page
from local_platform.resources.rendering import Renderer
from local_platform.resources.walks import Walks
from local_platform.services import json_response, read_json, services
from local_platform.session import Session
from local_platform.wire import dumps, iso, iso_ms

T = TypeVar("T")

_LARGEST_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class _Hold:
    """A field of another kind that keeps what it names from being deleted."""

    kind: Kind
    field: str


def add_kinds(router: web.UrlDispatcher, prefix: str, kinds: Iterable[Kind]) -> None:
    """Mount the verbs of all kinds; literal paths of a family must be mounted before."""
    everything = tuple(kinds)
    for kind in everything:
        holds = tuple(
            _Hold(other, reference.field)
            for other in everything
            for reference in other.references
            if reference.kind == kind.name and reference.holds
        )
        _Resource(kind, holds).mount(router, f"{prefix}/{kind.path}")


@dataclass(frozen=True, slots=True)
class _Resource:
    """The handlers of one kind."""

    kind: Kind
    holds: tuple[_Hold, ...]
    walks: Walks = field(default_factory=Walks)

    def mount(self, router: web.UrlDispatcher, path: str) -> None:
        one = f"{path}/{{id}}"
        verbs: dict[str, Callable[[], object]] = {
            "list": lambda: router.add_get(path, self.list),
            "create": lambda: router.add_post(path, self.create),
            "read": lambda: router.add_get(one, self.read),
            "update": lambda: (router.add_put(one, self.replace), router.add_patch(one, self.patch)),
            "delete": lambda: router.add_delete(one, self.delete),
        }
        for verb, add in verbs.items():
            if verb in self.kind.verbs:
                add()

    async def list(self, request: web.Request) -> web.Response:
        """List a page."""
        owner_of(request, (self.kind.listed_by or self.kind.owner).value)
        return await paged(request, self.kind, walks=self.walks)

    async def create(self, request: web.Request) -> web.Response:
        """Make one from the body."""
        body = await read_json(request, _LARGEST_BODY)
        base = collection_of(request, self.kind)

        def work(session: Session) -> dict[str, object]:
            document = documents.insert(session, self.kind, bodies.fields_of(session, self.kind, body))
            return self._written(session, base, None, document)

        return json_response(await writing(request, work, body), HTTPStatus.CREATED)

    async def read(self, request: web.Request) -> web.Response:
        """Show one."""

        def work(session: Session) -> dict[str, object]:
            session, document = opened(session, self.kind, request.match_info["id"])
            return Renderer(session, collection_of(request, self.kind)).resource(self.kind, document)

        return json_response(await reading(request, work))

    async def replace(self, request: web.Request) -> web.Response:
        """Replace one by the body."""
        return await self._update(request, lambda _before, body: body)

    async def patch(self, request: web.Request) -> web.Response:
        """Change the fields that the body brings."""
        return await self._update(request, lambda before, body: bodies.merged(self.kind, before, body))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete one that nothing depends on."""

        def work(session: Session) -> dict[str, object]:
            session, document = opened(session, self.kind, request.match_info["id"])
            self._refuse_if_needed(session, document)
            documents.remove(session, document)
            links.carry_over(session, self.kind, document, None)
            self.kind.changed(session, document, None)
            return receipt(session, self.kind, document)

        return json_response(await writing(request, work))

    async def _update(self, request: web.Request, whole: Callable[[Document, object], object]) -> web.Response:
        body = await read_json(request, _LARGEST_BODY)

        def work(session: Session) -> dict[str, object]:
            session, before = opened(session, self.kind, request.match_info["id"])
            fields = bodies.fields_of(session, self.kind, whole(before, body), before)
            after = documents.replace(session, self.kind, before, fields)
            return self._written(session, collection_of(request, self.kind), before, after)

        return json_response(await writing(request, work))

    def _written(self, session: Session, base: str, before: Document | None, after: Document) -> dict[str, object]:
        """Do what follows from a change, and return the answer, which repeats no secret."""
        links.carry_over(session, self.kind, before, after)
        self.kind.changed(session, before, after)
        shown = Renderer(session, base).resource(self.kind, after)
        return {name: value for name, value in shown.items() if name not in self.kind.secrets}

    def _refuse_if_needed(self, session: Session, document: Document) -> None:
        if reason := self.kind.objection(session, document):
            raise ApiError(HTTPStatus.CONFLICT, f"{self.kind.entity} {document.id} cannot be deleted: {reason}")
        for hold in self.holds:
            if count := len(documents.referring(session, hold.kind.name, hold.field, document.id)):
                raise ApiError(
                    HTTPStatus.CONFLICT,
                    f"{self.kind.entity} {document.id} is named by {hold.field} of {count} {hold.kind.path}; "
                    "change or delete those first",
                )


async def paged(
    request: web.Request, kind: Kind, more: Sequence[Condition] = (), walks: Walks | None = None
) -> web.Response:
    """Answer with the page that a request asks for.

    Args:
        request: What names page, size, order and filters.
        kind: What is listed.
        more: Conditions beside those of the request.
        walks: What remembers where walks began; without it the order must be that of creation.
    """
    paging = paging_of(request, kind.page_size)
    listing = listing_of(kind, request.query, more)
    base = collection_of(request, kind)

    def work(session: Session) -> tuple[list[str], int]:
        found, total = read_page(session, kind, listing, paging, walks or Walks())
        return [dumps(resource) for resource in Renderer(session, base).resources(kind, found)], total

    items, total = await reading(request, work)
    return hal_page(request, kind.collection, items, paging, total)


def collection_of(request: web.Request, kind: Kind) -> str:
    """Return the address that the ids of a kind are appended to, under the prefix of a request to its family."""
    before, found, _ = request.path.partition(f"/{kind.path}")
    return f"{request.url.origin()}{before}{found}"


def opened(session: Session, kind: Kind, text: str) -> tuple[Session, Document]:
    """Return the document of an id, and the session as one of the document's team.

    Raises:
        ApiError: The text is no id, or names nothing of this tenant, or something of another team.
    """
    document = found(session, kind, text)
    return (replace(session, team=document.team) if document.team else session), document


def found(session: Session, kind: Kind, text: str) -> Document:
    """Return the document of an id.

    Raises:
        ApiError: The text is no id, or names nothing of this tenant, or something of another team.
    """
    number = number_of(kind.name, text)
    document = documents.find(session, kind.name, number)
    if document is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find {kind.entity} with ID: {text}")
    if document.team not in (0, session.team) and not session.any_team:
        raise ApiError(HTTPStatus.FORBIDDEN, "Access Denied")
    return document


def receipt(session: Session, kind: Kind, document: Document) -> dict[str, object]:
    """Return the answer to a deletion."""
    return {
        "id": document.id,
        "message": f"{kind.entity} deleted",
        "resourceType": kind.type_name,
        "created": iso_ms(document.created_ms),
        "updated": iso(session.now),
        "_links": {},
    }


async def reading(request: web.Request, work: Callable[[Session], T]) -> T:
    """Run work that only reads, on behalf of a request."""
    open_session = session_of(request)
    return await services(request).database.read(lambda connection: work(open_session(connection)))


async def writing(request: web.Request, work: Callable[[Session], T], body: object = None) -> T:
    """Run work in a transaction, on behalf of a request; a body may name the team."""
    open_session = session_of(request, body)
    parts = services(request)
    result = await parts.database.write(lambda connection: work(open_session(connection)))
    parts.names.forget()
    await parts.database.read(parts.keys.load)
    return result
