"""How amounts and entities read in the sentences of the analysis and of the explanation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

SMALLEST_SHOWN = 0.0001
"""Below it an amount would read as nothing."""

EVEN = 100.0
"""Factors from here on are told without a fraction."""

SPECIAL_NAMES = {"api_key": "API key", "task_type": "task"}


def dollars(amount: float | Decimal) -> str:
    """Return an amount as people write it; small ones keep their digits."""
    size = abs(float(amount))
    sign = "-" if amount < 0 else ""
    if 0 < size < SMALLEST_SHOWN:
        return f"less than ${SMALLEST_SHOWN}"
    if 0 < size < 0.01:
        return f"{sign}${size:.4f}"
    return f"{sign}${size:,.2f}"


def factor(ratio: float) -> str:
    """Return how many times; tenths are of interest only in small numbers."""
    return f"{ratio:,.1f}" if ratio < EVEN else f"{ratio:,.0f}"


def entity(dimension: str, name: str) -> str:
    """Return an entity with its kind before it, such as ``agent research-agent``."""
    return f"{SPECIAL_NAMES.get(dimension, dimension.replace('_', ' '))} {name}"


def joined(parts: Sequence[str]) -> str:
    """Return a list as a sentence has it: commas, and an "and" before the last."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def capitalized(sentence: str) -> str:
    """Return a sentence with a capital at its head and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
