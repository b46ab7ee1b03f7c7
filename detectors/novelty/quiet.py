"""Silence after evidence: only clearly stronger evidence is worth another alarm."""

from __future__ import annotations

from typing import Any

from detectors import fields

MARGIN = 1.0
"""Decades by which evidence must exceed the last peak."""

HOLD = 30
"""Windows for which the peak stands; then it fades."""

FADE = 0.99


class Quiet:
    """The last peak of the evidence, fading."""

    __slots__ = ("_peak", "_since")

    def __init__(self) -> None:
        self._peak = 0.0
        self._since = 0

    def holds_back(self, evidence: float) -> bool:
        """Say whether evidence is no clearly stronger than what came before it."""
        return evidence <= self._peak + MARGIN

    def learn(self, evidence: float) -> None:
        """Take evidence in."""
        self._since += 1
        if not self.holds_back(evidence):
            self._peak = evidence
            self._since = 0
        elif self._since > HOLD:
            self._peak *= FADE

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {"peak": self._peak, "since": self._since}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._peak = fields.number(state, "peak")
        self._since = int(fields.number(state, "since"))
