"""From a metered body to what is stored: priced, in columns for queries and as the log's record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from local_platform.metering.bill import Bill, bill_of
from local_platform.metering.fields import COMPLETION, CREDENTIAL_VALUE, Fields
from local_platform.metering.names import Referred
from local_platform.metering.naming import Named
from local_platform.metering.overrides import NO_OVERRIDE, key_of
from local_platform.wire import dumps, from_nano, iso, to_ms

COLUMNS = (
    *("request_ms", "created_ms", "team", "transaction_id", "idempotency_key", "priced", "modality"),
    *("provider", "model", "agent", "task_type", "trace_id", "job"),
    *("organization", "organization_id", "product", "product_id", "credential", "credential_id", "subscription_id"),
    *("subscriber", "subscriber_email", "environment", "stop_reason", "failed", "quality"),
    *("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_creation_tokens", "total_tokens"),
    *("images", "media_ms", "characters", "credits", "duration_ms", "first_token_ms"),
    *("input_cost", "output_cost", "total_cost"),
)

_PROMPTS = ("systemPrompt", "inputMessages", "outputResponse")

# Names come back as nested resources; what authenticates a caller never does.
_NOT_IN_RECORD = frozenset(
    {
        *("organizationName", "organizationId", "productName", "productId", "credential", "credentialAlias"),
        CREDENTIAL_VALUE,
    }
)


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
    given = fields.get
    return Named(
        organization=given("organizationName"),
        organization_id=given("organizationId"),
        product=given("productName"),
        product_id=given("productId"),
        agent=given("agent"),
        credential=given("credential") or given("credentialAlias"),
        credential_value=given(CREDENTIAL_VALUE),
        subscriber=given("subscriberEmail"),
        subscriber_id=given("subscriberId"),
        subscription=given("subscriptionId"),
    )


def complete(
    fields: Fields, named: Named, referred: Referred, arrival: Arrival, modality: str = COMPLETION.modality
) -> Completion:
    """Price and render checked fields."""
    if "transactionId" not in fields:
        fields["transactionId"] = f"tx_{secrets.token_hex(8)}"
    own = (
        referred.prices.get(key_of(fields["provider"], fields["model"]), NO_OVERRIDE)
        if referred.prices
        else NO_OVERRIDE
    )
    bill = bill_of(fields, modality, own)
    return Completion(
        team=arrival.team,
        transaction_id=fields["transactionId"],
        created_ms=to_ms(arrival.at),
        idempotency_key=arrival.idempotency_key,
        columns=_columns(fields, bill, named, referred, arrival, modality),
        record=dumps(_record(fields, bill, arrival.at, modality)),
    )


def _columns(
    fields: Fields, bill: Bill, named: Named, referred: Referred, arrival: Arrival, modality: str
) -> tuple[object, ...]:
    given = fields.get
    quality = given("responseQualityScore")
    return (
        to_ms(fields["requestTime"]),
        to_ms(arrival.at),
        arrival.team,
        fields["transactionId"],
        arrival.idempotency_key,
        int(bill.priced),
        modality,
        fields["provider"],
        fields["model"],
        named.agent,
        given("taskType"),
        given("traceId"),
        given("agenticJobId"),
        named.organization or named.organization_id,
        referred.organization,
        named.product or named.product_id,
        referred.product,
        named.credential,
        referred.credential,
        referred.subscription,
        _caller(named),
        named.subscriber,
        given("environment"),
        given("stopReason"),
        int(_failed(fields)),
        None if quality is None else float(quality),
        _input_tokens(fields),
        _output_tokens(fields),
        given("reasoningTokenCount", 0),
        given("cacheReadTokenCount", 0),
        given("cacheCreationTokenCount", 0),
        _total_tokens(fields),
        given("actualImageCount", 0),
        int(given("durationSeconds", 0) * 1000),
        given("characterCount", 0),
        float(given("creditsConsumed", 0)),
        fields["requestDuration"],
        given("timeToFirstToken"),
        bill.input,
        bill.output,
        bill.total,
    )


def _caller(named: Named) -> str | None:
    """Return who called as rules tell people apart: by id as it was sent, else by address in lower case."""
    return (named.subscriber_id or "").strip() or (named.subscriber or "").strip().lower() or None


def _failed(fields: Fields) -> bool:
    return fields.get("stopReason") == "ERROR" or fields.get("completionStatus") == "FAILED" or "errorReason" in fields


def _input_tokens(fields: Fields) -> int:
    return int(fields.get("inputTokenCount", 0) + fields.get("inputAudioTokenCount", 0))


def _output_tokens(fields: Fields) -> int:
    return int(fields.get("outputTokenCount", 0) + fields.get("outputAudioTokenCount", 0))


def _total_tokens(fields: Fields) -> int:
    """Return all tokens; those who meter media seldom add them up."""
    return int(fields.get("totalTokenCount") or _input_tokens(fields) + _output_tokens(fields))


def _record(fields: Fields, bill: Bill, now: datetime, modality: str) -> dict[str, object]:
    """Build the log's record: what was sent and what follows from it; the reader adds what it refers to."""
    record: dict[str, object] = {name: fields[name] for name in fields if name not in _NOT_IN_RECORD}
    for name in ("requestTime", "completionStartTime", "responseTime"):
        if name in fields:
            record[name] = iso(fields[name])
    record |= _derived(fields)
    record |= _costs(fields, bill)
    arrival = iso(now)
    record |= {"resourceType": "ai.completion.metric", "modality": modality, "created": arrival, "updated": arrival}
    return record


def _derived(fields: Fields) -> dict[str, object]:
    transaction_id = fields["transactionId"]
    streamed = fields.get("isStreamed", False)
    total = _total_tokens(fields)
    derived: dict[str, object] = {
        "label": transaction_id,
        "spanId": transaction_id,
        "costType": fields.get("costType", "AI"),
        "inputTokenCount": _input_tokens(fields),
        "outputTokenCount": _output_tokens(fields),
        "completionTokenCount": _output_tokens(fields),
        "totalTokenCount": total,
        "reasoningTokenCount": fields.get("reasoningTokenCount", 0),
        "cacheCreationTokenCount": fields.get("cacheCreationTokenCount", 0),
        "cacheReadTokenCount": fields.get("cacheReadTokenCount", 0),
        "cachedTokenCount": fields.get("cacheReadTokenCount", 0),
        "isStreamed": streamed,
        "streamed": streamed,
        "transactionCount": 1,
        "hasPromptData": not fields.keys().isdisjoint(_PROMPTS),
    }
    if "parentTransactionId" in fields:
        derived["parentSpanId"] = fields["parentTransactionId"]
    if duration := fields["requestDuration"]:
        derived["tokensPerMinute"] = round(total * 60_000 / duration, 3)
    return derived


def _costs(fields: Fields, bill: Bill) -> dict[str, object]:
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
