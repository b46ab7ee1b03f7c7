"""What a fleet thinks of one window of every series: arrays, of which any entry reads as a verdict."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from detectors.base import DetectorError, Verdict
from detectors.fleet.arrays import Array, Mask
from detectors.reasons import ORDINARY, RESTLESS, TOO_LITTLE_HISTORY, reason_of
from detectors.spans import SPANS, Evidence

_ABOVE = tuple(reason_of(Evidence(1.0, span, 0.0, span), above=True, below=False) for span in SPANS)
_BELOW = tuple(reason_of(Evidence(0.0, span, 1.0, span), above=False, below=True) for span in SPANS)

REASONS = (ORDINARY, TOO_LITTLE_HISTORY, RESTLESS, *_ABOVE, *_BELOW)
"""What the codes mean; of the last ones there is one for every span upwards, then downwards."""

IS_ORDINARY, IS_TOO_LITTLE, IS_RESTLESS = range(3)
FIRST_ABOVE = REASONS.index(_ABOVE[0])
FIRST_BELOW = FIRST_ABOVE + len(SPANS)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One entry for every series; the numbers of one without a window are NaN.

    Attributes:
        present: Whether there was a window to judge.
        score: Evidence in [0, 1), as in `Verdict`; so are the others.
        is_anomaly: Whether the evidence passes the threshold.
        expected: The value that would have been ordinary, in the unit of the series.
        low: Lower edge of the ordinary band.
        high: Upper edge of the ordinary band.
        warming_up: Too little history to judge.
        reasons: Codes, see `REASONS`.
    """

    present: Mask
    score: Array
    is_anomaly: Mask
    expected: Array
    low: Array
    high: Array
    warming_up: Mask
    reasons: NDArray[np.uint8]

    @classmethod
    def blank(cls, present: Mask) -> Self:
        """Return verdicts yet to be filled in."""
        count = len(present)
        score, expected, low, high = (np.empty(count) for _ in range(4))
        is_anomaly, warming_up = np.empty(count, dtype=np.bool_), np.empty(count, dtype=np.bool_)
        return cls(present, score, is_anomaly, expected, low, high, warming_up, np.empty(count, dtype=np.uint8))

    def part(self, where: slice) -> Self:
        """Return some neighbours, as views."""
        return type(self)(*(getattr(self, field.name)[where] for field in fields(self)))

    def clear(self, index: NDArray[np.intp]) -> None:
        """Say nothing about some series."""
        for numbers in (self.score, self.expected, self.low, self.high):
            numbers[index] = np.nan
        self.is_anomaly[index] = self.warming_up[index] = False
        self.reasons[index] = IS_ORDINARY

    def reason(self, i: int) -> str:
        """Return the words of one series."""
        return REASONS[int(self.reasons[i])]

    def verdict(self, i: int) -> Verdict:
        """Return the verdict on one series.

        Raises:
            DetectorError: That series had no window.
        """
        if not self.present[i]:
            raise DetectorError(f"series {i} had no window (its value was NaN): ask `present` first")
        return Verdict(
            score=float(self.score[i]),
            is_anomaly=bool(self.is_anomaly[i]),
            expected=float(self.expected[i]),
            low=float(self.low[i]),
            high=float(self.high[i]),
            reason=self.reason(i),
            warming_up=bool(self.warming_up[i]),
        )
