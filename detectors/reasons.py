"""The few plain words a verdict gives for itself, and the score that goes with them."""

from __future__ import annotations

import math

from detectors.spans import Evidence

BELOW_ONE = math.nextafter(1.0, 0.0)

ORDINARY = "ordinary"
TOO_LITTLE_HISTORY = "too little history to judge"
RESTLESS = "unusual, but no more than the alarm before"


def score_of(evidence: float) -> float:
    """Squeeze evidence into [0, 1), strictly increasing up to a million billion."""
    return min(evidence / (1.0 + evidence), BELOW_ONE)


def evidence_of(score: float) -> float:
    """Return the evidence that a score was squeezed from."""
    return score / (1.0 - score)


def reason_of(evidence: Evidence, *, above: bool, below: bool) -> str:
    """Name the side and the time scale of the stronger of the sides that are an anomaly."""
    if not (above or below):
        return ORDINARY
    if above and not (below and evidence.low > evidence.up):
        return f"above the usual level {_duration(evidence.up_span)}"
    return f"below the usual level {_duration(evidence.low_span)}"


def _duration(span: float) -> str:
    if span <= 1.0:
        return "for this hour"
    if span < 24.0:
        return "for several hours"
    return "for a day or longer"
