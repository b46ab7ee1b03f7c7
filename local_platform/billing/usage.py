"""What subscriptions used in stretches of time, from what was metered.

Every AI call counts as a call, and carries values of the system's own elements: its costs, tokens, model
and provider. The elements of generic events are values of their own. An element takes its values from both.
However many subscriptions are asked for, what was metered is read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from local_platform.analytics.columns import KEYS, Calls
from local_platform.analytics.scan import one_view
from local_platform.billing.contracts import Contract, decoded
from local_platform.billing.owned import OwnedCalls, Pairs, Question, owned_calls, owned_values
from local_platform.billing.plan import Plan, PlanElement, RatingAggregation
from local_platform.billing.series import Metered, Series, Wanted, series_of, series_of_numbers, series_of_words
from local_platform.resources import documents
from local_platform.session import Session
from local_platform.wire import to_ms

ELEMENT_KIND = "metering_element_definition"

_ONE = Decimal(1)
_NANO = Decimal(10) ** -9


@dataclass(frozen=True, slots=True)
class _Carried:
    """An element that every AI call carries: in which column, and what its whole numbers count; None is one a call."""

    column: str | None
    unit: Decimal = _ONE


_SYSTEM = {
    "callCount": _Carried(None),
    "totalCost": _Carried("total_cost", _NANO),
    "inputTokenCost": _Carried("input_cost", _NANO),
    "outputTokenCost": _Carried("output_cost", _NANO),
    "inputTokenCount": _Carried("input_tokens"),
    "outputTokenCount": _Carried("output_tokens"),
    "totalTokenCount": _Carried("total_tokens"),
    "reasoningTokenCount": _Carried("reasoning_tokens"),
    "cacheReadTokenCount": _Carried("cached_tokens"),
    "cacheCreationTokenCount": _Carried("cache_creation_tokens"),
    "requestDuration": _Carried("duration_ms"),
    "model": _Carried("model"),
    "provider": _Carried("provider"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read for one subscription.

    Attributes:
        contract: The subscription.
        plan: Its plan, which says which elements matter.
        start: From when; calls are judged by the time of their request.
        end: Up to when; the moment itself no longer counts.
    """

    contract: Contract
    plan: Plan
    start: datetime
    end: datetime


def metered_for(session: Session, contracts: Sequence[Contract], asked: Sequence[Asked]) -> list[Metered]:
    """Read what was metered for each subscription, as far as its plan needs it.

    Args:
        session: In the subscriptions' team.
        contracts: All of that team, the oldest first.
        asked: What is read; each subscription once.
    """
    if not asked:
        return []
    wanted = [_wanted(one.plan) for one in asked]
    elements = {one: _element(session, one) for one in {element for some in wanted for element in some}}
    question = Question(
        session,
        contracts,
        {one.contract.number for one in asked},
        start=to_ms(min(one.start for one in asked)),
        end=to_ms(max(one.end for one in asked)),
    )
    with one_view(session.connection):
        reading = _Reading(
            elements,
            owned_calls(question, (column for one in elements.values() for column in one.columns)),
            owned_values(question, {one.number for one in elements.values() if one.number is not None}),
        )
    return [reading.metered(one, some) for one, some in zip(asked, wanted, strict=True)]


@dataclass(frozen=True, slots=True)
class _Element:
    """Where the values of an element are found: in events under its number, and in what calls carry."""

    number: int | None
    carried: _Carried | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of calls that it needs."""
        return (self.carried.column,) if self.carried and self.carried.column else ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read."""

    elements: Mapping[str, _Element]
    calls: OwnedCalls
    values: Mapping[tuple[int, int | None], Pairs]

    def metered(self, asked: Asked, wanted: Mapping[str, Wanted]) -> Metered:
        """Return what was metered for a subscription."""
        number, start, end = asked.contract.number, to_ms(asked.start), to_ms(asked.end)
        calls = self.calls.by_number[number].between(start, end)

        def series(name: str, asking: Wanted) -> Series:
            element = self.elements[name]
            pairs = [pair for pair in self.values.get((number, element.number), ()) if start <= pair[0] < end]
            if element.carried is None:
                return series_of(pairs, asking)
            return self._carried(element.carried, calls, pairs, asking)

        return Metered(calls.times, {name: series(name, asking) for name, asking in wanted.items()})

    def _carried(self, carried: _Carried, calls: Calls, pairs: Pairs, asking: Wanted) -> Series:
        """Return the values of an element that calls carry, together with those of events."""
        name, times = carried.column, calls.times
        numbers = np.ones(times.size, np.int8) if name is None else calls.columns[name]
        words = self.calls.vocabularies[name].words if name in KEYS else None
        if pairs:
            # Rare enough to be put together one by one.
            values = [Decimal(one) * carried.unit if words is None else str(words[one]) for one in numbers.tolist()]
            return series_of([*zip(times.tolist(), values, strict=True), *pairs], asking)
        if words is None:
            return series_of_numbers(times, numbers, carried.unit, asking)
        return series_of_words(times, numbers, words, asking)


def _element(session: Session, element_id: str) -> _Element:
    number = decoded(ELEMENT_KIND, element_id)
    found = None if number is None else documents.find(session, ELEMENT_KIND, number)
    return _Element(number, _SYSTEM.get(str(found.fields["name"])) if found else None)


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
