"""What a subscription costs: plans, tiers, billing periods, bills and quotas.

Pure, with exact decimals and no clock:

* `plan_wire.uniform(wire) -> object`: what a product's plan is rewritten to before it is checked and stored
* `plan.read_plan(wire) -> Plan` and `plan_check.plan_complaints(wire, path="plan") -> dict[str, str]`
* `cycles.cycle_at(plan, start, at) -> Cycle | None` and `cycles.trial_end(plan, start) -> datetime | None`
* `tiers.rate_tiers(tiers, quantity, *, graduated, pre_pay_all_flat_rates=False) -> list[Slice]`
* `quantity.Usage(calls, elements)` with one `quantity.ElementUsage` for each element's id
* `rating.rate(plan, usage, *, setup_fees=(), trial=False) -> Bill` and `rating.recurring_charge(plan) -> Decimal`
* `quotas.overall_quota(plan, usage) -> Quota` and `quotas.aggregation_quotas(plan, usage) -> list[AggregationQuota]`

From what is stored, on behalf of a session:

* `amounts.standing(session, subscription, at=None) -> Standing | None`: period, usage, bill and quota
* `amounts.decorations(session, subscriptions) -> list[dict]`: what rendered subscriptions show of them
* `amounts.amount_billed(session, subscription) -> dict` and `amounts.quota_consumed(session, subscription) -> dict`
* `revenue.revenue(session, edges) -> list[Earned]`: what every subscription of the team earned in each span
"""
