"""From a metered body to what is stored: priced, in columns for queries and as the log's record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from local_platform.metering import pricing
from local_platform.metering.fields import Fields
from local_platform.metering.names import Named, Referred
from local_platform.wire import dumps, from_nano, iso, to_ms, to_nano

COLUMNS = (
    "request_ms",
    "created_ms",
    "team",
    "transaction_id",
    "idempotency_key",
    "priced",
    "provider",
    "model",
    "agent",
    "task_type",
    "trace_id",
    "organization",
    "organization_id",
    "product",
    "product_id",
    "credential",
    "credential_id",
    "subscriber_email",
    "environment",
    "stop_reason",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "total_tokens",
    "duration_ms",
    "first_token_ms",
    "input_cost",
    "output_cost",
    "total_cost",
)

_PROMPTS = ("systemPrompt", "inputMessages", "outputResponse")

# Names a client submits that come back as nested resources; the older name of each is also a name.
_NAMES = {
    "organization": ("organizationName", "organizationId"),
    "product": ("productName", "productId"),
    "credential": ("credential", "credentialAlias"),
}
_FLAT = frozenset(name for alternatives in _NAMES.values() for name in alternatives)


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion that is ready to be stored.

    Attributes:
        team: The number of the team that it is metered to.
        transaction_id: The client's id of the call, or one made here.
        created_ms: When it arrived.
        idempotency_key: The key under which the client may send it again.
        columns: The values of `COLUMNS`.
        record: The log's JSON object, without the id and what the call refers to: the reader adds those.
    """

    team: int
    transaction_id: str
    created_ms: int
    idempotency_key: str | None
    columns: tuple[object, ...]
    record: str


@dataclass(frozen=True, slots=True)
class _Bill:
    """What a call costs, in whole nanodollars, and whether that could be known."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    total: int
    priced: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a call arrived.

    Attributes:
        team: The number of the team that it is metered to.
        at: When.
        idempotency_key: The key under which the client may send it again.
    """

    team: int
    at: datetime
    idempotency_key: str | None = None


def named_in(fields: Fields) -> Named:
    """Return what a call names."""
    return Named(agent=fields.get("agent"), **{name: _first(fields, flat) for name, flat in _NAMES.items()})


def complete(fields: Fields, named: Named, referred: Referred, arrival: Arrival) -> Completion:
    """Price and render checked fields."""
    if "transactionId" not in fields:
        fields["transactionId"] = f"tx_{secrets.token_hex(8)}"
    bill = _bill(fields)
    return Completion(
        team=arrival.team,
        transaction_id=fields["transactionId"],
        created_ms=to_ms(arrival.at),
        idempotency_key=arrival.idempotency_key,
        columns=_columns(fields, bill, named, referred, arrival),
        record=dumps(_record(fields, bill, arrival.at)),
    )


def _first(fields: Fields, names: tuple[str, ...]) -> str | None:
    return next((fields[name] for name in names if name in fields), None)


def _bill(fields: Fields) -> _Bill:
    """Price the call; a cost that the client states is taken as it is."""
    if fields.get("billingSkipped"):
        return _Bill(0, 0, 0, 0, 0, priced=True)
    listed = _listed_costs(fields)
    multiplier = fields.get("costMultiplier", 1)
    computed = listed or pricing.Costs()

    def part(name: str, amount: Decimal) -> int:
        stated = fields.get(name)
        return to_nano(amount * multiplier if stated is None else stated)

    parts = (
        part("inputTokenCost", computed.input),
        part("outputTokenCost", computed.output),
        part("cacheReadTokenCost", computed.cache_read),
        part("cacheCreationTokenCost", computed.cache_write),
    )
    stated_total = fields.get("totalCost")
    stated_parts = "inputTokenCost" in fields and "outputTokenCost" in fields
    return _Bill(
        *parts,
        total=sum(parts) if stated_total is None else to_nano(stated_total),
        priced=listed is not None or stated_total is not None or stated_parts,
    )


def _listed_costs(fields: Fields) -> pricing.Costs | None:
    usage = pricing.Usage(
        input=fields["inputTokenCount"],
        output=fields["outputTokenCount"],
        cache_read=fields.get("cacheReadTokenCount", 0),
        cache_write=fields.get("cacheCreationTokenCount", 0),
        cache_write_1h=fields.get("cacheCreation1hTokenCount", 0),
    )
    batch = fields.get("pricingTier") == "BATCH"
    return pricing.costs(fields["provider"], fields["model"], usage, fields["requestTime"], batch=batch)


def _columns(fields: Fields, bill: _Bill, named: Named, referred: Referred, arrival: Arrival) -> tuple[object, ...]:
    return (
        to_ms(fields["requestTime"]),
        to_ms(arrival.at),
        arrival.team,
        fields["transactionId"],
        arrival.idempotency_key,
        int(bill.priced),
        fields["provider"],
        fields["model"],
        named.agent,
        fields.get("taskType"),
        fields.get("traceId"),
        named.organization,
        referred.organization,
        named.product,
        referred.product,
        named.credential,
        referred.credential,
        fields.get("subscriberEmail"),
        fields.get("environment"),
        fields["stopReason"],
        fields["inputTokenCount"],
        fields["outputTokenCount"],
        fields.get("reasoningTokenCount", 0),
        fields.get("cacheReadTokenCount", 0),
        fields["totalTokenCount"],
        fields["requestDuration"],
        fields.get("timeToFirstToken"),
        bill.input,
        bill.output,
        bill.total,
    )


def _record(fields: Fields, bill: _Bill, now: datetime) -> dict[str, object]:
    """Build the log's record: what was sent and what follows from it; the reader adds what it refers to."""
    record: dict[str, object] = {name: fields[name] for name in fields if name not in _FLAT}
    for name in ("requestTime", "completionStartTime", "responseTime"):
        record[name] = iso(fields[name])
    record |= _derived(fields)
    record |= _costs(fields, bill)
    arrival = iso(now)
    record |= {"resourceType": "ai.completion.metric", "created": arrival, "updated": arrival}
    return record


def _derived(fields: Fields) -> dict[str, object]:
    transaction_id = fields["transactionId"]
    streamed = fields.get("isStreamed", False)
    derived: dict[str, object] = {
        "label": transaction_id,
        "spanId": transaction_id,
        "costType": fields.get("costType", "AI"),
        "completionTokenCount": fields["outputTokenCount"],
        "reasoningTokenCount": fields.get("reasoningTokenCount", 0),
        "cacheCreationTokenCount": fields.get("cacheCreationTokenCount", 0),
        "cacheReadTokenCount": fields.get("cacheReadTokenCount", 0),
        "cachedTokenCount": fields.get("cacheReadTokenCount", 0),
        "isStreamed": streamed,
        "streamed": streamed,
        "transactionCount": 1,
        "hasPromptData": any(name in fields for name in _PROMPTS),
    }
    if "parentTransactionId" in fields:
        derived["parentSpanId"] = fields["parentTransactionId"]
    if duration := fields["requestDuration"]:
        derived["tokensPerMinute"] = round(fields["totalTokenCount"] * 60_000 / duration, 3)
    return derived


def _costs(fields: Fields, bill: _Bill) -> dict[str, object]:
    costs: dict[str, object] = {
        "inputTokenCost": from_nano(bill.input),
        "outputTokenCost": from_nano(bill.output),
        "cacheReadTokenCost": from_nano(bill.cache_read),
        "cacheCreationTokenCost": from_nano(bill.cache_write),
        "totalCost": from_nano(bill.total),
        "priced": bill.priced,
    }
    if "totalCost" in fields:
        costs["clientReportedCost"] = fields["totalCost"]
    return costs
