"""Checks that many kinds share, for what lies inside a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local_platform.checks import Check, ComplaintError, applied, text

MASK = "********"
"""What is shown in place of a secret."""

CURRENCIES = "USD EUR CAD GBP JPY CNY MXN COP ARS ZMW AUD ZWG"
PLAN_PERIODS = "DAY MONTH YEAR TEST_MINUTE TEST_MINUTE_WITH_SYNTHETIC_METERING NONE"

NAME = text(255)
FREE = text(100_000)


def each(names: str, check: Check) -> dict[str, Check]:
    """Give several fields the same check."""
    return dict.fromkeys(names.split(), check)


def secret(value: Any) -> str:
    """A text of which is kept only that there is one: nothing here needs it, so nothing can give it away."""
    NAME(value)
    return MASK


def record(checks: Mapping[str, Check], required: Iterable[str] = ()) -> Check:
    """An object with fields of its own; fields without a check are left out."""
    needed = tuple(required)

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ComplaintError("must be an object")
        complaints: dict[str, str] = {}
        fields = applied(checks, value, complaints)
        missing = {name: "must not be null or blank" for name in needed if name not in fields}
        if complaints := missing | complaints:
            raise ComplaintError("; ".join(f"{name} {complaint}" for name, complaint in complaints.items()))
        return fields

    return check
