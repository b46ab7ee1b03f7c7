"""The time a channel writes into its messages; tests pass a function of their own instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the current instant, aware UTC."""


def utc_now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)
