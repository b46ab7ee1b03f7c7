"""The fields of metered images, audio and video."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from local_platform.checks import Check, choice, flag, number, whole
from local_platform.metering.fields import SHARED, TOKENS, Shape
from local_platform.resources.fields import NAME, each

_REQUIRED = ("model", "provider", "requestTime", "responseTime", "requestDuration")
_MANY = whole(1_000_000)
_SECONDS = number(Decimal(10 * 24 * 3600))
_CREDITS = number(Decimal(1_000_000))

_MEDIA: Mapping[str, Check] = {
    **SHARED,
    **each("resolution aspectRatio quality style format sourceTransactionId priorityTier", NAME),
    "billingUnit": choice("PER_IMAGE PER_MINUTE PER_SECOND PER_CHARACTER PER_TOKEN CREDITS"),
    "skipReason": choice("FREE_TIER RATE_LIMITED ERROR_RESPONSE INTERNAL_TEST"),
}

IMAGE = Shape(
    modality="IMAGE",
    checks={
        **_MEDIA,
        **each("requestedImageCount actualImageCount", _MANY),
        **each("revisedPromptProvided sourceImageProvided", flag),
        **each("inputTokenCount outputTokenCount totalTokenCount", TOKENS),
        "creditsConsumed": _CREDITS,
        "creditRate": _CREDITS,
    },
    required=(*_REQUIRED, "actualImageCount"),
)

AUDIO = Shape(
    modality="AUDIO",
    checks={
        **_MEDIA,
        **each("language voice audioFormat responseFormat sourceLanguage targetLanguage", NAME),
        **each("inputAudioTokenCount outputAudioTokenCount inputTokenCount outputTokenCount totalTokenCount", TOKENS),
        "durationSeconds": _SECONDS,
        "characterCount": whole(100_000_000),
        "speed": number(Decimal(100)),
        "sampleRate": _MANY,
        "isRealtime": flag,
    },
    required=_REQUIRED,
)

VIDEO = Shape(
    modality="VIDEO",
    checks={
        **_MEDIA,
        **each("durationSeconds requestedDurationSeconds", _SECONDS),
        **each("creditsConsumed creditRate", _CREDITS),
        **each("inputTokenCount outputTokenCount totalTokenCount", TOKENS),
        "fps": number(Decimal(1000)),
        "videoJobId": NAME,
        "asyncOperation": flag,
        "completionStatus": choice("SUCCESS PARTIAL_TIMEOUT FAILED"),
    },
    required=_REQUIRED,
)

SHAPES = {"images": IMAGE, "audio": AUDIO, "video": VIDEO}
"""The shapes by the last word of their paths."""
