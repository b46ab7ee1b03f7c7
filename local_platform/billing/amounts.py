"""What a subscription owes at a moment, and how much of its quota is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from local_platform.billing.usage import ELEMENT_KIND, Asked, metered_for
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
    (found,) = standings(session, [subscription], at)
    return found


def standings(session: Session, subscriptions: Sequence[Document], at: datetime | None = None) -> list[Standing | None]:
    """Return how each of a team's subscriptions stands; what was metered is read once for all of them.

    Args:
        session: In the subscriptions' tenant.
        subscriptions: Their documents.
        at: When; by default the session's present. What was metered up to and with it counts.
    """
    if not subscriptions:
        return []
    session = replace(session, team=subscriptions[0].team)
    contracts = contracts_of_team(session)
    terms = [_terms(session, contract_of(one), at or session.now) for one in subscriptions]
    begun = [
        Asked(one.contract, one.plan, one.cycle.start, one.moment + _MILLISECOND) for one in terms if one and one.cycle
    ]
    usages = {
        one.contract.number: metered.within(to_ms(one.start), to_ms(one.end))
        for one, metered in zip(begun, metered_for(session, contracts, begun), strict=True)
    }
    return [
        None if one is None else _standing(one, usages.get(one.contract.number, Usage()), contracts) for one in terms
    ]


def amount_billed(session: Session, subscription: Document) -> dict[str, object]:
    """Return the answer to `billed-amount`: what the present period costs so far."""
    found = standing(session, subscription)
    return {"amountBilled": found.bill.total if found else 0}


def quota_consumed(session: Session, subscription: Document) -> dict[str, object]:
    """Return the answer to `quota-consumed`, in whole units; clients take only a number, so 0 stands for no limit."""
    found = standing(session, subscription)
    quota = found.quota if found else Quota(Decimal(0), None)
    return {"consumed": int(quota.consumed), "limit": int(quota.limit or 0)}


def decorations(session: Session, subscriptions: Sequence[Document]) -> list[dict[str, Any]]:
    """Return what billing adds to each of a team's subscriptions when they are rendered."""
    return [
        _decoration(session, one, found) if found else {}
        for one, found in zip(subscriptions, standings(session, subscriptions), strict=True)
    ]


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


@dataclass(frozen=True, slots=True)
class _Terms:
    """By what a subscription is billed at a moment."""

    contract: Contract
    plan: Plan
    cycle: Cycle | None
    moment: datetime


def _terms(session: Session, contract: Contract, moment: datetime) -> _Terms | None:
    """Return the terms at a moment; after the end those of the last one."""
    plan = plan_of(session, contract)
    if plan is None:
        return None
    if contract.end is not None:
        moment = min(moment, contract.end - _MILLISECOND)
    return _Terms(contract, plan, cycle_at(plan, contract.start, moment), moment)


def _standing(terms: _Terms, usage: Usage, contracts: Sequence[Contract]) -> Standing:
    plan, contract, cycle = terms.plan, terms.contract, terms.cycle
    if cycle is None:
        return Standing(plan, contract, None, usage, Bill(plan.currency, (), Decimal(0)))
    bill = rate(plan, usage, setup_fees=setup_fees_due(contracts, contract, cycle), trial=cycle.trial)
    return Standing(plan, contract, cycle, usage, bill)


def _decoration(session: Session, subscription: Document, found: Standing) -> dict[str, Any]:
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
