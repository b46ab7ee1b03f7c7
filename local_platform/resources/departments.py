"""Departments and who is in them. Unlike anything else they go by numbers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from local_platform.checks import choice, email, whole
from local_platform.http.access import require_team
from local_platform.http.errors import ApiError, invalid
from local_platform.resources import documents
from local_platform.resources.bodies import checked
from local_platform.resources.fields import NAME, each
from local_platform.resources.kind import Document, Kind
from local_platform.resources.routes import reading, writing
from local_platform.services import json_response, read_json
from local_platform.session import Session

_LARGEST_BODY = 1 << 16
_NUMBER = whole(2**53)

DEPARTMENT = Kind(name="department", path="departments", collection="", entity="Department", checks={})
PERSON = Kind(
    name="department_person",
    path="departments/persons",
    collection="",
    entity="Person",
    checks={},
    title="email",
    unique=("email",),
)


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them."""
    departments = f"{prefix}/departments"
    router.add_get(departments, list_all)
    router.add_post(departments, create)
    router.add_put(f"{departments}/assignments", assign)
    router.add_delete(f"{departments}/assignments", unassign)
    router.add_delete(f"{departments}/persons", remove_by_email)
    router.add_delete(f"{departments}/persons/{{number}}", remove_by_number)


async def list_all(request: web.Request) -> web.Response:
    """List the team's departments, a bare array."""

    def work(session: Session) -> object:
        found = documents.everything(session, DEPARTMENT)
        known = {one.number: one for one in found}
        return [_rendered(one, known) for one in found]

    return json_response(await reading(request, work))


async def create(request: web.Request) -> web.Response:
    """Make a department, below another one or at the top."""
    body = await read_json(request, _LARGEST_BODY)
    checks = {**each("name externalRef", NAME), "parentId": _NUMBER, "source": choice("SYNCED MANUAL CSV")}
    fields = {"source": "MANUAL", **checked(body, checks, ("name",))}

    def work(session: Session) -> object:
        if "parentId" in fields:
            _department(session, fields["parentId"], "parentId")
        made = documents.insert(session, DEPARTMENT, fields)
        return _rendered(made, {one.number: one for one in documents.everything(session, DEPARTMENT)})

    return json_response(await writing(request, work, body), HTTPStatus.CREATED)


async def assign(request: web.Request) -> web.Response:
    """Put somebody, known or not yet, into a department."""
    require_team(request)
    body = await read_json(request, _LARGEST_BODY)
    fields = checked(body, {"email": email, "departmentId": _NUMBER}, ("email", "departmentId"))

    def work(session: Session) -> object:
        _department(session, fields["departmentId"], "departmentId")
        known = documents.keyed(session, PERSON, fields["email"])
        person = (
            documents.replace(session, PERSON, known, fields) if known else documents.insert(session, PERSON, fields)
        )
        return {"personId": person.number, **fields}

    return json_response(await writing(request, work))


async def unassign(request: web.Request) -> web.Response:
    """Take somebody out of the department; whoever is in none already stays so."""
    require_team(request)

    def work(session: Session) -> None:
        person = _person_of(session, request)
        documents.replace(session, PERSON, person, {"email": person.fields["email"]})

    await writing(request, work)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def remove_by_email(request: web.Request) -> web.Response:
    """Forget somebody, by address."""
    require_team(request)
    await writing(request, lambda session: documents.remove(session, _person_of(session, request)))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def remove_by_number(request: web.Request) -> web.Response:
    """Forget somebody, by number."""
    require_team(request)
    text = request.match_info["number"]
    if not text.isdecimal():
        raise invalid({"personId": "must be an integer"})

    def work(session: Session) -> None:
        person = documents.find(session, PERSON.name, min(int(text), 2**53))
        if person is None or person.team != session.team:
            raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Person with ID: {text}")
        documents.remove(session, person)

    await writing(request, work)
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _person_of(session: Session, request: web.Request) -> Document:
    address = request.query.get("email", "")
    if not address:
        raise invalid({"email": "must not be null or blank"})
    person = documents.keyed(session, PERSON, address)
    if person is None:
        raise ApiError(HTTPStatus.NOT_FOUND, f"Couldn't find Person with email: {address}")
    return person


def _department(session: Session, number: int, field: str) -> Document:
    department = documents.find(session, DEPARTMENT.name, number)
    if department is None or department.team != session.team:
        raise invalid({field: f"names no department of the team: {number}; list departments to find the number"})
    return department


def _rendered(department: Document, known: dict[int, Document]) -> dict[str, Any]:
    """Return a department with the numbers on its way down from the top."""
    way = [department.number]
    while (above := known[way[0]].fields.get("parentId")) in known:
        way.insert(0, above)
    return {
        "id": department.number,
        "name": department.fields["name"],
        "parentId": department.fields.get("parentId"),
        "path": f"/{'/'.join(map(str, way))}/",
        "source": department.fields["source"],
        "externalRef": department.fields.get("externalRef"),
    }
