"""Invoices, refunds, charges, skills and seats."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from daemon.client.payloads.base import Many, Moment, Money, Payload, Reference, Resource


class Invoice(Resource):
    """A bill to a customer."""

    invoice_number: str | None = None
    state: str | None = None
    invoice_pay_status: str | None = None
    payment_source: str | None = None
    currency: str | None = None
    total_amount: Money | None = None
    total_adjusted: Money | None = None
    total_paid_amount: Money | None = None
    total_refund: Money | None = None
    total_call_count: int | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    issued: Moment | None = None
    finalized: Moment | None = None
    organization: Reference | None = None
    product: Reference | None = None
    subscription: Reference | None = None
    subscription_owner: Reference | None = None
    team: Reference | None = None


class UnpaidTotals(Payload):
    """What customers owe."""

    count: int | None = None
    total_amount: Money | None = None


class Refund(Resource):
    """Money given back."""

    amount: Money | None = None
    currency: str | None = None
    notes: str | None = None
    issued_date: Moment | None = None
    timestamp: Moment | None = None
    invoice: Reference | None = None
    product: Reference | None = None
    asset: Reference | None = None
    created_by_user: Reference | None = None


class Charge(Resource):
    """What a period of a subscription was charged."""

    charge: Money | None = None
    charge_type: str | None = None
    charge_description: str | None = None
    type: str | None = None
    currency: str | None = None
    call_count: int | None = None
    aggregated_element_value: Decimal | None = None
    settled: bool | None = None
    settled_at: Moment | None = None
    expired: bool | None = None
    invoice: Reference | None = None
    product: Reference | None = None
    subscription: Reference | None = None
    transaction_id: str | None = None


class Skill(Resource):
    """A skill of coding assistants and what its use cost."""

    name: str | None = None
    kind: str | None = None
    source: str | None = None
    origin_category: str | None = None
    plugin_name: str | None = None
    marketplace_name: str | None = None
    call_count: int | None = None
    trace_count: int | None = None
    total_cost: Money | None = None
    first_seen: Moment | None = None
    last_seen: Moment | None = None


class SeatDay(Payload):
    """How many seats were used on a day."""

    date: date
    seats_paid: int | None = None
    seats_used: int | None = None
    pending_invites: int | None = None
    daily_active: int | None = None
    weekly_active: int | None = None
    monthly_active: int | None = None


class Seats(Payload):
    """How many seats of coding assistants are used."""

    census_state: str | None = None
    census_checked_at: Moment | None = None
    days: Many[SeatDay] = ()


class AssistantSubscription(Payload):
    """A coding assistant that is paid by the month."""

    provider: str | None = None
