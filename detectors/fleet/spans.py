"""Running means of a residual over several spans; arrays have a row for each span."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from detectors.fleet.arrays import Array, Index, Rows, upright
from detectors.fleet.progress import Step
from detectors.spans import (
    BEND,
    CLIP_WOBBLE_FROM,
    LEAST_LIMIT,
    LEAST_WOBBLES,
    REACH,
    ROUGH,
    SETTLED,
    SPANS,
    TO_DEVIATION,
    TYPICAL_PACE,
    WEIGHTS,
    WOBBLE_CLIP,
)

_SPANS = upright(SPANS)
_WEIGHTS = upright(WEIGHTS)
_LEAST_WOBBLES = upright(LEAST_WOBBLES)


class Look(NamedTuple):
    """Residuals beside the hours before them.

    Attributes:
        strengths: What each span says, signed, in wobbles.
        means: Where the running means stand once the window is counted in.
        wobbles: What was ordinary before.
    """

    strengths: Array
    means: Array
    wobbles: Array


class Spans:
    """What has been learnt about one residual; see `detectors.spans.Spans`."""

    __slots__ = ("_centres", "_means", "_typical", "_variances")

    def __init__(self, rows: Rows) -> None:
        self._means = rows["means"]
        self._centres = rows["centres"]
        self._variances = rows["variances"]
        self._typical = rows["typical"]

    def look(self, residual: Array, step: Step) -> Look:
        """Weigh residuals beside the hours before them, without learning from them."""
        means = self._moved(_bent(residual), step)
        wobbles = np.sqrt(self._variances)
        wobbles += _LEAST_WOBBLES
        strengths = means - self._centres
        recent = strengths[0].copy()
        np.maximum(strengths, np.minimum(recent, 0.0), out=strengths)
        np.minimum(strengths, np.maximum(recent, 0.0), out=strengths)
        strengths /= wobbles
        strengths *= _WEIGHTS
        return Look(strengths, means, wobbles)

    def learn(self, residual: Array, look: Look, window: float, hours: Array, fade: float, clip: float) -> None:
        """Learn residuals that were looked at; the rest is as in the one of a single series."""
        is_settled = hours > SETTLED
        np.copyto(self._means, look.means, where=is_settled)
        even = window / hours
        self._fold(np.minimum(1.0, np.maximum(fade * window, even)), look.wobbles, hours)
        most = np.where(is_settled, self.limit(clip), ROUGH)
        pace = np.minimum(1.0, np.maximum(TYPICAL_PACE * window, even))
        self._typical += pace * (np.minimum(np.abs(residual), most) - self._typical)

    def limit(self, clip: float) -> Array:
        """Return the largest residuals the expectation is allowed to learn in one window."""
        return clip * TO_DEVIATION * self._typical + LEAST_LIMIT

    def edges(self, look: Look, fewer: Array, more: Array, hours: float) -> tuple[Array, Array]:
        """Return the residuals at which one window after ordinary ones reaches these strengths."""
        reach = look.wobbles[0] / (WEIGHTS[0] * float(_shares(hours)[0, 0]))
        return self._centres[0] - fewer * reach, self._centres[0] + more * reach

    def calm(self, index: Index) -> None:
        """Forget the present of some series: every running mean is ordinary again."""
        self._means[:, index] = self._centres[:, index]

    def _fold(self, weight: Array, wobbles: Array, hours: Array) -> None:
        """Let the running means shape what counts as ordinary."""
        bound = np.where(hours > CLIP_WOBBLE_FROM, WOBBLE_CLIP, np.inf) * wobbles
        off = self._means - self._centres
        np.minimum(off, bound, out=off)
        np.maximum(off, np.negative(bound, out=bound), out=off)
        np.multiply(weight, off, out=bound)
        self._centres += bound
        off *= off
        off -= self._variances
        off *= weight
        self._variances += off

    def _moved(self, residual: Array, step: Step) -> Array:
        """Return where the running means stand once the window is counted in."""
        starts = self._starts(step)
        if step.fresh.size == 1 and step.fresh[0] == 1.0:
            moved = residual - starts
        else:
            # Of a window learnt in part, the learnt part is taken out again: it is in the means already.
            moved = residual - (1.0 - step.fresh) * self._means[0] - step.fresh * starts
        moved *= _shares(step.hours)
        moved += starts
        return moved

    def _starts(self, step: Step) -> Array:
        """Return the running means as the window finds them: hours nobody saw were ordinary."""
        if step.gap.size == 1:
            return self._faded(slice(None), step.gap, step.hours) if step.gap[0] > 0.0 else self._means
        index = np.flatnonzero(step.gap)
        if not index.size:
            return self._means
        starts = self._means.copy()
        starts[:, index] = self._faded(index, step.gap[index], step.hours)
        return starts

    def _faded(self, index: Index | slice, gap: Array, hours: float) -> Array:
        kept = np.maximum(0.0, (_SPANS - hours) / (_SPANS + hours)) ** (gap / hours)
        centres = self._centres[:, index]
        return centres + (self._means[:, index] - centres) * kept


@lru_cache(maxsize=64)
def _shares(hours: float) -> Array:
    """Return the weight of a window of this length in every running mean."""
    return np.minimum(1.0, 2.0 * hours / (_SPANS + hours))


def _bent(residual: Array) -> Array:
    """Bend residuals beyond reach: they hardly grow any more, yet no two oddities ever tie."""
    size = np.abs(residual)
    far = np.flatnonzero(size > REACH)
    if not far.size:
        return residual
    bent = residual.copy()
    bent[far] = np.copysign(REACH * (1.0 + BEND * np.log(size[far] / REACH)), residual[far])
    return bent
