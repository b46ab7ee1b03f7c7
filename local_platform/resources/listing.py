"""Which documents a listing asks for, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_platform.http.access import number_of
from local_platform.http.errors import invalid
from local_platform.http.paging import Paging
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind, Listed, Owner
from local_platform.resources.walks import Walks
from local_platform.session import Session

if TYPE_CHECKING:
    from multidict import MultiMapping

_COLUMNS = {"id": "id", "created": "created_ms", "updated": "updated_ms", "label": "name COLLATE NOCASE"}


# A piece of SQL, and the values of its marks.
Condition = tuple[str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Listing:
    """Conditions that all must hold, and an order without ties."""

    where: str
    values: tuple[object, ...]
    order: str

    @property
    def shifts(self) -> bool:
        """Whether a new document may come before old ones."""
        return self.order != "id ASC"


def listing_of(kind: Kind, query: MultiMapping[str], more: Sequence[Condition] = ()) -> Listing:
    """Translate a request's parameters; those that are no filter are ignored.

    Args:
        kind: What is listed.
        query: The parameters.
        more: Conditions beside them.

    Raises:
        ApiError: A value cannot be read.
    """
    conditions = [*more, *(_search(kind, words) for name in kind.queries if (words := query.get(name, "").strip()))]
    for parameter, target in kind.filters.items():
        if wanted := [value for value in query.getall(parameter, []) if value]:
            conditions.append(_listed(kind, target, wanted) if isinstance(target, Listed) else equal(target, wanted))
    where = "".join(f" AND {condition}" for condition, _ in conditions)
    values = tuple(value for _, some in conditions for value in some)
    return Listing(where, values, order_of(kind, query.getall("sort", [])))


def read_page(
    session: Session, kind: Kind, listing: Listing, paging: Paging, walks: Walks
) -> tuple[list[Document], int]:
    """Return the documents of one page, and how many there are on all pages."""
    team = 0 if kind.owner is Owner.TENANT else session.team
    where = "kind = ? AND tenant = ? AND team = ?" + listing.where
    values: tuple[object, ...] = (kind.name, session.tenant, team, *listing.values)
    total, newest = _extent(session, where, values)
    if listing.shifts:
        question = (*values, listing.where, listing.order, paging.size, session.user)
        horizon = walks.horizon(question, paging.page, newest)
        if horizon < newest:
            where, values = f"{where} AND id <= ?", (*values, horizon)
            total, _ = _extent(session, where, values)
    page = f"{where} ORDER BY {listing.order} LIMIT ? OFFSET ?"
    return documents.selected(session, page, (*values, paging.size, paging.offset)), total


def _extent(session: Session, where: str, values: tuple[object, ...]) -> tuple[int, int]:
    """Count documents, and find the number of the newest."""
    query = f"SELECT count(*), coalesce(max(id), 0) FROM document WHERE {where}"  # noqa: S608 - fixed fragments
    total, newest = session.connection.execute(query, values).fetchone()
    return int(total), int(newest)


def order_of(kind: Kind, asked: Sequence[str]) -> str:
    """Read `sort=field,direction`, given any number of times; ties keep the order of creation."""
    terms = [_term(kind, text) for text in asked if text] or [_term(kind, text) for text in kind.order.split("|")]
    last = terms[-1].rpartition(" ")[2]
    return ", ".join(dict.fromkeys([*terms, f"id {last}"]))


def _term(kind: Kind, text: str) -> str:
    name, _, direction = text.partition(",")
    direction = direction.strip().upper() or "ASC"
    if direction not in ("ASC", "DESC"):
        raise invalid({"sort": f"no direction '{direction}'; choose asc or desc"})
    if name not in _COLUMNS and name not in kind.checks:
        raise invalid({"sort": f"no property '{name}'; choose one of {', '.join([*_COLUMNS, *sorted(kind.checks)])}"})
    return f"{_COLUMNS.get(name) or _field(name)} {direction}"


def _search(kind: Kind, words: str) -> Condition:
    # Lower case in SQL is that of ASCII; `casefold` is ours.
    found = " OR ".join(f"instr(casefold(coalesce({_text(kind, field)}, '')), ?)" for field in kind.searched)
    return f"({found})", (words.casefold(),) * len(kind.searched)


def _text(kind: Kind, field: str) -> str:
    """Return a field, or the name of the resource that is nested under this name."""
    for one in kind.references:
        if one.nested == field:
            number = f"decoded('{one.kind}', coalesce({_field(one.field)}, ''))"
            named = f"document AS other WHERE other.kind = '{one.kind}' AND other.id = {number}"
            return f"(SELECT name FROM {named})"  # noqa: S608 - fixed fragments
    return _field(field)


def equal(field: str, wanted: Sequence[str]) -> Condition:
    """Pick by a field, or by the items of one that is a list."""
    marks = ", ".join("?" * len(wanted))
    items = f"json_each(document.json, '$.\"{field}\"') WHERE CAST(value AS TEXT) COLLATE NOCASE IN ({marks})"
    return f"EXISTS (SELECT 1 FROM {items})", tuple(wanted)  # noqa: S608 - fixed fragments


def _listed(kind: Kind, target: Listed, wanted: Sequence[str]) -> Condition:
    """Pick what resources of another kind list."""
    numbers = [number_of(target.kind, text) for text in wanted]
    marks = ", ".join("?" * len(numbers))
    others = f"document AS other, json_each(other.json, '$.\"{target.field}\"')"
    same = f"other.tenant = document.tenant AND decoded('{kind.name}', value) = document.id"
    where = f"other.kind = '{target.kind}' AND other.id IN ({marks}) AND {same}"
    return f"EXISTS (SELECT 1 FROM {others} WHERE {where})", tuple(numbers)  # noqa: S608 - fixed fragments


def _field(name: str) -> str:
    return f"json_extract(document.json, '$.\"{name}\"')"
