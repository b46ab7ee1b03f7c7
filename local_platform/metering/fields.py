"""The fields of a metered call and what each may hold.

Fields that are not listed are accepted and left out: clients send more than the contract names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_platform.checks import Check, applied, choice, cut_text, flag, moment, number, text, whole
from local_platform.resources.fields import NAME, each

Fields = dict[str, Any]

CREDENTIAL_VALUE = "credentialValue"
"""Authenticates a caller: looked up, and never stored or shown."""

_MOST_TOKENS = 20_000_000
_MOST_MILLISECONDS = 10 * 24 * 3600 * 1000
_MOST_DOLLARS = Decimal(1_000_000)

TOKENS = whole(_MOST_TOKENS)
_FREE = text()
_DURATION = whole(_MOST_MILLISECONDS)
_DOLLARS = number(_MOST_DOLLARS)


@dataclass(frozen=True, slots=True)
class Shape:
    """What one kind of call looks like.

    Attributes:
        modality: TEXT, IMAGE, AUDIO or VIDEO.
        checks: What each field may hold.
        required: The fields that must not be absent.
    """

    modality: str
    checks: Mapping[str, Check]
    required: tuple[str, ...]


def _lowered(value: Any) -> str:
    """A string that is kept in lower case."""
    return str(NAME(value)).lower()


SHARED: Mapping[str, Check] = {
    **each(
        "transactionId model provider organizationName organizationId productName productId "
        "subscriptionId agent taskType credentialAlias subscriberEmailSource "
        "codingAssistantAccountUuid traceId parentTransactionId transactionName operationSubtype "
        "environment region modelSource modelHost systemFingerprint middlewareSource agenticJobId "
        "agenticJobName agenticJobVersion squadId squadName squadRole skillName skillSource "
        "skillKind skillPluginName skillMarketplaceName skillInvocationTrigger",
        NAME,
    ),
    **each("errorReason", _FREE),
    **each("requestTime responseTime", moment),
    **each("retryNumber errorCode", whole(1_000_000)),
    **each("requestDuration", _DURATION),
    "agentVersion": text(64),
    "agenticJobType": _lowered,
    "billingSkipped": flag,
    "costMultiplier": number(Decimal(100)),
    "costType": choice(
        "AI TEXT_TOKEN_INPUT TEXT_TOKEN_OUTPUT TEXT_TOKEN_CACHE_CREATION TEXT_TOKEN_CACHE_READ IMAGE_GENERATION "
        "AUDIO_TRANSCRIPTION AUDIO_GENERATION VIDEO_GENERATION CREDITS"
    ),
    "operationType": choice(
        "CHAT GENERATE EMBED CLASSIFY SUMMARIZE TRANSLATE OTHER TOOL_CALL RERANK SEARCH MODERATION VISION TRANSFORM "
        "GUARDRAIL AUDIO VIDEO IMAGE"
    ),
    "responseQualityScore": number(Decimal(1)),
    "ticketId": text(256),
    "totalCost": _DOLLARS,
    "traceName": cut_text(256),
    "traceType": text(128, r"[A-Za-z0-9_-]+"),
}

COMPLETION = Shape(
    modality="TEXT",
    checks={
        **SHARED,
        **each("actualServiceTier requestedServiceTier subscriptionTier", NAME),
        **each("systemPrompt inputMessages outputResponse", _FREE),
        **each(
            "inputTokenCount outputTokenCount totalTokenCount reasoningTokenCount "
            "cacheCreationTokenCount cacheReadTokenCount cacheCreation5mTokenCount "
            "cacheCreation1hTokenCount promptLength",
            TOKENS,
        ),
        **each("timeToFirstToken mediationLatency", _DURATION),
        **each("inputTokenCost outputTokenCost cacheCreationTokenCost cacheReadTokenCost", _DOLLARS),
        **each("isStreamed promptsTruncated", flag),
        **each("querySource subagentType", text(128)),
        **each("promptId clientSurface", text(64)),
        **each("effort speed", text(16)),
        "completionStartTime": moment,
        "entrypoint": text(64, r"[A-Za-z0-9._-]{1,64}"),
        "pricingTier": choice("STANDARD BATCH"),
        "skipReason": choice(
            "FREE_TIER RATE_LIMITED QUOTA_EXCEEDED CONTENT_POLICY_VIOLATION CAPACITY_UNAVAILABLE SERVICE_UNAVAILABLE"
        ),
        "stopReason": choice(
            "END END_SEQUENCE TIMEOUT TOKEN_LIMIT COST_LIMIT COMPLETION_LIMIT ERROR CANCELLED CONTENT_FILTER TOOL_CALL"
        ),
        "temperature": number(Decimal(2)),
    },
    required=(
        "model",
        "provider",
        "inputTokenCount",
        "outputTokenCount",
        "totalTokenCount",
        "requestTime",
        "completionStartTime",
        "responseTime",
        "requestDuration",
        "stopReason",
    ),
)

_SUBSCRIBER = {"id": NAME, "email": NAME}
_CREDENTIAL = {"name": NAME, "value": text(4096)}


class InvalidFieldsError(Exception):
    """A call that cannot be taken.

    Attributes:
        details: The complaint about each field.
    """

    def __init__(self, details: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {complaint}" for name, complaint in details.items()))
        self.details = details


def checked(body: object, shape: Shape = COMPLETION) -> Fields:
    """Return the known fields of a call's body, normalised; null and blank count as absent.

    Raises:
        InvalidFieldsError: A required field is absent, or a field holds what it may not.
    """
    if not isinstance(body, dict):
        raise InvalidFieldsError({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(shape.checks, body, complaints)
    for name in shape.required:
        if name not in fields and name not in complaints:
            complaints[name] = "must not be null or blank"
    fields.update(_subscriber(body.get("subscriber"), complaints))
    if complaints:
        raise InvalidFieldsError(complaints)
    return fields


def _subscriber(value: object, complaints: dict[str, str]) -> dict[str, str]:
    """Flatten who called."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        complaints["subscriber"] = "must be an object"
        return {}
    person = applied(_SUBSCRIBER, value, complaints, "subscriber.")
    credential = value.get("credential") or {}
    if not isinstance(credential, dict):
        complaints["subscriber.credential"] = "must be an object"
        return {}
    key = applied(_CREDENTIAL, credential, complaints, "subscriber.credential.")
    named = {
        "subscriberId": person.get("id"),
        "subscriberEmail": person.get("email"),
        "credential": key.get("name"),
        CREDENTIAL_VALUE: key.get("value"),
    }
    return {name: value for name, value in named.items() if value is not None}
