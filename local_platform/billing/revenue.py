"""What the subscriptions of a team brought in, span by span.

A span earns what bills grew by within it: the flat charges in the span in which a billing period begins,
usage when it is metered. What a period costs for an average or a last value can also shrink again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from local_platform.billing.amounts import plan_of, setup_fees_due
from local_platform.billing.contracts import Contract, contracts_of_team
from local_platform.billing.cycles import Cycle, cycles_between
from local_platform.billing.plan import Plan, SetupFeeType
from local_platform.billing.rating import rate
from local_platform.billing.series import Metered
from local_platform.billing.tiers import EXACT
from local_platform.billing.usage import metered_for
from local_platform.session import Session
from local_platform.wire import to_ms

_NOTHING = Decimal(0)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Earned:
    """What one subscription brought in.

    Attributes:
        subscription: Its number.
        organization: The number of the organization that pays.
        product: The number of the product that it is to.
        currency: What the amounts are in.
        amounts: One for each span.
    """

    subscription: int
    organization: int | None
    product: int | None
    currency: str
    amounts: tuple[Decimal, ...]


def revenue(session: Session, edges: Sequence[datetime]) -> list[Earned]:
    """Return what each subscription of the session's team earned between every two edges that follow each other.

    Args:
        session: In the team; nothing after its present is counted.
        edges: Ascending; a span begins with its first edge and ends before its second.
    """
    contracts = contracts_of_team(session)
    plans = [(contract, plan) for contract in contracts if (plan := plan_of(session, contract)) is not None]
    return [
        Earned(
            subscription=contract.number,
            organization=contract.organization,
            product=contract.product,
            currency=plan.currency,
            amounts=_amounts(session, contracts, contract, plan, edges),
        )
        for contract, plan in plans
    ]


def _amounts(
    session: Session, contracts: Sequence[Contract], mine: Contract, plan: Plan, edges: Sequence[datetime]
) -> tuple[Decimal, ...]:
    end = min(edges[-1], session.now + _MILLISECOND, mine.end or edges[-1])
    cycles = list(cycles_between(plan, mine.start, edges[0], end))
    amounts = [_NOTHING] * (len(edges) - 1)
    if not cycles:
        return tuple(amounts)
    metered = metered_for(session, contracts, mine, plan, cycles[0].start, end)
    for cycle in cycles:
        period = _Period(plan, metered, cycle, setup_fees_due(contracts, mine, cycle))
        until = end if cycle.end is None else min(end, cycle.end)
        for span, amount in period.growth(edges, until):
            amounts[span] = EXACT.add(amounts[span], amount)
    return tuple(amounts)


@dataclass(frozen=True, slots=True)
class _Period:
    """A billing period with what was metered in it."""

    plan: Plan
    metered: Metered
    cycle: Cycle
    setup_fees: Collection[SetupFeeType]

    def growth(self, edges: Sequence[datetime], until: datetime) -> Iterator[tuple[int, Decimal]]:
        """Yield how much the bill grows in each span that the period has a part in."""
        begin = self.cycle.start
        billed = self._billed(edges[0]) if begin < edges[0] else _NOTHING
        for span in range(max(0, bisect_right(edges, begin) - 1), bisect_left(edges, until)):
            total = self._billed(min(edges[span + 1], until))
            yield span, EXACT.subtract(total, billed)
            billed = total

    def _billed(self, moment: datetime) -> Decimal:
        usage = self.metered.within(to_ms(self.cycle.start), to_ms(moment))
        return rate(self.plan, usage, setup_fees=self.setup_fees, trial=self.cycle.trial).total
