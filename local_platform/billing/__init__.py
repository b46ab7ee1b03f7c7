"""What a subscription costs: plans, tiers, billing periods, bills and quotas.

Pure, with exact decimals and no clock:

* `plan_wire.uniform(wire) -> object`: what a product's plan is rewritten to before it is checked and stored
* `plan.read_plan(wire) -> Plan` and `plan_check.plan_complaints(wire, path="plan") -> dict[str, str]`
* `cycles.cycle_at(plan, start, at) -> Cycle | None` and `cycles.trial_end(plan, start) -> datetime | None`
* `tiers.rate_tiers(tiers, quantity, *, graduated, pre_pay_all_flat_rates=False) -> list[Slice]`
* `quantity.Usage(calls, elements)` with one `quantity.ElementUsage` for each element's id
* `rating.rate(plan, usage, *, setup_fees=(), trial=False) -> Bill` and `rating.recurring_charge(plan) -> Decimal`
* `quotas.overall_quota(plan, usage) -> Quota` and `quotas.aggregation_quotas(plan, usage) -> list[AggregationQuota]`
"""
