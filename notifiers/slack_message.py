"""A notification as Slack is told it; pure.

Slack refuses messages over a total that it does not document, so the builder keeps to a budget
well below: at most 20 blocks and 8,000 characters. Whatever came from data is written so that it
cannot mention anyone, become a link or change the formatting around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from notifiers.base import Notification
from notifiers.hosts import LONGEST_LINK
from notifiers.text import (
    DEMO_NOTICE,
    clean,
    instant,
    late_note,
    status_words,
    tidy,
    truncate,
)

EVENT_TYPE = "revenium_monitor_alert"
MAX_BLOCKS = 20
MAX_CHARACTERS = 8000
MAX_HEADER = 150

_LONGEST_ID = 255

# Slack reads these as formatting; the look-alikes read the same and do nothing.
_MARKS = str.maketrans(
    {
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
    }
)
_LOW_MACRON = "\N{MODIFIER LETTER LOW MACRON}"
_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Header blocks are not markup, but how entities fare in them is not documented.
_ANGLES = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    }
)

Block = dict[str, Any]


def slack_payload(notification: Notification, *, now: datetime) -> dict[str, Any]:
    """The message with blocks, a readable `text` beside them, and metadata to find it again."""
    told = tidy(notification)
    blocks = [
        _header(told),
        *([_context(f"*{DEMO_NOTICE}*")] if told.demo else []),
        _section(escape(told.summary, 1200)),
        *([_facts(told)] if told.facts else []),
        *([_section(_causes(told))] if told.causes else []),
        *([_section(f"*Next step:* {escape(told.next_step, 400)}")] if told.next_step else []),
        _context(_footer(told, now)),
    ]
    return {"text": _fallback(told, now), "blocks": blocks, **_envelope(told)}


def slack_plain_payload(notification: Notification, *, now: datetime) -> dict[str, Any]:
    """The same message as short plain text, for when Slack refuses the blocks."""
    told = tidy(notification)
    lines = [_fallback(told, now), escape(told.next_step, 400), _link(told) or ""]
    return {"text": "\n".join(line for line in lines if line), **_envelope(told)}


def delivered_at(messages: Iterable[Mapping[str, Any]], notification: Notification) -> str | None:
    """The timestamp of the message among Slack's `messages` that carries this delivery, if one does."""
    wanted = _metadata(notification)
    return next((str(message["ts"]) for message in messages if message.get("metadata") == wanted), None)


def escape(text: str, limit: int) -> str:
    """`text` for a mrkdwn object: nothing in it acts, and it takes at most `limit` characters."""
    harmless = _EDGE_UNDERSCORE.sub(_LOW_MACRON, text.translate(_MARKS))
    written = "".join(_ENTITIES.get(char, char) for char in harmless)
    if len(written) <= limit:
        return written
    return _fill(harmless, limit - 1).rstrip() + "…"


def _fill(text: str, room: int) -> str:
    """As many whole characters as fit once escaped; an entity is never cut in two."""
    pieces: list[str] = []
    for char in text:
        piece = _ENTITIES.get(char, char)
        room -= len(piece)
        if room < 0:
            break
        pieces.append(piece)
    return "".join(pieces)


def _header(told: Notification) -> Block:
    title = told.title.translate(_ANGLES)
    words = f"{status_words(told)}: {title}"
    text = {"type": "plain_text", "text": truncate(words, MAX_HEADER), "emoji": False}
    return {"type": "header", "text": text}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Block:
    # verbatim: a bare domain or channel name in the data stays plain text.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _facts(told: Notification) -> Block:
    fields = [_mrkdwn(f"*{escape(label, 60)}*\n{escape(value, 300)}") for label, value in told.facts]
    return {"type": "section", "fields": fields}


def _causes(told: Notification) -> str:
    return "\n".join(["*Largest contributors*", *(f"• {escape(c, 150)}" for c in told.causes)])


def _footer(told: Notification, now: datetime) -> str:
    # Slack shows the time in each reader's own zone; the words behind the bar are for the rest.
    stamp = int(told.event_time.timestamp())
    moment = f"<!date^{stamp}^{{date_short_pretty}} at {{time}}|{instant(told.event_time)}>"
    late = late_note(told.event_time, told.created_at, now=now)
    return "  ·  ".join(part for part in (moment, late and f"*{late}*", _link(told)) if part)


def _link(told: Notification) -> str | None:
    written = told.url.replace("&", "&amp;") if told.url else ""
    return f"<{written}|Full details>" if 0 < len(written) <= LONGEST_LINK else None


def _fallback(told: Notification, now: datetime) -> str:
    late = late_note(told.event_time, told.created_at, now=now)
    notes = f"{DEMO_NOTICE} " if told.demo else ""
    headline = f"{status_words(told)}: {told.title}. {told.summary}"
    return notes + escape(headline, 500) + (f" ({late})" if late else "")


def _envelope(told: Notification) -> dict[str, Any]:
    """What goes with every message: no previews of links, and the ids for reconciling."""
    return {
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": _metadata(told),
    }


def _metadata(notification: Notification) -> Block:
    return {
        "event_type": EVENT_TYPE,
        "event_payload": {
            "delivery_id": truncate(clean(notification.delivery_id), _LONGEST_ID),
            "alert_id": truncate(clean(notification.alert_id), _LONGEST_ID),
            "sequence": notification.sequence,
        },
    }
