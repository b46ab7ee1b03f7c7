"""Reading back saved state: every field is there, numeric, finite and as long as expected."""

from __future__ import annotations

import math
from typing import Any

from detectors.base import DetectorError


def section(state: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the part of a state that belongs to one component."""
    found = state.get(name)
    if not isinstance(found, dict):
        raise DetectorError(f"saved state has no section {name!r}: rebuild from stored samples")
    return found


def number(state: dict[str, Any], name: str) -> float:
    """Return one finite number of a state."""
    return _finite(state.get(name), name)


def numbers(state: dict[str, Any], name: str, length: int | None = None, longest: int | None = None) -> list[float]:
    """Return a list of finite numbers of exactly `length`, or of at most `longest`, entries."""
    found = state.get(name)
    if not isinstance(found, list):
        raise DetectorError(f"saved state has no list {name!r}: rebuild from stored samples")
    if (length is not None and len(found) != length) or (longest is not None and len(found) > longest):
        raise DetectorError(f"saved list {name!r} has {len(found)} entries: rebuild from stored samples")
    return [_finite(one, name) for one in found]


def require_version(state: dict[str, Any], version: int) -> None:
    """Refuse a state written by another version of its detector."""
    if state.get("version") != version:
        raise DetectorError(
            f"saved state has version {state.get('version')!r}, this detector reads {version}: "
            "rebuild from stored samples"
        )


def _finite(value: object, name: str) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is int:
        return float(value)
    raise DetectorError(f"saved field {name!r} is not a finite number: rebuild from stored samples")
