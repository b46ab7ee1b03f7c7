"""How much of what a plan offers has been used.

The quota of a tier is how many units it holds, so that what was consumed of all tiers together is the
quantity that was used; the last one also takes what exceeds it. The quota of a subscription is its
first tier: the volume that comes with the plan, after which the next price begins. It is counted in
calls where the plan's own first tier ends somewhere, else in the units of the first aggregation whose
first tier does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from local_platform.billing.plan import Plan, RatingAggregation, Tier
from local_platform.billing.quantity import Usage, quantity
from local_platform.billing.tiers import spread, starts


@dataclass(frozen=True, slots=True)
class TierQuota:
    """How full one tier is.

    Attributes:
        start: Where it begins.
        quota: How many units it holds; None without end.
        consumed: How many of them were used.
        went_over: Whether more was used than up to its end.
    """

    tier: Tier
    start: Decimal
    quota: Decimal | None
    consumed: Decimal
    went_over: bool


@dataclass(frozen=True, slots=True)
class AggregationQuota:
    """How full the tiers of one aggregation are."""

    aggregation: RatingAggregation
    tiers: tuple[TierQuota, ...]
    consumed: Decimal


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of the volume that comes with a plan was used.

    Attributes:
        consumed: What was used, also beyond the limit.
        limit: The volume that comes with the plan; None when no first tier ends.
    """

    consumed: Decimal
    limit: Decimal | None

    @property
    def went_over(self) -> bool:
        """Whether more was used than comes with the plan."""
        return self.limit is not None and self.consumed > self.limit

    def reached(self, share: Decimal) -> bool:
        """Whether this share of the limit, from 0 to 1, is used up."""
        return self.limit is not None and self.consumed >= share * self.limit


def overall_quota(plan: Plan, usage: Usage) -> Quota:
    """Return the quota of a subscription; without any limit it counts calls."""
    calls = Decimal(usage.calls)
    if (limit := _included(plan.tiers)) is not None:
        return Quota(calls, limit)
    for aggregation in plan.aggregations:
        if (limit := _included(aggregation.tiers)) is not None:
            return Quota(_used(aggregation, usage), limit)
    return Quota(calls, None)


def aggregation_quotas(plan: Plan, usage: Usage) -> list[AggregationQuota]:
    """Return how full the tiers of each aggregation are."""
    return [_aggregation_quota(aggregation, _used(aggregation, usage)) for aggregation in plan.aggregations]


def tier_quotas(tiers: Sequence[Tier], used: Decimal) -> list[TierQuota]:
    """Return how full each tier is."""
    return [
        TierQuota(
            tier=tier,
            start=start,
            quota=None if tier.up_to is None else tier.up_to - start,
            consumed=consumed,
            went_over=tier.up_to is not None and used > tier.up_to,
        )
        for tier, start, consumed in zip(tiers, starts(tiers), spread(tiers, used), strict=True)
    ]


def _aggregation_quota(aggregation: RatingAggregation, used: Decimal) -> AggregationQuota:
    return AggregationQuota(aggregation, tuple(tier_quotas(aggregation.tiers, used)), used)


def _included(tiers: Sequence[Tier]) -> Decimal | None:
    return tiers[0].up_to if tiers else None


def _used(aggregation: RatingAggregation, usage: Usage) -> Decimal:
    return quantity(aggregation.aggregate, usage.of(aggregation.element_id), aggregation.distinct_value)
