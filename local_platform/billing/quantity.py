"""What was used in a billing period, and the quantities that a plan makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from local_platform.billing.plan import Aggregate
from local_platform.billing.tiers import EXACT

_NOTHING = Decimal(0)
# Finer than a nanodollar; the average is the only quantity that has to be rounded.
_STEP = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True)
class ElementUsage:
    """The values that one metering element took.

    Attributes:
        count: How many values were metered.
        total: The sum of those that are numbers.
        maximum: The largest of them; 0 without any.
        last: The one that was received last; 0 when that is no number.
        different: How many different values there were.
        occurrences: How often a value was metered, for the values that a plan looks for.
    """

    count: int = 0
    total: Decimal = _NOTHING
    maximum: Decimal = _NOTHING
    last: Decimal = _NOTHING
    different: int = 0
    occurrences: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a subscription used in a period.

    Attributes:
        elements: By the id of the element's definition; what is absent was not used.
    """

    calls: int = 0
    elements: Mapping[str, ElementUsage] = field(default_factory=dict)

    def of(self, element_id: str) -> ElementUsage:
        """Return what was used of an element."""
        return self.elements.get(element_id, _UNUSED)


_UNUSED = ElementUsage()


def quantity(aggregate: Aggregate, used: ElementUsage, distinct_value: str | None = None) -> Decimal:
    """Make one quantity of an element's values.

    The three aggregates that look for `distinct_value` count all different values when they are given none.
    """
    match aggregate:
        case Aggregate.SUM:
            return used.total
        case Aggregate.COUNT:
            return Decimal(used.count)
        case Aggregate.MAXIMUM:
            return used.maximum
        case Aggregate.AVERAGE:
            return _average(used) if used.count else _NOTHING
        case Aggregate.LAST_RECEIVED:
            return used.last
        case Aggregate.UNIQUE:
            return Decimal(used.different)
        case Aggregate.DISTINCT | Aggregate.COUNT_DISTINCT_VALUE_BY_NAME:
            return Decimal(_times(used, distinct_value))
        case Aggregate.DISTINCT_VALUE_BY_NAME if distinct_value is None:
            return Decimal(used.different)
        case Aggregate.DISTINCT_VALUE_BY_NAME:
            return Decimal(min(1, _times(used, distinct_value)))


def _average(used: ElementUsage) -> Decimal:
    return EXACT.quantize(EXACT.divide(used.total, Decimal(used.count)), _STEP)


def _times(used: ElementUsage, value: str | None) -> int:
    return used.different if value is None else used.occurrences.get(value, 0)
