"""What was metered, what tools were used, and what the platform says of its own doings."""

from __future__ import annotations

from daemon.client.api import Api
from daemon.client.collection import Listing, Spec
from daemon.client.payloads.agents import ToolCall
from daemon.client.payloads.base import Resource
from daemon.client.payloads.log import LogEntry, LoggedCall

_RANGES = (
    "timeToFirstToken requestDuration mediationLatency inputTokenCount outputTokenCount reasoningTokenCount "
    "cachedTokenCount totalTokenCount inputTokenCost outputTokenCost totalCost temperature responseQualityScore"
)
_NAMES = (
    "query startDate endDate transactionId transactionIds traceId traceType traceName organizationName subscriberEmail "
    "subscriberId subscriptionId productId agent provider model modelSource taskType stopReason errorReason "
    "credentialName systemFingerprint environment includeCodingAssistants includeCodingAssistantProviders"
)
CALL_FILTERS = frozenset({*_NAMES.split(), *(f"{name}{end}" for name in _RANGES.split() for end in ("Min", "Max"))})
DATES = frozenset({"startDate", "endDate"})

CALLS = Spec("/sources/metrics/ai/completions", LoggedCall, CALL_FILTERS)
TOOL_CALLS = Spec(
    "/sources/metrics/tool/events",
    ToolCall,
    DATES
    | {"query", "toolId", "toolName", "toolType", "operation", "transactionId", "productId", "chargeMin", "chargeMax"},
)


class Log:
    """The transactions log, one listing for each kind of usage."""

    def __init__(self, api: Api) -> None:
        self.calls: Listing[LoggedCall] = Listing(api, CALLS)
        self.tools: Listing[ToolCall] = Listing(api, TOOL_CALLS)
        self.all = _undocumented(api, "ai")
        self.audio = _undocumented(api, "ai/audio")
        self.images = _undocumented(api, "ai/images")
        self.video = _undocumented(api, "ai/video")
        self.traces = _undocumented(api, "ai/traces")
        self.apis = _undocumented(api, "apis")


def _undocumented(api: Api, path: str) -> Listing[Resource]:
    return Listing(api, Spec(f"/sources/metrics/{path}", Resource, DATES))


class SystemLog:
    """What the platform did or failed to do: by itself, and with the systems that it is connected to."""

    def __init__(self, api: Api) -> None:
        self.internal = Listing(api, Spec("/logs/system/internal", LogEntry, frozenset()))
        self.external = Listing(api, Spec("/logs/system/external", LogEntry, frozenset()))
