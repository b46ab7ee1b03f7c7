"""What a subscription used in a stretch of time, from what was metered.

Every AI call counts as a call, and carries values of the system's own elements: its costs, tokens, model
and provider. The elements of generic events are values of their own. An element takes its values from both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from local_platform.billing.claims import TABLES, owned, parameters
from local_platform.billing.contracts import Contract, decoded
from local_platform.billing.plan import Plan, PlanElement, RatingAggregation
from local_platform.billing.series import Metered, Value, Wanted, series_of
from local_platform.resources import documents
from local_platform.session import Session
from local_platform.wire import to_ms

ELEMENT_KIND = "metering_element_definition"

_ONE = Decimal(1)
_NANO = Decimal(10) ** -9


@dataclass(frozen=True, slots=True)
class _Carried:
    """An element that every AI call carries: where it lies, and what its whole numbers count."""

    column: str
    unit: Decimal = _ONE


_SYSTEM = {
    "callCount": _Carried("1"),
    "totalCost": _Carried("total_cost", _NANO),
    "inputTokenCost": _Carried("input_cost", _NANO),
    "outputTokenCost": _Carried("output_cost", _NANO),
    "inputTokenCount": _Carried("input_tokens"),
    "outputTokenCount": _Carried("output_tokens"),
    "totalTokenCount": _Carried("total_tokens"),
    "reasoningTokenCount": _Carried("reasoning_tokens"),
    "cacheReadTokenCount": _Carried("cached_tokens"),
    "cacheCreationTokenCount": _Carried(
        "(SELECT json_extract(json, '$.cacheCreationTokenCount') FROM completion_record AS record"
        " WHERE record.id = call.id)"
    ),
    "requestDuration": _Carried("duration_ms"),
    "model": _Carried("model"),
    "provider": _Carried("provider"),
}


def metered_for(
    session: Session, contracts: Sequence[Contract], mine: Contract, plan: Plan, start: datetime, end: datetime
) -> Metered:
    """Read what was metered for a subscription, as far as its plan needs it.

    Args:
        session: In the subscription's team.
        contracts: All of that team: each call belongs to one of them at most.
        mine: The subscription.
        plan: Its plan, which says which elements matter.
        start: From when; calls are judged by the time of their request.
        end: Up to when; the moment itself no longer counts.
    """
    wanted = _wanted(plan)
    carried = {element: _SYSTEM[name] for element in wanted if (name := _name(session, element)) in _SYSTEM}
    asked = {
        **parameters(session, contracts, mine),
        "team": session.team,
        "start": to_ms(start),
        "end": to_ms(end),
    }
    calls = _calls(session, [one.column for one in carried.values()], asked)
    places = {element: place for place, element in enumerate(carried, start=1)}

    def values(element: str) -> Iterator[tuple[int, Value]]:
        if element in places:
            unit, place = carried[element].unit, places[element]
            yield from ((call[0], _scaled(call[place], unit)) for call in calls if call[place] is not None)
        yield from _events(session, element, asked)

    return Metered(
        calls=[call[0] for call in calls],
        elements={element: series_of(values(element), asking) for element, asking in wanted.items()},
    )


def _wanted(plan: Plan) -> dict[str, Wanted]:
    """Return the elements that a plan prices."""
    parts: list[RatingAggregation | PlanElement] = [*plan.aggregations, *plan.elements]
    by_element: dict[str, list[RatingAggregation | PlanElement]] = {}
    for part in parts:
        by_element.setdefault(part.element_id, []).append(part)
    return {
        element: Wanted(
            aggregates={part.aggregate for part in asking},
            values={part.distinct_value for part in asking if part.distinct_value is not None},
        )
        for element, asking in by_element.items()
    }


def _name(session: Session, element_id: str) -> str:
    number = decoded(ELEMENT_KIND, element_id)
    found = None if number is None else documents.find(session, ELEMENT_KIND, number)
    return str(found.fields["name"]) if found else ""


def _calls(session: Session, columns: Sequence[str], asked: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Return the moment and the values of each call, the oldest first."""
    statement = (
        f"{TABLES} SELECT {', '.join(('request_ms', *columns))} FROM completion AS call"  # noqa: S608 - our own columns
        " WHERE team = :team AND request_ms >= :start AND request_ms < :end"
        f" AND {owned('call', 'request_ms')} ORDER BY request_ms, id"
    )
    return session.connection.execute(statement, asked).fetchall()


def _events(session: Session, element_id: str, asked: Mapping[str, object]) -> Iterator[tuple[int, Value]]:
    """Return the moments and values that an element took in events, the oldest first."""
    statement = (
        f"{TABLES} SELECT at_ms, coalesce(event.number, word) FROM element_value AS event"  # noqa: S608 - ours
        " WHERE team = :team AND element_id = :element AND at_ms >= :start AND at_ms < :end"
        f" AND {owned('event', 'at_ms')} ORDER BY at_ms, id"
    )
    number = decoded(ELEMENT_KIND, element_id)
    for at_ms, value in session.connection.execute(statement, {**asked, "element": number}):
        yield at_ms, _scaled(value, _ONE)


def _scaled(value: float | str, unit: Decimal) -> Value:
    return value if isinstance(value, str) else Decimal(str(value)) * unit
