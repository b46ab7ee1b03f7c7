"""What a kind of resource is: its fields, what they refer to, how it is listed, and what is special about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from local_platform import ids
from local_platform.checks import Check
from local_platform.session import Session

Fields = dict[str, Any]

VERBS = frozenset({"list", "create", "read", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Document:
    """A stored resource.

    Attributes:
        kind: The name of its kind.
        number: Its number within the kind; `id` is what the wire shows.
        tenant: The number of the tenant that it belongs to.
        team: The number of its team, or 0 when it belongs to the tenant as a whole.
        created_ms: When it was made, in epoch milliseconds.
        updated_ms: When it was last changed.
        title: The value of the field that people know it by.
        fields: What was sent, normalised, with the kind's defaults.
    """

    kind: str
    number: int
    tenant: int
    team: int
    created_ms: int
    updated_ms: int
    title: str
    fields: Fields

    @property
    def id(self) -> str:
        """The id on the wire."""
        return ids.encode(self.kind, self.number)


class Owner(Enum):
    """To whom the resources of a kind belong, and which parameter of a listing says so."""

    TEAM = "teamId"
    TENANT = "tenantId"


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names other resources by id and comes back with the resources nested beside it.

    Attributes:
        field: The flat field, such as `organizationId`.
        nested: The nested one, such as `organization`; None where the platform shows ids only.
        kind: The name of the kind that is referred to.
        many: Whether the field is a list.
        holds: Whether what is named cannot be deleted meanwhile.
        mirror: The field of the other kind that says the same from its side, and is kept in step.
        resource_type: What the nested resource calls itself, where that is not the kind's name.
    """

    field: str
    nested: str | None
    kind: str
    many: bool = False
    holds: bool = False
    mirror: str | None = None
    resource_type: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A filter by resources of another kind: it takes their ids, and picks what their field lists."""

    kind: str
    field: str


def _as_sent(body: Fields) -> Fields:
    return body


def _nothing_to_settle(_session: Session, _fields: Fields, _before: Document | None) -> None:
    return None


def _no_complaint(_session: Session, _fields: Fields, _before: Document | None) -> Mapping[str, str]:
    return {}


def _no_objection(_session: Session, _document: Document) -> str | None:
    return None


def _nothing_more(_session: Session, _document: Document) -> Mapping[str, Any]:
    return {}


def _no_effect(_session: Session, _before: Document | None, _after: Document | None) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource.

    Attributes:
        name: What its ids are ids of, and the default of `resource_type`.
        path: Where it is mounted, relative to the management prefix.
        collection: The name of the list in a page.
        entity: What error texts call one of them.
        checks: What each field that clients may set may hold.
        resource_type: What a resource calls itself.
        required: Fields that must not be absent or blank.
        defaults: Values of fields that are not sent.
        references: Fields that name other resources.
        owner: To whom resources belong.
        listed_by: What a listing must name, where that is not the owner.
        title: The field that people know a resource by.
        unique: The fields that no two resources of an owner may have alike, in whatever case.
        searched: The fields that `query` looks into; of a reference, the name of what it names.
        queries: The parameters that search.
        filters: Query parameters that pick resources by the value of a field, or by what another kind lists.
        order: The order of a listing that asks for none, terms separated by `|`.
        page_size: The size of a page that asks for none.
        verbs: What can be done with it.
        kept: Fields that an update which brings no value for them leaves alone.
        secrets: Fields that the answer to a write leaves out.
        prepare: Rewrites a body before it is checked: older names, nested forms.
        settle: Fills in what follows from checked fields; gets the resource as it was.
        validate: Complaints that need more than one field; gets the resource as it was.
        objection: Why a resource cannot be deleted, if so.
        derive: Further fields of the answer.
        derive_all: The same for several at once, instead, where one by one would take long.
        changed: What follows from a change: before is None at creation, after at deletion.
    """

    name: str
    path: str
    collection: str
    entity: str
    checks: Mapping[str, Check]
    resource_type: str = ""
    required: tuple[str, ...] = ("name",)
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    references: tuple[Reference, ...] = ()
    owner: Owner = Owner.TEAM
    listed_by: Owner | None = None
    title: str = "name"
    unique: tuple[str, ...] = ()
    searched: tuple[str, ...] = ("name",)
    queries: tuple[str, ...] = ("query",)
    filters: Mapping[str, str | Listed] = field(default_factory=lambda: MappingProxyType({}))
    order: str = "id,ASC"
    page_size: int = 10
    verbs: frozenset[str] = VERBS
    kept: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    prepare: Callable[[Fields], Fields] = _as_sent
    settle: Callable[[Session, Fields, Document | None], None] = _nothing_to_settle
    validate: Callable[[Session, Fields, Document | None], Mapping[str, str]] = _no_complaint
    objection: Callable[[Session, Document], str | None] = _no_objection
    derive: Callable[[Session, Document], Mapping[str, Any]] = _nothing_more
    derive_all: Callable[[Session, Sequence[Document]], Sequence[Mapping[str, Any]]] | None = None
    changed: Callable[[Session, Document | None, Document | None], None] = _no_effect

    @property
    def type_name(self) -> str:
        """What a resource calls itself on the wire."""
        return self.resource_type or self.name

    def key(self, fields: Mapping[str, Any]) -> str | None:
        """Return what must be unique among the owner's resources, or None."""
        if not self.unique:
            return None
        return "\n".join(str(fields.get(name) or "").casefold() for name in self.unique)
