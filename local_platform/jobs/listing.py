"""Which jobs a listing asks for, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from local_platform.http.errors import invalid
from local_platform.http.paging import Paging, bad_value
from local_platform.jobs import store
from local_platform.jobs.store import Job
from local_platform.session import Session
from local_platform.wire import parse_moment, to_ms

if TYPE_CHECKING:
    from multidict import MultiMapping

Condition = tuple[str, tuple[object, ...]]

_PENDING = "PENDING"
_ORDERS = {
    "id": "id",
    "created": "created_ms",
    "updated": "updated_ms",
    "agenticJobId": "agentic_id",
    **{name: name for name in store.DESCRIPTION},
    **{name: f"json_extract(outcome, '$.{name}')" for name in ("executionStatus", "outcomeType", "outcomeValue")},
}


def conditions_of(query: MultiMapping[str], names: Mapping[str, str]) -> list[Condition]:
    """Translate a request's parameters; those that are no filter are ignored.

    Args:
        query: The parameters.
        names: Which filter each parameter is.

    Raises:
        ApiError: A value cannot be read.
    """
    found = ((parameter, _FILTERS[name], query.get(parameter)) for parameter, name in names.items())
    return [make(parameter, value) for parameter, make, value in found if value]


def read_page(session: Session, conditions: list[Condition], order: str, paging: Paging) -> tuple[list[Job], int]:
    """Return the jobs of one page, and how many there are on all pages."""
    where, values = condition_of(session, conditions)
    query = f"SELECT count(*) FROM job WHERE {where}"  # noqa: S608 - fixed fragments
    (total,) = session.connection.execute(query, values).fetchone()
    page = f"{where} ORDER BY {order} LIMIT ? OFFSET ?"
    return store.selected(session, page, (*values, paging.size, paging.offset)), total


def condition_of(session: Session, conditions: list[Condition]) -> tuple[str, tuple[object, ...]]:
    """Return what holds for the team's jobs that all conditions pick."""
    where = "".join(f" AND {condition}" for condition, _ in conditions)
    return f"team = ?{where}", (session.team, *(value for _, values in conditions for value in values))


def order_of(sort: str) -> str:
    """Read `sort=field,direction`; ties keep the order of creation."""
    name, _, direction = (sort or "created,DESC").partition(",")
    direction = direction.strip().upper() or "ASC"
    if name not in _ORDERS or direction not in ("ASC", "DESC"):
        raise invalid({"sort": f"must be one of {', '.join(_ORDERS)}, then a comma and asc or desc"})
    return f"{_ORDERS[name]} {direction}, id {direction}"


def _search(_parameter: str, words: str) -> Condition:
    found = "(instr(casefold(agentic_id), ?) OR instr(casefold(coalesce(name, '')), ?))"
    return found, (words.casefold(),) * 2


def _outcome_type(_parameter: str, value: str) -> Condition:
    if value == _PENDING:
        return "outcome IS NULL", ()
    return "json_extract(outcome, '$.outcomeType') = ?", (value,)


def _type(_parameter: str, name: str) -> Condition:
    # Types are kept in lower case, as they are when calls name them.
    return "type = ?", (name.lower(),)


def _equal(expression: str) -> Callable[[str, str], Condition]:
    return lambda _parameter, value: (f"{expression} = ?", (value,))


def _value(comparison: str) -> Callable[[str, str], Condition]:
    def make(parameter: str, text: str) -> Condition:
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise bad_value(parameter, text) from None
        return f"json_extract(outcome, '$.outcomeValue') {comparison} ?", (float(number),)

    return make


def _created(comparison: str) -> Callable[[str, str], Condition]:
    def make(parameter: str, text: str) -> Condition:
        try:
            moment = parse_moment(text)
        except (ValueError, OverflowError):
            raise bad_value(parameter, text) from None
        return f"created_ms {comparison} ?", (to_ms(moment),)

    return make


_FILTERS: Mapping[str, Callable[[str, str], Condition]] = {
    "search": _search,
    "type": _type,
    "environment": _equal("environment"),
    "executionStatus": _equal("json_extract(outcome, '$.executionStatus')"),
    "outcomeType": _outcome_type,
    "outcomeValueMin": _value(">="),
    "outcomeValueMax": _value("<="),
    "startDate": _created(">="),
    "endDate": _created("<"),
}

LISTING = {name: name for name in _FILTERS}
"""The filters of the list of jobs."""

FUNNEL = {"startDate": "startDate", "endDate": "endDate", "jobType": "type", "environment": "environment"}
"""The filters of the conversion funnel."""
