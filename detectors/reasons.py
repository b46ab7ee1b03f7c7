"""The few plain words a verdict gives for itself, and the score that goes with them."""

from __future__ import annotations

import math

from detectors.spans import Evidence

BELOW_ONE = math.nextafter(1.0, 0.0)

ORDINARY = "ordinary"
TOO_LITTLE_HISTORY = "too little history to judge"


def score_of(evidence: float) -> float:
    """Squeeze evidence into [0, 1), strictly increasing up to a million billion."""
    return min(evidence / (1.0 + evidence), BELOW_ONE)


def reason_of(evidence: Evidence, *, warming_up: bool, odd: bool) -> str:
    """Name the side and the time scale of the strongest deviation, if there is anything to say."""
    if warming_up:
        return TOO_LITTLE_HISTORY
    if not odd:
        return ORDINARY
    if evidence.up >= evidence.low:
        return f"above the usual level {_duration(evidence.up_span)}"
    return f"below the usual level {_duration(evidence.low_span)}"


def _duration(span: float) -> str:
    if span <= 1.0:
        return "for this hour"
    if span < 24.0:
        return "for several hours"
    return "for a day or longer"
