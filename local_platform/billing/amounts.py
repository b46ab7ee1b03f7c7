"""What a subscription owes at a moment, and how much of its quota is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from local_platform.billing.contracts import Contract, contract_of, contracts_of_team, decoded
from local_platform.billing.cycles import Cycle, cycle_at, trial_end
from local_platform.billing.plan import Plan, SetupFeeType, read_plan
from local_platform.billing.quantity import Usage
from local_platform.billing.quotas import AggregationQuota, Quota, TierQuota, aggregation_quotas, overall_quota
from local_platform.billing.rating import Bill, rate, recurring_charge
from local_platform.billing.usage import ELEMENT_KIND, metered_for
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.session import Session
from local_platform.wire import iso, to_ms

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscription stands.

    Attributes:
        cycle: The billing period, or None before the subscription starts; after it has ended, its last.
        usage: What was used in the period so far.
        bill: What the period costs so far.
    """

    plan: Plan
    contract: Contract
    cycle: Cycle | None
    usage: Usage
    bill: Bill

    @property
    def quota(self) -> Quota:
        """How much of the volume that comes with the plan was used."""
        return overall_quota(self.plan, self.usage)


def standing(session: Session, subscription: Document, at: datetime | None = None) -> Standing | None:
    """Return how a subscription stands, or None when its product is gone.

    Args:
        session: In the subscription's tenant.
        subscription: Its document.
        at: When; by default the session's present. What was metered up to and with it counts.
    """
    session = replace(session, team=subscription.team)
    contracts = contracts_of_team(session)
    contract = contract_of(subscription)
    plan = plan_of(session, contract)
    if plan is None:
        return None
    moment = at or session.now
    if contract.end is not None:
        moment = min(moment, contract.end - _MILLISECOND)
    cycle = cycle_at(plan, contract.start, moment)
    if cycle is None:
        return Standing(plan, contract, None, Usage(), Bill(plan.currency, (), Decimal(0)))
    end = moment + _MILLISECOND
    metered = metered_for(session, contracts, contract, plan, cycle.start, end)
    usage = metered.within(to_ms(cycle.start), to_ms(end))
    bill = rate(plan, usage, setup_fees=setup_fees_due(contracts, contract, cycle), trial=cycle.trial)
    return Standing(plan, contract, cycle, usage, bill)


def amount_billed(session: Session, subscription: Document) -> dict[str, object]:
    """Return the answer to `billed-amount`: what the present period costs so far."""
    found = standing(session, subscription)
    return {"amountBilled": found.bill.total if found else 0}


def quota_consumed(session: Session, subscription: Document) -> dict[str, object]:
    """Return the answer to `quota-consumed`, in whole units; a plan without a limit has none."""
    found = standing(session, subscription)
    quota = found.quota if found else Quota(Decimal(0), None)
    return {"consumed": int(quota.consumed), "limit": None if quota.limit is None else int(quota.limit)}


def decoration(session: Session, subscription: Document) -> dict[str, Any]:
    """Return what billing adds to a rendered subscription."""
    found = standing(session, subscription)
    if found is None:
        return {}
    cycle, trial = found.cycle, trial_end(found.plan, found.contract.start)
    return {
        "start": subscription.fields.get("start") or iso(found.contract.start),
        "charge": recurring_charge(found.plan),
        "periodStart": iso(cycle.start) if cycle else None,
        "periodEnd": iso(cycle.end) if cycle and cycle.end else None,
        "trialEnd": iso(trial) if trial else None,
        "periodCallCountConsumed": found.usage.calls,
        "wentOverSubscriptionQuota": found.quota.went_over,
        "quotas": [_quota(session, one) for one in aggregation_quotas(found.plan, found.usage)],
    }


def plan_of(session: Session, contract: Contract) -> Plan | None:
    """Return the plan of the contract's product, or None when the product is gone."""
    product = None if contract.product is None else documents.find(session, "product", contract.product)
    return read_plan(product.fields["plan"]) if product else None


def setup_fees_due(contracts: Iterable[Contract], contract: Contract, cycle: Cycle) -> set[SetupFeeType]:
    """Return the set-up fees of a period: an organization pays its own with its first subscription to the product."""
    if not cycle.first_paid:
        return set()
    alike = (one for one in contracts if (one.organization, one.product) == (contract.organization, contract.product))
    first = min(alike, key=lambda one: (one.start, one.number))
    return set(SetupFeeType) if first.number == contract.number else {SetupFeeType.SUBSCRIPTION}


def _quota(session: Session, quota: AggregationQuota) -> dict[str, object]:
    aggregation = quota.aggregation
    number = decoded(ELEMENT_KIND, aggregation.element_id)
    element = None if number is None else documents.find(session, ELEMENT_KIND, number)
    return {
        "ratingAggregationId": aggregation.id,
        "ratingAggregationName": aggregation.name,
        "ratingAggregationType": aggregation.aggregate,
        "ratingAggregationDistinctValue": aggregation.distinct_value,
        "elementDefinitionId": aggregation.element_id,
        "elementDefinitionName": element and element.fields.get("name"),
        "elementDefinitionDescription": element and element.fields.get("description"),
        "totalQuotaConsumed": quota.consumed,
        "tierQuotas": [_tier_quota(one) for one in quota.tiers],
    }


def _tier_quota(quota: TierQuota) -> dict[str, object]:
    return {
        "tierId": quota.tier.id,
        "tierName": quota.tier.name,
        "lowerTierQuotaLimit": quota.start,
        "tierQuota": quota.quota,
        "tierQuotaConsumed": quota.consumed,
        "wentOverTierQuota": quota.went_over,
    }
