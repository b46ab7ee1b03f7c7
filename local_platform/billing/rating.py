"""The bill of one billing period: a plan applied to what was used.

Nothing is rounded to cents and nothing is pro-rated. During a trial every line is there and costs
nothing, so that the customer sees what it will cost; what is charged once waits for the first paid
period. A multiple of the real AI cost is an aggregation that sums the element carrying that cost, with
the multiple as the price of its one tier.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import StrEnum

from local_platform.billing.plan import Plan, PlanElement, RatingAggregation, SetupFeeType, Tier
from local_platform.billing.quantity import Usage, quantity
from local_platform.billing.tiers import EXACT, Slice, rate_tiers

_ONE = Decimal(1)
_NOTHING = Decimal(0)


class ChargeType(StrEnum):
    """What a line charges for, in the platform's words."""

    SUBSCRIPTION_FLAT_RATE = "SUBSCRIPTION_FLAT_RATE_CHARGE"
    SETUP_FEE_FLAT_RATE = "SETUP_FEE_FLAT_RATE_CHARGE"
    TIER_FLAT_RATE = "TIER_FLAT_RATE_CHARGE"
    TIER_CALL_COUNT = "TIER_CALL_COUNT_TRANSACTIONAL_CHARGE"
    ELEMENT = "ELEMENT_TRANSACTIONAL_CHARGE"
    EXEMPT = "CHARGE_EXEMPT"


class Unit(StrEnum):
    """What a line's quantity counts."""

    ONCE = "once"
    PERIOD = "period"
    CALL = "call"
    ELEMENT = "element"


@dataclass(frozen=True, slots=True)
class Line:
    """One position of a bill.

    Attributes:
        name: What the plan calls it.
        element_id: The metering element whose quantity it is, if any.
        tier: The tier that sets the price, if any.
    """

    type: ChargeType
    name: str
    quantity: Decimal
    unit: Unit
    unit_amount: Decimal
    amount: Decimal
    element_id: str | None = None
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What one period costs so far.

    Attributes:
        lines: A line that only fixes an amount is left out when the amount is zero; used quantities
            are listed also when they are free.
    """

    currency: str
    lines: tuple[Line, ...]
    total: Decimal
    trial: bool = False


def rate(plan: Plan, usage: Usage, *, setup_fees: Collection[SetupFeeType] = (), trial: bool = False) -> Bill:
    """Apply a plan to what was used in one period.

    Args:
        plan: A sound plan.
        usage: What was used in the period so far.
        setup_fees: The kinds of set-up fee that fall due in this period.
        trial: Whether the period is the trial.
    """
    with localcontext(EXACT):
        lines = (*_flat(plan, () if trial else setup_fees), *_metered(plan, usage))
        if trial:
            lines = tuple(replace(line, type=ChargeType.EXEMPT, amount=_NOTHING) for line in lines)
        return Bill(plan.currency, lines, sum((line.amount for line in lines), _NOTHING), trial)


def recurring_charge(plan: Plan) -> Decimal:
    """Return what a paid period costs before anything is used."""
    return rate(plan, Usage()).total


def _flat(plan: Plan, setup_fees: Collection[SetupFeeType]) -> Iterator[Line]:
    for fee in plan.setup_fees:
        if fee.type in setup_fees:
            yield from _fixed(ChargeType.SETUP_FEE_FLAT_RATE, fee.name, Unit.ONCE, fee.flat_amount)
    yield from _fixed(ChargeType.SUBSCRIPTION_FLAT_RATE, plan.name, Unit.PERIOD, plan.charge)


def _metered(plan: Plan, usage: Usage) -> Iterator[Line]:
    calls = rate_tiers(
        plan.tiers,
        Decimal(usage.calls),
        graduated=plan.graduated,
        pre_pay_all_flat_rates=plan.pre_pay_all_flat_rates,
    )
    yield from _tiered(calls, ChargeType.TIER_CALL_COUNT, Unit.CALL)
    for aggregation in plan.aggregations:
        yield from _aggregation(plan, aggregation, usage)
    for element in plan.elements:
        yield from _element(element, usage)


def _aggregation(plan: Plan, aggregation: RatingAggregation, usage: Usage) -> Iterator[Line]:
    used = quantity(aggregation.aggregate, usage.of(aggregation.element_id), aggregation.distinct_value)
    slices = rate_tiers(
        aggregation.tiers,
        used,
        graduated=aggregation.graduated,
        pre_pay_all_flat_rates=plan.pre_pay_all_flat_rates,
    )
    yield from _tiered(slices, ChargeType.ELEMENT, Unit.ELEMENT, f"{aggregation.name}: ", aggregation.element_id)


def _tiered(
    slices: Iterable[Slice], type_: ChargeType, unit: Unit, prefix: str = "", element_id: str | None = None
) -> Iterator[Line]:
    for part in slices:
        tier = part.tier
        name, flat = f"{prefix}{tier.name}", part.flat_charge
        if flat:
            yield Line(ChargeType.TIER_FLAT_RATE, name, _ONE, Unit.PERIOD, flat, flat, element_id, tier)
        if part.quantity:
            yield Line(type_, name, part.quantity, unit, tier.unit_amount, part.unit_charge, element_id, tier)


def _element(element: PlanElement, usage: Usage) -> Iterator[Line]:
    """Price an element; its flat amount is due once in a period in which it was used at all."""
    found = usage.of(element.element_id)
    used = max(quantity(element.aggregate, found, element.distinct_value), _NOTHING)
    if found.count:
        for line in _fixed(ChargeType.ELEMENT, element.name, Unit.PERIOD, element.flat_amount):
            yield replace(line, element_id=element.element_id)
    if used:
        charge = used * element.unit_amount
        yield Line(
            ChargeType.ELEMENT, element.name, used, Unit.ELEMENT, element.unit_amount, charge, element.element_id
        )


def _fixed(type_: ChargeType, name: str, unit: Unit, amount: Decimal) -> Iterator[Line]:
    if amount:
        yield Line(type_, name, _ONE, unit, amount, amount)
