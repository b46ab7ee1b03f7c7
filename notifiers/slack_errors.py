"""What each of Slack's refusals means for the destination."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from notifiers.base import DeliveryError, FailureClass

# The one table of error names, for the Web API and for incoming webhooks alike.
_NAMES: Mapping[FailureClass, str] = {
    FailureClass.RATE_LIMITED: "ratelimited rate_limited",
    FailureClass.TRANSIENT: """
        fatal_error internal_error request_timeout rollup_error service_unavailable
        team_added_to_org
    """,
    FailureClass.DESTINATION: """
        access_denied account_inactive action_prohibited channel_is_archived channel_not_found
        ekm_access_denied enterprise_is_restricted invalid_auth invalid_token is_archived
        message_limit_exceeded missing_scope no_active_hooks no_permission no_service no_team
        not_allowed_token_type not_authed not_in_channel org_login_required
        posting_to_general_channel_denied restricted_action
        restricted_action_non_threadable_channel restricted_action_read_only_channel
        restricted_action_thread_only_channel team_access_not_granted team_disabled
        token_expired token_revoked user_not_found
    """,
    FailureClass.PERMANENT: """
        as_user_not_supported cannot_reply_to_message duplicate_message_not_found invalid_arguments
        invalid_blocks invalid_blocks_format invalid_metadata_format invalid_metadata_schema
        invalid_payload message_not_found metadata_must_be_sent_from_app metadata_too_large
        msg_blocks_too_long msg_too_long no_text thread_not_found too_many_attachments
    """,
}

CLASS_BY_NAME: Mapping[str, FailureClass] = {
    name: failure for failure, names in _NAMES.items() for name in names.split()
}

TOO_LARGE = frozenset(
    {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format"}
    | {"metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema"}
)
"""Refusals of the form of a message; short plain text may still pass."""

LOST_THREAD = frozenset(
    {"cannot_reply_to_message", "channel_not_found", "is_archived", "message_not_found"}
    | {"not_in_channel", "thread_not_found"}
)
"""Refusals of a reply after which the message may still be posted anew."""

# Slack says of these that parts of the request may have taken effect.
_MAYBE_DONE = frozenset({"fatal_error", "internal_error", "http_502", "http_504"})

_LONGEST_PAUSE = 86_400.0
_NAME = re.compile(r"[a-z][a-z0-9_]{1,60}")


def answer_error(name: str | None, *, status: int, headers: Mapping[str, str], now: datetime) -> DeliveryError:
    """The error for an answer that is not a success.

    Args:
        name: Slack's word for the error, or None if the answer held none.
        status: The HTTP status.
        headers: The answer's headers.
        now: The current instant, to turn a date in Retry-After into seconds.
    """
    named = bool(name and _NAME.fullmatch(name))
    if not named and status < 300:
        return unreadable_answer()
    reason = name if name and named else f"http_{status}"
    failure = _failure_class(reason, status)
    return DeliveryError(
        f"Slack answered {reason} (HTTP {status}). {_REMEDIES[failure]}",
        failure=failure,
        reason="rate_limited" if failure is FailureClass.RATE_LIMITED else reason,
        retry_after=retry_after_seconds(headers, now=now),
        ambiguous=reason in _MAYBE_DONE,
    )


def unreadable_answer() -> DeliveryError:
    """The error for an answer that cannot be understood; the message may have been accepted."""
    return DeliveryError(
        "Slack's answer could not be understood. A proxy may stand between; trying again.",
        failure=FailureClass.TRANSIENT,
        reason="unreadable_answer",
        ambiguous=True,
    )


def retry_after_seconds(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """The pause that Retry-After asks for, given as seconds or as a date; at most one day."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        # The server's own Date is the better reference: our clock may be off.
        reference = _http_date(headers.get("Date", "")) or now
        moment = _http_date(value)
        if moment is None:
            return None
        seconds = (moment - reference).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_PAUSE) if math.isfinite(seconds) else None


_REMEDIES: Mapping[FailureClass, str] = {
    FailureClass.RATE_LIMITED: "Pausing as long as it asks.",
    FailureClass.TRANSIENT: "Trying again later.",
    FailureClass.DESTINATION: "Check the token or webhook, its scopes, and the channel.",
    FailureClass.PERMANENT: "This message will not be accepted as it is.",
}


def _failure_class(reason: str, status: int) -> FailureClass:
    if status == 429:
        return FailureClass.RATE_LIMITED
    if known := CLASS_BY_NAME.get(reason):
        return known
    if status in {401, 403, 404, 410}:
        # A webhook that is gone answers so: every message would fail, not only this one.
        return FailureClass.DESTINATION
    if status in {400, 413, 422}:
        return FailureClass.PERMANENT
    # An unknown name is more likely a new kind of outage than a fault of this one message.
    return FailureClass.TRANSIENT


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
