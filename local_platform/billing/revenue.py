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
from local_platform.billing.usage import Asked, metered_for
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
    terms = [_terms(one, plan, edges, session.now) for one in contracts if (plan := plan_of(session, one)) is not None]
    billed = [one for one in terms if one.cycles]
    asked = [Asked(one.contract, one.plan, one.cycles[0].start, one.end) for one in billed]
    amounts = {
        one.contract.number: _amounts(one, metered, contracts, edges)
        for one, metered in zip(billed, metered_for(session, contracts, asked), strict=True)
    }
    nothing = (_NOTHING,) * (len(edges) - 1)
    return [
        Earned(
            subscription=one.contract.number,
            organization=one.contract.organization,
            product=one.contract.product,
            currency=one.plan.currency,
            amounts=amounts.get(one.contract.number, nothing),
        )
        for one in terms
    ]


@dataclass(frozen=True, slots=True)
class _Terms:
    """By what a subscription is billed over a stretch of time.

    Attributes:
        cycles: The billing periods that it has a part in.
        end: When the subscription, the present or the stretch ends.
    """

    contract: Contract
    plan: Plan
    cycles: Sequence[Cycle]
    end: datetime


def _terms(contract: Contract, plan: Plan, edges: Sequence[datetime], now: datetime) -> _Terms:
    end = min(edges[-1], now + _MILLISECOND, contract.end or edges[-1])
    return _Terms(contract, plan, list(cycles_between(plan, contract.start, edges[0], end)), end)


def _amounts(
    terms: _Terms, metered: Metered, contracts: Sequence[Contract], edges: Sequence[datetime]
) -> tuple[Decimal, ...]:
    amounts = [_NOTHING] * (len(edges) - 1)
    for cycle in terms.cycles:
        period = _Period(terms.plan, metered, cycle, setup_fees_due(contracts, terms.contract, cycle))
        until = terms.end if cycle.end is None else min(terms.end, cycle.end)
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
