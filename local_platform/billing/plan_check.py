"""What is wrong with a plan that a client sends, field by field.

Beyond the form of each field, tiers must follow each other from zero without gap or overlap: each but
the last ends somewhere above the one before, and the last has no end. Clients allow a single tier
without end in a whole plan, so where one list of tiers has it the others may end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from local_platform.billing.plan import PlanPeriod, SetupFeeType, is_blank, read_number

CURRENCIES = ("USD", "EUR", "CAD", "GBP", "JPY", "CNY", "MXN", "COP", "ARS", "ZMW", "AUD", "ZWG")

_PLAN_TYPES = ("SUBSCRIPTION",)
_AGGREGATION_TYPES = ("SUM", "COUNT", "MAXIMUM", "AVERAGE", "UNIQUE", "DISTINCT", "LAST_RECEIVED")
_ELEMENT_TYPES = (
    "DISTINCT_VALUE_BY_NAME",
    "COUNT_DISTINCT_VALUE_BY_NAME",
    "SUM",
    "COUNT",
    "MAXIMUM",
    "AVERAGE",
    "UNIQUE",
)
_MISSING = "must not be null or blank"
_LONGEST_NAME = 255
_LONGEST_COUNT = 1000
# Every amount fits twelve digits before and twelve after the point, so that products of two stay exact.
_MOST = Decimal(10) ** 12
_MOST_DECIMALS = 12

_Check = Callable[[Any], str | None]
_Complaints = Iterator[tuple[str, str]]


def plan_complaints(wire: object, path: str = "plan") -> dict[str, str]:
    """Return what is wrong with a plan, by the path of the field; nothing for a sound one.

    Args:
        wire: The plan as it was sent.
        path: Where the plan lies in the body.
    """
    if wire is None:
        return {path: _MISSING}
    return dict(_record(wire, path, _PLAN_FIELDS, _plan_lists))


def _plan_lists(wire: Mapping[str, Any], path: str) -> _Complaints:
    complaints = [*_tiers(wire, path), *_list(wire, path, "ratingAggregations", _AGGREGATION_FIELDS, _tiers)]
    yield from complaints or _endings(wire, path)
    yield from _list(wire, path, "elements", _ELEMENT_FIELDS)
    yield from _list(wire, path, "setupFees", _SETUP_FEE_FIELDS)


def _tiers(wire: Mapping[str, Any], path: str) -> _Complaints:
    complaints = list(_list(wire, path, "tiers", _TIER_FIELDS))
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
    fields: Mapping[str, _Check],
    further: Callable[[Mapping[str, Any], str], _Complaints] | None = None,
) -> _Complaints:
    items = wire.get(name)
    if items is None:
        return
    if not isinstance(items, list):
        yield f"{path}.{name}", "must be an array"
        return
    for index, item in enumerate(items):
        yield from _record(item, f"{path}.{name}[{index}]", fields, further)


def _record(
    wire: object,
    path: str,
    fields: Mapping[str, _Check],
    further: Callable[[Mapping[str, Any], str], _Complaints] | None,
) -> _Complaints:
    if not isinstance(wire, dict):
        yield path, "must be an object"
        return
    for name, check in fields.items():
        complaint = check(wire.get(name))
        if complaint:
            yield f"{path}.{name}", complaint
    if further:
        yield from further(wire, path)


def _required(check: _Check) -> _Check:
    return lambda value: _MISSING if is_blank(value) else check(value)


def _optional(check: _Check) -> _Check:
    return lambda value: None if is_blank(value) else check(value)


def _one_of(words: Iterable[str]) -> _Check:
    known = tuple(words)
    complaint = f"must be one of {', '.join(known)}"
    # A list or an object has no hash; looking it up in a tuple only compares.
    return lambda value: None if value in known else complaint


def _name(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    return None if len(value) <= _LONGEST_NAME else f"size must be between 0 and {_LONGEST_NAME}"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _count(value: object) -> str | None:
    number = read_number(value)
    if number is None or not 1 <= number <= _LONGEST_COUNT or number != int(number):
        return f"must be an integer between 1 and {_LONGEST_COUNT}"
    return None


def _amount(value: object) -> str | None:
    number = read_number(value)
    if number is None:
        return "must be a number"
    if number < 0:
        return "must be greater than or equal to 0"
    if number >= _MOST or number != round(number, _MOST_DECIMALS):
        return "numeric value out of bounds (<12 digits>.<12 digits> expected)"
    return None


_PERIOD = _optional(_one_of(PlanPeriod))
_COUNT = _optional(_count)
_AMOUNT = _optional(_amount)
_FLAG = _optional(_flag)
_NAME = _required(_name)

_PLAN_FIELDS: Mapping[str, _Check] = {
    "name": _NAME,
    "type": _required(_one_of(_PLAN_TYPES)),
    "currency": _required(_one_of(CURRENCIES)),
    "period": _PERIOD,
    "periodCount": _COUNT,
    "trialPeriod": _PERIOD,
    "trialPeriodCount": _COUNT,
    "charge": _AMOUNT,
    "graduated": _FLAG,
    "prePayAllFlatRates": _FLAG,
}
_TIER_FIELDS: Mapping[str, _Check] = {
    "name": _NAME,
    "startingFrom": _AMOUNT,
    "upTo": _AMOUNT,
    "unitAmount": _AMOUNT,
    "flatAmount": _AMOUNT,
}
_AGGREGATION_FIELDS: Mapping[str, _Check] = {
    "name": _NAME,
    "aggregationType": _required(_one_of(_AGGREGATION_TYPES)),
    "elementDefinitionId": _NAME,
    "graduated": _FLAG,
    "distinctValue": _optional(_name),
}
_ELEMENT_FIELDS: Mapping[str, _Check] = {
    "name": _NAME,
    "type": _required(_one_of(_ELEMENT_TYPES)),
    "elementDefinitionId": _NAME,
    "unitAmount": _AMOUNT,
    "flatAmount": _AMOUNT,
    "distinctValue": _optional(_name),
}
_SETUP_FEE_FIELDS: Mapping[str, _Check] = {
    "name": _NAME,
    "type": _required(_one_of(SetupFeeType)),
    "flatAmount": _AMOUNT,
}
