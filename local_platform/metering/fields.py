"""The fields of a metered completion and what each may hold.

Fields that are not listed are accepted and left out: clients send more than the contract names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from local_platform.wire import parse_moment

# Takes a value that is neither null nor blank and returns it normalised, or raises ComplaintError.
Check = Callable[[Any], Any]

_NAME_LENGTH = 255
_MOST_TOKENS = 20_000_000
_MOST_MILLISECONDS = 10 * 24 * 3600 * 1000
_MOST_DOLLARS = Decimal(1_000_000)


class ComplaintError(Exception):
    """What is wrong with one value."""


def text(longest: int | None = None, pattern: str | None = None) -> Check:
    """A string, with the given limits."""
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ComplaintError("must be a string")
        if longest is not None and len(value) > longest:
            raise ComplaintError(f"size must be between 0 and {longest}")
        if compiled and not compiled.fullmatch(value):
            raise ComplaintError(f'must match "{pattern}"')
        # A lone surrogate is legal JSON but cannot be stored.
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ComplaintError("must be valid Unicode text")
        return value

    return check


def cut_text(longest: int) -> Check:
    """A string of which only the beginning is kept."""
    check = text()
    return lambda value: check(value)[:longest]


def lowered(value: Any) -> str:
    """A string that is kept in lower case."""
    return str(_NAME(value)).lower()


def whole(most: int) -> Check:
    """An integer from 0."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ComplaintError("must be an integer")
        # The range comes first: whether 1e999 is whole cannot be computed.
        if not 0 <= value <= most:
            raise ComplaintError(f"must be between 0 and {most}")
        if value != int(value):
            raise ComplaintError("must be an integer")
        return int(value)

    return check


def number(most: Decimal) -> Check:
    """A number from 0, kept exactly."""

    def check(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ComplaintError("must be a number")
        if not 0 <= value <= most:
            raise ComplaintError(f"must be between 0 and {most}")
        return Decimal(value)

    return check


def choice(words: str) -> Check:
    """One of the given words."""
    known = frozenset(words.split())

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ComplaintError(f"must be one of {', '.join(sorted(known))}")
        return value

    return check


def flag(value: Any) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise ComplaintError("must be true or false")
    return value


def moment(value: Any) -> datetime:
    """An ISO-8601 moment with its offset."""
    try:
        return parse_moment(value)
    except (TypeError, ValueError, OverflowError):
        raise ComplaintError("must be an ISO-8601 moment with an offset, such as 2026-01-31T10:15:30.000Z") from None


_NAME = text(_NAME_LENGTH)
_FREE = text()
_TOKENS = whole(_MOST_TOKENS)
_DURATION = whole(_MOST_MILLISECONDS)
_DOLLARS = number(_MOST_DOLLARS)


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
    "agenticJobType": lowered,
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


def checked(body: object) -> dict[str, Any]:
    """Return the known fields of a completion body, normalised; null and blank count as absent.

    Raises:
        InvalidFieldsError: A required field is absent, or a field holds what it may not.
    """
    if not isinstance(body, dict):
        raise InvalidFieldsError({"error": "must be a JSON object"})
    complaints: dict[str, str] = {}
    fields = _apply(CHECKS, body, "", complaints)
    for name in REQUIRED:
        if name not in fields and name not in complaints:
            complaints[name] = "must not be null or blank"
    fields.update(_subscriber(body.get("subscriber"), complaints))
    if complaints:
        raise InvalidFieldsError(complaints)
    return fields


def _apply(
    checks: Mapping[str, Check], body: Mapping[str, Any], prefix: str, complaints: dict[str, str]
) -> dict[str, Any]:
    fields = {}
    for name, value in body.items():
        check = checks.get(name)
        if check is None or value is None or value == "":
            continue
        try:
            fields[name] = check(value)
        except ComplaintError as complaint:
            complaints[prefix + name] = str(complaint)
    return fields


def _subscriber(value: object, complaints: dict[str, str]) -> dict[str, str]:
    """Flatten who called; the credential's secret value is dropped here and stored nowhere."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        complaints["subscriber"] = "must be an object"
        return {}
    person = _apply(_SUBSCRIBER, value, "subscriber.", complaints)
    credential = value.get("credential") or {}
    if not isinstance(credential, dict):
        complaints["subscriber.credential"] = "must be an object"
        return {}
    key = _apply(_CREDENTIAL, credential, "subscriber.credential.", complaints)
    named = {
        "subscriberId": person.get("id"),
        "subscriberEmail": person.get("email"),
        "credential": key.get("name"),
    }
    return {name: value for name, value in named.items() if value is not None}
