"""The five verbs, which are the same for all resources: written once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from daemon.client.api import Api, Scope
from daemon.client.payloads.base import Payload
from daemon.client.wire import Json, Query, Value, camel, read, segment
from daemon.errors import ContractError

T = TypeVar("T", bound=Payload)
M = TypeVar("M", bound=Payload)

PAGE_SIZE = 100
"""The platform's maximum."""

Verb = Literal["get", "create", "change", "delete"]
Filter = Value | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spec(Generic[T]):
    """What distinguishes one resource from the next.

    Attributes:
        path: Below the management prefix.
        model: What one of them looks like.
        filters: By what a listing can be narrowed, in the platform's spelling.
        scope: By which id a call says whose things it is about.
        unscoped: The verbs that say so in the body alone.
        owned_by: The ids of ours that a body must hold.
        defaults: What a new one holds unless it says otherwise.
        update: How a change is sent; a patch needs no reading first.
        secrets: Fields that the platform never shows; an empty one keeps what is stored.
    """

    path: str
    model: type[T]
    filters: frozenset[str] = frozenset({"query"})
    scope: Scope = Scope.TEAM
    unscoped: frozenset[Verb] = frozenset()
    owned_by: tuple[Literal["teamId", "tenantId", "ownerId"], ...] = ("teamId",)
    defaults: Mapping[str, Json] = field(default_factory=dict)
    update: Literal["PUT", "PATCH"] = "PUT"
    secrets: tuple[str, ...] = ()

    def of(self, item_id: str) -> str:
        """Return the path of one of them."""
        return f"{self.path}/{segment(item_id)}"

    def scope_of(self, verb: Verb) -> Scope:
        """Return by which id a call says whose things it is about."""
        return Scope.NONE if verb in self.unscoped else self.scope


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing."""

    items: tuple[T, ...]
    number: int
    total: int


class Listing(Generic[T]):
    """Resources that can be read."""

    def __init__(self, api: Api, spec: Spec[T]) -> None:
        self._api = api
        self._spec = spec

    async def get(self, item_id: str) -> T:
        """Read one.

        Raises:
            NotFoundError: There is none of this id.
            PlatformError: One of its other kinds.
        """
        path = self._spec.of(item_id)
        return read(self._spec.model, await self._api.get(path, scope=self._spec.scope_of("get")), path)

    async def page(
        self, number: int = 0, size: int = PAGE_SIZE, *, sort: str | tuple[str, ...] = (), **filters: Filter
    ) -> Page[T]:
        """Read one page; filters are named as the resource's fields are, as in ``start_date=...``.

        Raises:
            ContractError: A filter is unknown; the platform would ignore it and answer with everything.
            PlatformError: One of its other kinds.
        """
        spec = self._spec
        query = {"page": number, "size": size, "sort": sort, **narrowed(filters, spec.filters, spec.path)}
        return page_of(spec.model, await self._api.get(spec.path, query, scope=spec.scope), spec.path, number)

    async def list(self, *, sort: str | tuple[str, ...] = (), **filters: Filter) -> AsyncIterator[T]:
        """Read all of them, page after page.

        Raises:
            PlatformError: One of its kinds.
        """
        number = seen = 0
        while True:
            page = await self.page(number, PAGE_SIZE, sort=sort, **filters)
            for item in page.items:
                yield item
            seen += len(page.items)
            number += 1
            if not page.items or seen >= page.total:
                return


class Collection(Listing[T]):
    """Resources that can be read and written."""

    async def create(self, draft: T) -> T:
        """Make a new one.

        Raises:
            ValidationFailedError: The platform refuses what is in it.
            PlatformError: One of its other kinds.
        """
        body = await self._owned({**self._spec.defaults, **draft.body()})
        return await self._write("POST", self._spec.path, body, "create")

    async def update(self, item_id: str, changes: T) -> T:
        """Change what is set in `changes` and keep every other field, also those within nested objects.

        Raises:
            NotFoundError: There is none of this id.
            PlatformError: One of its other kinds.
        """
        spec, path = self._spec, self._spec.of(item_id)
        changed = changes.body()
        if spec.update == "PATCH":
            return await self._write("PATCH", path, changed, "change")
        present = await self._api.get(path, scope=spec.scope_of("get"))
        if not isinstance(present, dict):
            raise ContractError(f"{path} answered something else than expected: not an object")
        kept = {**present, **dict.fromkeys(spec.secrets, "")}
        body = await self._owned(merged(with_flat_ids(kept, spec.model, changed), changed))
        return await self._write("PUT", path, body, "change")

    async def replace(self, item_id: str, draft: T) -> T:
        """Put a new one in the place of an old one; what is not set is gone.

        Raises:
            PlatformError: One of its kinds.
        """
        return await self._write("PUT", self._spec.of(item_id), await self._owned(draft.body()), "change")

    async def delete(self, item_id: str) -> None:
        """Remove one.

        Raises:
            NotFoundError: There is none of this id.
            PlatformError: One of its other kinds.
        """
        await self._api.send("DELETE", self._spec.of(item_id), scope=self._spec.scope_of("delete"))

    async def _write(self, method: str, path: str, body: Json, verb: Verb) -> T:
        answer = await self._api.send(method, path, body, scope=self._spec.scope_of(verb))
        return read(self._spec.model, answer, path)

    async def _owned(self, body: dict[str, Json]) -> dict[str, Json]:
        ours = {"teamId": self._api.team_id, "tenantId": self._api.tenant_id, "ownerId": self._api.owner_id}
        missing = [name for name in self._spec.owned_by if body.get(name) is None]
        return body | {name: await ours[name]() for name in missing}


def narrowed(filters: Mapping[str, Filter], allowed: frozenset[str], what: str) -> Query:
    """Return filters in the platform's spelling.

    Raises:
        ContractError: One is unknown.
    """
    query = {camel(name): value for name, value in filters.items()}
    if unknown := sorted(query.keys() - allowed):
        known = ", ".join(sorted(allowed)) or "nothing"
        raise ContractError(f"{what} cannot be narrowed by {', '.join(unknown)}; it knows {known}")
    return query


def page_of(model: type[M], body: Json, what: str, number: int = 0) -> Page[M]:
    """Return a HAL page, or a bare list as the only page there is.

    Raises:
        ContractError: It is neither.
    """
    rows, total = _rows(body, what)
    return Page(tuple(read(model, row, f"{what}[{place}]") for place, row in enumerate(rows)), number, total)


def _rows(body: Json, what: str) -> tuple[list[Json], int]:
    if isinstance(body, list):
        return body, len(body)
    if isinstance(body, dict):
        # An empty page leaves `_embedded` out; the name of the list in it differs from resource to resource.
        embedded, info = body.get("_embedded") or {}, body.get("page")
        rows: Json = next(iter(embedded.values()), []) if isinstance(embedded, dict) else None
        total = info.get("totalElements") if isinstance(info, dict) else None
        if isinstance(rows, list) and isinstance(total, int):
            return rows, total
    raise ContractError(f"{what} answered something else than expected: neither a page nor a list")


def merged(present: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """Lay changes over what is there; objects are merged, everything else is replaced."""
    result = dict(present)
    for name, value in changes.items():
        there = result.get(name)
        result[name] = merged(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return result


def with_flat_ids(present: Mapping[str, Json], model: type[Payload], changes: Mapping[str, Json]) -> dict[str, Json]:
    """Add the flat ids that writing takes to the nested objects that reading gives.

    A nested object whose flat id is about to change is left out, since both would contradict each other.
    """
    result = dict(present)
    for flat, nested in _references(model):
        if flat in changes:
            result.pop(nested, None)
        elif result.get(flat) is None and (ids := _ids(result.get(nested))) is not None:
            result[flat] = ids
    return result


def _references(model: type[Payload]) -> list[tuple[str, str]]:
    """Return the pairs of names like `ownerId` and `owner`, or `teamIds` and `teams`, that a model has both of."""
    names = {camel(name) for name in model.model_fields}
    pairs = [(name, name.removesuffix("Ids") + "s") for name in names if name.endswith("Ids")]
    pairs += [(name, name.removesuffix("Id")) for name in names if name.endswith("Id")]
    return sorted((flat, nested) for flat, nested in pairs if nested in names)


def _ids(nested: Json) -> Json:
    if isinstance(nested, dict):
        return nested.get("id")
    if isinstance(nested, list):
        return [each["id"] for each in nested if isinstance(each, dict) and "id" in each]
    return None
