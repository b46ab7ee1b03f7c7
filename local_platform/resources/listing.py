"""Which documents a listing asks for, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_platform.http.errors import invalid
from local_platform.http.paging import Paging
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind, Owner
from local_platform.session import Session

if TYPE_CHECKING:
    from multidict import MultiMapping

_COLUMNS = {"id": "id", "created": "created_ms", "updated": "updated_ms", "label": "name COLLATE NOCASE"}


@dataclass(frozen=True, slots=True)
class Listing:
    """Conditions that all must hold, and an order without ties."""

    where: str
    values: tuple[object, ...]
    order: str


def listing_of(kind: Kind, query: MultiMapping[str]) -> Listing:
    """Translate a request's parameters; those that are no filter are ignored.

    Raises:
        ApiError: A value cannot be read.
    """
    conditions: list[tuple[str, tuple[object, ...]]] = []
    if words := query.get("query", "").strip():
        conditions.append(_search(kind, words))
    for parameter, field in kind.filters.items():
        if value := query.get(parameter):
            conditions.append((f"CAST({_field(field)} AS TEXT) = ? COLLATE NOCASE", (value,)))
    where = "".join(f" AND {condition}" for condition, _ in conditions)
    values = tuple(value for _, some in conditions for value in some)
    return Listing(where, values, order_of(kind, query.getall("sort", [])))


def read_page(session: Session, kind: Kind, listing: Listing, paging: Paging) -> tuple[list[Document], int]:
    """Return the documents of one page, and how many there are on all pages."""
    team = 0 if kind.owner is Owner.TENANT else session.team
    where = "kind = ? AND tenant = ? AND team = ?" + listing.where
    values = (kind.name, session.tenant, team, *listing.values)
    (total,) = session.connection.execute(
        f"SELECT count(*) FROM document WHERE {where}",  # noqa: S608 - fixed fragments
        values,
    ).fetchone()
    page = f"{where} ORDER BY {listing.order} LIMIT ? OFFSET ?"
    return documents.selected(session, page, (*values, paging.size, paging.offset)), total


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


def _search(kind: Kind, words: str) -> tuple[str, tuple[object, ...]]:
    # Lower case in SQL is that of ASCII; `casefold` is ours.
    found = " OR ".join(f"instr(casefold(coalesce({_field(field)}, '')), ?)" for field in kind.searched)
    return f"({found})", (words.casefold(),) * len(kind.searched)


def _field(name: str) -> str:
    return f"json_extract(json, '$.\"{name}\"')"
