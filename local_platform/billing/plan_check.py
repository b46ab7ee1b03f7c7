"""What is wrong with a plan that a client sends, field by field.

Beyond the form of each field, tiers must follow each other from zero without gap or overlap: each but
the last ends somewhere above the one before, and the last has no end. Clients allow a single tier
without end in a whole plan, so where one list of tiers has it the others may end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_platform.billing.plan import PlanPeriod, SetupFeeType, is_blank, read_number
from local_platform.checks import Check, ComplaintError, choice, flag
from local_platform.resources.fields import CURRENCIES, NAME

_PLAN_TYPES = "SUBSCRIPTION"
_AGGREGATION_TYPES = "SUM COUNT MAXIMUM AVERAGE UNIQUE DISTINCT LAST_RECEIVED"
_ELEMENT_TYPES = "DISTINCT_VALUE_BY_NAME COUNT_DISTINCT_VALUE_BY_NAME SUM COUNT MAXIMUM AVERAGE UNIQUE"
_MISSING = "must not be null or blank"
_LONGEST_COUNT = 1000
# Every amount fits twelve digits before and twelve after the point, so that products of two stay exact.
_MOST = Decimal(10) ** 12
_MOST_DECIMALS = 12

_Complaints = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of a part of a plan."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check]


def plan_complaints(wire: object, path: str = "plan") -> dict[str, str]:
    """Return what is wrong with a plan, by the path of the field; nothing for a sound one.

    Args:
        wire: The plan as it was sent.
        path: Where the plan lies in the body.
    """
    if wire is None:
        return {path: _MISSING}
    return dict(_record(wire, path, _PLAN, _plan_lists))


def _plan_lists(wire: Mapping[str, Any], path: str) -> _Complaints:
    complaints = [*_tiers(wire, path), *_list(wire, path, "ratingAggregations", _AGGREGATION, _tiers)]
    yield from complaints or _endings(wire, path)
    yield from _list(wire, path, "elements", _ELEMENT)
    yield from _list(wire, path, "setupFees", _SETUP_FEE)


def _tiers(wire: Mapping[str, Any], path: str) -> _Complaints:
    complaints = list(_list(wire, path, "tiers", _TIER))
    yield from complaints
    # How tiers lie to each other can be said only of tiers that are well-formed.
    if not complaints:
        yield from _boundaries(wire.get("tiers") or (), f"{path}.tiers")


def _boundaries(tiers: Sequence[Mapping[str, Any]], path: str) -> _Complaints:
    start = Decimal(0)
    for index, tier in enumerate(tiers):
        here = f"{path}[{index}]"
        given_start, end = read_number(tier.get("startingFrom")), read_number(tier.get("upTo"))
        if given_start is not None and given_start != start:
            yield f"{here}.startingFrom", f"must be {start:f}, where the tier before ends"
        if end is None:
            if index < len(tiers) - 1:
                yield f"{here}.upTo", f"{_MISSING}: only the last tier is unlimited"
        elif end <= start:
            yield f"{here}.upTo", f"must be greater than {start:f}, where the tier before ends"
        else:
            start = end


def _endings(wire: Mapping[str, Any], path: str) -> _Complaints:
    """Find fault with last tiers that end, when no list of the plan has one that does not."""
    owners = [
        (path, wire),
        *((f"{path}.ratingAggregations[{at}]", one) for at, one in enumerate(wire.get("ratingAggregations") or ())),
    ]
    lists = [(f"{where}.tiers", owner["tiers"]) for where, owner in owners if owner.get("tiers")]
    if all(not is_blank(tiers[-1].get("upTo")) for _, tiers in lists):
        for where, tiers in lists:
            yield f"{where}[{len(tiers) - 1}].upTo", "must be null: the last tier is unlimited"


def _list(
    wire: Mapping[str, Any],
    path: str,
    name: str,
    form: _Form,
    further: Callable[[Mapping[str, Any], str], _Complaints] | None = None,
) -> _Complaints:
    items = wire.get(name)
    if items is None:
        return
    if not isinstance(items, list):
        yield f"{path}.{name}", "must be a list"
        return
    for index, item in enumerate(items):
        yield from _record(item, f"{path}.{name}[{index}]", form, further)


def _record(
    wire: object,
    path: str,
    form: _Form,
    further: Callable[[Mapping[str, Any], str], _Complaints] | None,
) -> _Complaints:
    if not isinstance(wire, dict):
        yield path, "must be an object"
        return
    for required, checks in ((True, form.required), (False, form.optional)):
        for name, check in checks.items():
            if complaint := _complaint(check, wire.get(name), required=required):
                yield f"{path}.{name}", complaint
    if further:
        yield from further(wire, path)


def _complaint(check: Check, value: object, *, required: bool) -> str | None:
    if is_blank(value):
        return _MISSING if required else None
    try:
        check(value)
    except ComplaintError as complaint:
        return str(complaint)
    return None


def _count(value: object) -> None:
    number = read_number(value)
    if number is None or not 1 <= number <= _LONGEST_COUNT or number != int(number):
        raise ComplaintError(f"must be an integer between 1 and {_LONGEST_COUNT}")


def _amount(value: object) -> None:
    number = read_number(value)
    if number is None:
        raise ComplaintError("must be a number")
    if number < 0:
        raise ComplaintError("must be greater than or equal to 0")
    if number >= _MOST or number != round(number, _MOST_DECIMALS):
        raise ComplaintError("numeric value out of bounds (<12 digits>.<12 digits> expected)")


_PERIOD = choice(" ".join(PlanPeriod))

_PLAN = _Form(
    required={"name": NAME, "type": choice(_PLAN_TYPES), "currency": choice(CURRENCIES)},
    optional={
        "period": _PERIOD,
        "periodCount": _count,
        "trialPeriod": _PERIOD,
        "trialPeriodCount": _count,
        "charge": _amount,
        "graduated": flag,
        "prePayAllFlatRates": flag,
    },
)
_TIER = _Form(
    required={"name": NAME},
    optional=dict.fromkeys(("startingFrom", "upTo", "unitAmount", "flatAmount"), _amount),
)
_AGGREGATION = _Form(
    required={"name": NAME, "aggregationType": choice(_AGGREGATION_TYPES), "elementDefinitionId": NAME},
    optional={"graduated": flag, "distinctValue": NAME},
)
_ELEMENT = _Form(
    required={"name": NAME, "type": choice(_ELEMENT_TYPES), "elementDefinitionId": NAME},
    optional={"unitAmount": _amount, "flatAmount": _amount, "distinctValue": NAME},
)
_SETUP_FEE = _Form(
    required={"name": NAME, "type": choice(" ".join(SetupFeeType))},
    optional={"flatAmount": _amount},
)
