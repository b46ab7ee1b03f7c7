"""What a quantity costs by tiers.

A tier begins where the one before ends, and its end belongs to it: of "up to 1000, then the rest",
the thousandth unit is in the first tier and whatever lies above it in the second. The first tier is
reached from the start, also with nothing used: its flat amount is how a base fee is written. The last
tier goes on at its prices even where it names an end; that end is a quota, not a price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from local_platform.billing.plan import Tier

# Amounts have at most 24 digits and quantities fewer than 40: no product or sum of them is rounded.
EXACT = Context(prec=80)

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Slice:
    """What falls into one tier.

    Attributes:
        start: Where the tier begins.
        quantity: How much of the quantity is priced here.
        unit_charge: The quantity at the tier's unit price.
        flat_charge: The tier's flat amount, when it is due.
    """

    tier: Tier
    start: Decimal
    quantity: Decimal
    unit_charge: Decimal
    flat_charge: Decimal

    @property
    def amount(self) -> Decimal:
        """Both charges together."""
        return EXACT.add(self.unit_charge, self.flat_charge)


def rate_tiers(
    tiers: Sequence[Tier], quantity: Decimal, *, graduated: bool, pre_pay_all_flat_rates: bool = False
) -> list[Slice]:
    """Price a quantity, with one slice for every tier.

    Graduated, each tier prices what lies in it and costs its flat amount once it is reached. Otherwise
    the tier that the quantity reaches prices all of it, and only its flat amount is due.

    Args:
        tiers: Ascending; none price nothing.
        quantity: What was used; less than nothing counts as nothing.
        graduated: Which of the two it is.
        pre_pay_all_flat_rates: Makes the flat amount of every tier due, reached or not.
    """
    used = max(quantity, _NOTHING)
    with localcontext(EXACT):
        return [
            _slice(tier, start, priced, flat_due=pre_pay_all_flat_rates or reached)
            for tier, start, priced, reached in (_graduated if graduated else _volume)(tiers, used)
        ]


def spread(tiers: Sequence[Tier], quantity: Decimal) -> list[Decimal]:
    """Return how much of a quantity lies within each tier, however it is priced."""
    with localcontext(EXACT):
        return [within for _, _, within, _ in _graduated(tiers, max(quantity, _NOTHING))]


def starts(tiers: Sequence[Tier]) -> list[Decimal]:
    """Return where each tier begins."""
    return [_NOTHING, *(tier.up_to for tier in tiers[:-1] if tier.up_to is not None)] if tiers else []


_Share = tuple[Tier, Decimal, Decimal, bool]


def _graduated(tiers: Sequence[Tier], used: Decimal) -> Iterator[_Share]:
    for tier, start, end in _stretches(tiers):
        within = used if end is None else min(used, end)
        yield tier, start, max(within - start, _NOTHING), start == 0 or used > start


def _volume(tiers: Sequence[Tier], used: Decimal) -> Iterator[_Share]:
    for tier, start, end in _stretches(tiers):
        reached = (start == 0 or used > start) and (end is None or used <= end)
        yield tier, start, used if reached else _NOTHING, reached


def _stretches(tiers: Sequence[Tier]) -> Iterator[tuple[Tier, Decimal, Decimal | None]]:
    begins = starts(tiers)
    ends = [*begins[1:], None][: len(tiers)]
    return zip(tiers, begins, ends, strict=True)


def _slice(tier: Tier, start: Decimal, priced: Decimal, *, flat_due: bool) -> Slice:
    return Slice(tier, start, priced, priced * tier.unit_amount, tier.flat_amount if flat_due else _NOTHING)
