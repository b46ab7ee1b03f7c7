"""A product's plan: what is charged, how often, and at which prices.

A plan is read from the wire form that a product carries. It is checked when the product is written
(`plan_check`), so reading expects a plan that was found sound and only fills in what was left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

_NOTHING = Decimal(0)


class PlanPeriod(StrEnum):
    """How long a billing period or a trial is; a count multiplies it."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    TEST_MINUTE = "TEST_MINUTE"
    TEST_MINUTE_WITH_SYNTHETIC_METERING = "TEST_MINUTE_WITH_SYNTHETIC_METERING"
    NONE = "NONE"


class Aggregate(StrEnum):
    """How the values that an element took in a period become one quantity."""

    SUM = "SUM"
    COUNT = "COUNT"
    MAXIMUM = "MAXIMUM"
    AVERAGE = "AVERAGE"
    UNIQUE = "UNIQUE"
    DISTINCT = "DISTINCT"
    LAST_RECEIVED = "LAST_RECEIVED"
    DISTINCT_VALUE_BY_NAME = "DISTINCT_VALUE_BY_NAME"
    COUNT_DISTINCT_VALUE_BY_NAME = "COUNT_DISTINCT_VALUE_BY_NAME"


class SetupFeeType(StrEnum):
    """Whether a set-up fee is due once for a customer or once for each of its subscriptions."""

    ORGANIZATION = "ORGANIZATION"
    SUBSCRIPTION = "SUBSCRIPTION"


@dataclass(frozen=True, slots=True)
class Tier:
    """A stretch of a quantity and its prices.

    Attributes:
        up_to: Where it ends, the end included; None for a last tier without end.
        unit_amount: The price of one unit.
        flat_amount: What the tier costs once when it is reached.
    """

    name: str
    up_to: Decimal | None = None
    unit_amount: Decimal = _NOTHING
    flat_amount: Decimal = _NOTHING
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RatingAggregation:
    """A metered element that is priced by tiers of its own.

    Attributes:
        distinct_value: The one value that `DISTINCT` counts; None counts how many values there were.
    """

    name: str
    aggregate: Aggregate
    element_id: str
    graduated: bool
    distinct_value: str | None = None
    tiers: tuple[Tier, ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PlanElement:
    """A metered element with one price.

    Attributes:
        unit_amount: The price of one unit of the aggregated quantity.
        flat_amount: What a period costs in which the element was used at all.
        distinct_value: The one value that the aggregates "by name" look for.
    """

    name: str
    aggregate: Aggregate
    element_id: str
    unit_amount: Decimal = _NOTHING
    flat_amount: Decimal = _NOTHING
    distinct_value: str | None = None


@dataclass(frozen=True, slots=True)
class SetupFee:
    """What is charged once, at the beginning."""

    name: str
    type: SetupFeeType
    flat_amount: Decimal = _NOTHING
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a subscription to a product costs.

    Attributes:
        charge: Due once a period, whatever was used.
        graduated: Whether each tier prices its own slice, or the tier that is reached prices all.
        pre_pay_all_flat_rates: Whether the flat amounts of all tiers are due from the start of a
            period, instead of each when its tier is reached.
        tiers: The prices of the period's calls.
    """

    name: str
    currency: str
    period: PlanPeriod = PlanPeriod.MONTH
    period_count: int = 1
    trial_period: PlanPeriod = PlanPeriod.NONE
    trial_period_count: int = 1
    charge: Decimal = _NOTHING
    graduated: bool = True
    pre_pay_all_flat_rates: bool = False
    tiers: tuple[Tier, ...] = ()
    aggregations: tuple[RatingAggregation, ...] = ()
    elements: tuple[PlanElement, ...] = ()
    setup_fees: tuple[SetupFee, ...] = ()


def read_plan(wire: Mapping[str, Any]) -> Plan:
    """Read a sound plan; unknown fields are passed over.

    What was left out: the period is a month, the count one, there is no trial, amounts are zero, and
    tiers are graduated (those of an aggregation as the plan's own).
    """
    graduated = bool(_or(wire, "graduated", default=True))
    return Plan(
        name=str(wire["name"]),
        currency=str(wire["currency"]),
        period=PlanPeriod(_or(wire, "period", PlanPeriod.MONTH)),
        period_count=int(_or(wire, "periodCount", 1)),
        trial_period=PlanPeriod(_or(wire, "trialPeriod", PlanPeriod.NONE)),
        trial_period_count=int(_or(wire, "trialPeriodCount", 1)),
        charge=_amount(wire, "charge"),
        graduated=graduated,
        pre_pay_all_flat_rates=bool(wire.get("prePayAllFlatRates")),
        tiers=_tiers(wire),
        aggregations=tuple(_aggregation(item, graduated) for item in _items(wire, "ratingAggregations")),
        elements=tuple(_element(item) for item in _items(wire, "elements")),
        setup_fees=tuple(_setup_fee(item) for item in _items(wire, "setupFees")),
    )


def read_number(value: object) -> Decimal | None:
    """Return the number that a JSON number or a string stands for, exactly; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        # A float is read by its shortest form: 0.1 means a tenth.
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def is_blank(value: object) -> bool:
    """Whether a field counts as left out."""
    return value is None or (isinstance(value, str) and not value.strip())


def _aggregation(wire: Mapping[str, Any], graduated: bool) -> RatingAggregation:
    return RatingAggregation(
        name=str(wire["name"]),
        aggregate=Aggregate(wire["aggregationType"]),
        element_id=str(wire["elementDefinitionId"]),
        graduated=bool(_or(wire, "graduated", graduated)),
        distinct_value=_text(wire, "distinctValue"),
        tiers=_tiers(wire),
        id=_text(wire, "id"),
    )


def _element(wire: Mapping[str, Any]) -> PlanElement:
    return PlanElement(
        name=str(wire["name"]),
        aggregate=Aggregate(wire["type"]),
        element_id=str(wire["elementDefinitionId"]),
        unit_amount=_amount(wire, "unitAmount"),
        flat_amount=_amount(wire, "flatAmount"),
        distinct_value=_text(wire, "distinctValue"),
    )


def _setup_fee(wire: Mapping[str, Any]) -> SetupFee:
    return SetupFee(
        name=str(wire["name"]),
        type=SetupFeeType(wire["type"]),
        flat_amount=_amount(wire, "flatAmount"),
        id=_text(wire, "id"),
    )


def _tiers(wire: Mapping[str, Any]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            name=str(item["name"]),
            up_to=None if is_blank(item.get("upTo")) else _amount(item, "upTo"),
            unit_amount=_amount(item, "unitAmount"),
            flat_amount=_amount(item, "flatAmount"),
            id=_text(item, "id"),
        )
        for item in _items(wire, "tiers")
    )


def _items(wire: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = wire.get(name) or ()
    return items


def _amount(wire: Mapping[str, Any], name: str) -> Decimal:
    return read_number(wire.get(name)) or _NOTHING


def _text(wire: Mapping[str, Any], name: str) -> str | None:
    value = wire.get(name)
    return None if is_blank(value) else str(value)


def _or(wire: Mapping[str, Any], name: str, default: Any) -> Any:
    value = wire.get(name)
    return default if is_blank(value) else value
