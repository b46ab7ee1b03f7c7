"""A notification as plain text that stands alone: in a mail's text part and on a terminal; pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from notifiers.base import Notification
from notifiers.text import DEMO_NOTICE, instant, late_note, status_words

WIDTH = 76


def plain_lines(told: Notification, *, now: datetime) -> list[str]:
    """The lines of a tidy notification, at most `WIDTH` columns wide but for a link.

    Args:
        told: The notification after `tidy`.
        now: The current instant, to say how late the message is.
    """
    return [
        *_wrapped(f"{status_words(told).upper()}: {told.title}"),
        *(_wrapped(DEMO_NOTICE) if told.demo else []),
        *_wrapped(told.summary),
        *(["", *_facts(told)] if told.facts else []),
        *(["", "Largest contributors:", *_causes(told)] if told.causes else []),
        *(["", *_wrapped(f"Next step: {told.next_step}")] if told.next_step else []),
        "",
        *([f"Full details: {told.url}"] if told.url else []),
        *_wrapped(moment_words(told, now=now)),
    ]


def moment_words(told: Notification, *, now: datetime) -> str:
    """When it happened, and how late this is told: "2026-03-01 12:00 UTC, sent 14 minutes late"."""
    late = late_note(told.event_time, told.created_at, now=now)
    return ", ".join(part for part in (instant(told.event_time), late) if part)


def _facts(told: Notification) -> Iterator[str]:
    column = min(max(len(label) for label, _ in told.facts), 24)
    for label, value in told.facts:
        yield from _wrapped(f"{label:<{column}}  {value}", indent="  ", hanging=" " * (column + 4))


def _causes(told: Notification) -> Iterator[str]:
    for cause in told.causes:
        yield from _wrapped(cause, indent="  - ", hanging="    ")


def _wrapped(text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_on_hyphens=False,
    )
