"""The fields of a metered completion and what each may hold.

Fields that are not listed are accepted and left out: clients send more than the contract names.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local_platform.checks import Check, applied, choice, cut_text, flag, moment, number, text, whole

Fields = dict[str, Any]

_MOST_TOKENS = 20_000_000
_MOST_MILLISECONDS = 10 * 24 * 3600 * 1000
_MOST_DOLLARS = Decimal(1_000_000)

_NAME = text(255)
_FREE = text()
_TOKENS = whole(_MOST_TOKENS)
_DURATION = whole(_MOST_MILLISECONDS)
_DOLLARS = number(_MOST_DOLLARS)


def _lowered(value: Any) -> str:
    """A string that is kept in lower case."""
    return str(_NAME(value)).lower()


def _all(check: Check, names: str) -> dict[str, Check]:
    return dict.fromkeys(names.split(), check)


REQUIRED = (
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
)

CHECKS: Mapping[str, Check] = {
    **_all(
        _NAME,
        "transactionId model provider organizationName organizationId productName productId "
        "subscriptionId agent taskType credentialAlias subscriberEmailSource "
        "codingAssistantAccountUuid traceId parentTransactionId transactionName operationSubtype "
        "environment region modelSource modelHost systemFingerprint middlewareSource agenticJobId "
        "agenticJobName agenticJobVersion squadId squadName squadRole skillName skillSource "
        "skillKind skillPluginName skillMarketplaceName skillInvocationTrigger actualServiceTier "
        "requestedServiceTier subscriptionTier",
    ),
    **_all(_FREE, "systemPrompt inputMessages outputResponse errorReason"),
    **_all(
        _TOKENS,
        "inputTokenCount outputTokenCount totalTokenCount reasoningTokenCount "
        "cacheCreationTokenCount cacheReadTokenCount cacheCreation5mTokenCount "
        "cacheCreation1hTokenCount promptLength",
    ),
    **_all(_DURATION, "requestDuration timeToFirstToken mediationLatency"),
    **_all(
        _DOLLARS,
        "inputTokenCost outputTokenCost cacheCreationTokenCost cacheReadTokenCost totalCost",
    ),
    **_all(moment, "requestTime completionStartTime responseTime"),
    **_all(flag, "isStreamed billingSkipped promptsTruncated"),
    **_all(whole(1_000_000), "retryNumber errorCode"),
    **_all(text(128), "querySource subagentType"),
    **_all(text(64), "agentVersion promptId clientSurface"),
    **_all(text(16), "effort speed"),
    "agenticJobType": _lowered,
    "costMultiplier": number(Decimal(100)),
    "costType": choice(
        "AI TEXT_TOKEN_INPUT TEXT_TOKEN_OUTPUT TEXT_TOKEN_CACHE_CREATION TEXT_TOKEN_CACHE_READ IMAGE_GENERATION "
        "AUDIO_TRANSCRIPTION AUDIO_GENERATION VIDEO_GENERATION CREDITS"
    ),
    "entrypoint": text(64, r"[A-Za-z0-9._-]{1,64}"),
    "operationType": choice(
        "CHAT GENERATE EMBED CLASSIFY SUMMARIZE TRANSLATE OTHER TOOL_CALL RERANK SEARCH MODERATION VISION TRANSFORM "
        "GUARDRAIL AUDIO VIDEO IMAGE"
    ),
    "pricingTier": choice("STANDARD BATCH"),
    "responseQualityScore": number(Decimal(1)),
    "skipReason": choice(
        "FREE_TIER RATE_LIMITED QUOTA_EXCEEDED CONTENT_POLICY_VIOLATION CAPACITY_UNAVAILABLE SERVICE_UNAVAILABLE"
    ),
    "stopReason": choice(
        "END END_SEQUENCE TIMEOUT TOKEN_LIMIT COST_LIMIT COMPLETION_LIMIT ERROR CANCELLED CONTENT_FILTER TOOL_CALL"
    ),
    "temperature": number(Decimal(2)),
    "ticketId": text(256),
    "traceName": cut_text(256),
    "traceType": text(128, r"[A-Za-z0-9_-]+"),
}

_SUBSCRIBER = {"id": _NAME, "email": _NAME}
_CREDENTIAL = {"name": _NAME}


class InvalidFieldsError(Exception):
    """A completion that cannot be taken.

    Attributes:
        details: The complaint about each field.
    """

    def __init__(self, details: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {complaint}" for name, complaint in details.items()))
        self.details = details


def checked(body: object) -> Fields:
    """Return the known fields of a completion body, normalised; null and blank count as absent.

    Raises:
        InvalidFieldsError: A required field is absent, or a field holds what it may not.
    """
    if not isinstance(body, dict):
        raise InvalidFieldsError({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = applied(CHECKS, body, complaints)
    for name in REQUIRED:
        if name not in fields and name not in complaints:
            complaints[name] = "must not be null or blank"
    fields.update(_subscriber(body.get("subscriber"), complaints))
    if complaints:
        raise InvalidFieldsError(complaints)
    return fields


def _subscriber(value: object, complaints: dict[str, str]) -> dict[str, str]:
    """Flatten who called; the credential's secret value is dropped here and stored nowhere."""
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
    }
    return {name: value for name, value in named.items() if value is not None}
