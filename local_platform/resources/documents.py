"""Documents in the database. Every function keeps to the session's tenant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace as changed
from http import HTTPStatus
from typing import Any, cast

from local_platform.http.errors import ApiError
from local_platform.logs import store as logs
from local_platform.resources.kind import Document, Fields, Kind, Owner
from local_platform.session import Session
from local_platform.wire import dumps, loads, to_ms

_COLUMNS = "kind, id, tenant, team, created_ms, updated_ms, name, json"


def insert(session: Session, kind: Kind, fields: Mapping[str, Any], *, number: int | None = None) -> Document:
    """Store a new document.

    Args:
        session: On whose behalf.
        kind: What it is.
        fields: Checked fields; the kind's defaults fill in the rest.
        number: Its number, where that follows from something else; by default one above all others.

    Raises:
        ApiError: Another one has the same key.
    """
    moment = to_ms(session.now)
    complete = {**kind.defaults, **fields}
    document = Document(
        kind=kind.name,
        number=_next(session.connection, kind.name, number),
        tenant=session.tenant,
        team=0 if kind.owner is Owner.TENANT else session.team,
        created_ms=moment,
        updated_ms=moment,
        title=_title(kind, complete),
        fields=complete,
    )
    statement = "INSERT INTO document (name, key, json, updated_ms, kind, id, tenant, team, created_ms) "
    _write(session, kind, document, statement + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", document.created_ms)
    _log(session, document, "CREATED")
    return document


def replace(session: Session, kind: Kind, document: Document, fields: Mapping[str, Any]) -> Document:
    """Store new fields of a document.

    Raises:
        ApiError: Another one has the same key.
    """
    complete = {**kind.defaults, **fields}
    after = changed(document, updated_ms=to_ms(session.now), title=_title(kind, complete), fields=complete)
    statement = "UPDATE document SET name = ?, key = ?, json = ?, updated_ms = ? "
    _write(session, kind, after, statement + "WHERE kind = ? AND id = ? AND tenant = ? AND team = ?")
    _log(session, after, "UPDATED")
    return after


def amend(session: Session, document: Document, fields: Mapping[str, Any]) -> None:
    """Store some fields of a document anew; none of them may be its title or part of its key."""
    session.connection.execute(
        "UPDATE document SET json = ?, updated_ms = ? WHERE kind = ? AND id = ?",
        (dumps({**document.fields, **fields}), to_ms(session.now), document.kind, document.number),
    )


def remove(session: Session, document: Document) -> None:
    """Forget a document; its number is not given again."""
    session.connection.execute("DELETE FROM document WHERE kind = ? AND id = ?", (document.kind, document.number))
    _log(session, document, "DELETED")


def find(session: Session, kind: str, number: int) -> Document | None:
    """Return a document of the tenant."""
    return _one(session, "kind = ? AND id = ? AND tenant = ?", (kind, number, session.tenant))


def named(session: Session, kind: Kind, name: str) -> Document | None:
    """Return the oldest document of the owner that people know by this name."""
    where = "kind = ? AND tenant = ? AND team = ? AND name = ? ORDER BY id LIMIT 1"
    return _one(session, where, (kind.name, session.tenant, _team(session, kind), name))


def keyed(session: Session, kind: Kind, *values: str) -> Document | None:
    """Return the owner's document whose unique fields have these values, in whatever case."""
    where = "kind = ? AND tenant = ? AND team = ? AND key = ?"
    key = kind.key(dict(zip(kind.unique, values, strict=True)))
    return _one(session, where, (kind.name, session.tenant, _team(session, kind), key))


def everything(session: Session, kind: Kind) -> list[Document]:
    """Return all documents of the owner, the oldest first."""
    return selected(
        session, "kind = ? AND tenant = ? AND team = ? ORDER BY id", (kind.name, session.tenant, _team(session, kind))
    )


def referring(session: Session, kind: str, field: str, target_id: str) -> list[Document]:
    """Return the tenant's documents of a kind whose field names a resource, alone or in a list."""
    where = "kind = ? AND tenant = ? AND EXISTS (SELECT 1 FROM json_each(document.json, ?) WHERE value = ?) ORDER BY id"
    return selected(session, where, (kind, session.tenant, f'$."{field}"', target_id))


def selected(session: Session, where: str, values: Sequence[object]) -> list[Document]:
    """Return the documents that a condition of ours picks, in its order."""
    return list(_selected(session.connection, where, values))


def _selected(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> Iterator[Document]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM document WHERE {where}", values)  # noqa: S608 - ours
    for kind, number, tenant, team, created_ms, updated_ms, name, text in rows:
        yield Document(kind, number, tenant, team, created_ms, updated_ms, name, cast("Fields", loads(text.encode())))


def _one(session: Session, where: str, values: Sequence[object]) -> Document | None:
    return next(_selected(session.connection, where, values), None)


def _title(kind: Kind, fields: Mapping[str, Any]) -> str:
    return str(fields.get(kind.title) or "")


def _team(session: Session, kind: Kind) -> int:
    return 0 if kind.owner is Owner.TENANT else session.team


def _write(session: Session, kind: Kind, document: Document, statement: str, *more: object) -> None:
    values = (
        document.title,
        kind.key(document.fields),
        dumps(document.fields),
        document.updated_ms,
        *(document.kind, document.number, document.tenant, document.team),
        *more,
    )
    try:
        session.connection.execute(statement, values)
    except sqlite3.IntegrityError:
        taken = " and ".join(f"{name} '{document.fields.get(name)}'" for name in kind.unique)
        raise ApiError(
            HTTPStatus.CONFLICT, f"{kind.entity} with {taken} exists already; choose another, or update that one"
        ) from None


def _log(session: Session, document: Document, what: str) -> None:
    details = f"{document.kind} {document.id} {document.fields.get('name') or ''}".rstrip()
    logs.note(session, f"{document.kind.upper()}_{what}", details, team=document.team)


def _next(connection: sqlite3.Connection, kind: str, wanted: int | None) -> int:
    """Return the number wanted, or the next one; what is made later has the higher number, whichever way."""
    (last,) = connection.execute(
        "INSERT INTO sequence (kind, last) VALUES (?1, coalesce(?2, 1))"
        " ON CONFLICT (kind) DO UPDATE SET last = max(last + (?2 IS NULL), coalesce(?2, 0)) RETURNING last",
        (kind, wanted),
    ).fetchone()
    return int(last) if wanted is None else wanted
