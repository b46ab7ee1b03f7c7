"""Running means of a residual over several spans, each in units of its own ordinary wobble.

One odd hour must be very odd, a whole day only mildly: most of what can be found in a spend series
is found by looking at more than one span.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from operator import sub
from typing import Any, NamedTuple

from detectors import fields
from detectors.progress import Step

SPANS = (1.0, 3.0, 8.0, 24.0, 72.0)  # hours
WEIGHTS = (0.55, 0.75, 0.95, 1.0, 0.9)
LEAST_WOBBLES = tuple(0.03 / math.sqrt(span) for span in SPANS)

SETTLED = 24.0  # hours after which the running means start; before, the expectation is a guess
CLIP_WOBBLE_FROM = 72.0  # hours
WOBBLE_CLIP = 4.0
TYPICAL_PACE = 0.01  # per hour
ROUGH = 9.0
REACH = 6.0  # residuals beyond hardly grow any more, or one wild hour would haunt the long means
BEND = 0.01
LEAST_LIMIT = 0.05  # residuals that the level may always learn
TO_DEVIATION = math.sqrt(math.pi / 2)  # mean absolute deviation to standard deviation, if Gaussian


class Evidence(NamedTuple):
    """The strongest deviation upwards and downwards, in wobbles.

    The span beside it is the shortest one that was enough on its own, or else the strongest: a
    single wild hour lifts the longer means as well, and is still a matter of that hour.
    """

    up: float
    up_span: float
    low: float
    low_span: float


class Look(NamedTuple):
    """A residual beside the hours before it.

    Attributes:
        strengths: What each span says, signed, in wobbles.
        means: Where the running means stand once the window is counted in.
    """

    strengths: list[float]
    means: list[float]


class Spans:
    """What has been learnt about one residual.

    The wobble is learnt from clipped deviations, so that an incident does not make the series look
    naturally wild.
    """

    __slots__ = ("_centres", "_means", "_typical", "_variances", "_wobbles")

    def __init__(self) -> None:
        self._means = [0.0] * len(SPANS)
        self._centres = [0.0] * len(SPANS)
        self._variances = [0.0] * len(SPANS)
        self._wobbles = list(LEAST_WOBBLES)
        self._typical = 0.0

    def look(self, residual: float, step: Step) -> Look:
        """Weigh a residual beside the hours before it, without learning from it.

        A long mean stays high for days after what raised it has ended, so it counts only as far as
        the last hour still points the same way.
        """
        means = self._moved(_bent(residual), step)
        offs = list(map(sub, means, self._centres))
        recent = offs[0]
        lowest, highest = min(recent, 0.0), max(recent, 0.0)
        strengths = [
            (lowest if off < lowest else highest if off > highest else off) / wobble * weight  # noqa: FURB136 - min() takes twice as long
            for off, wobble, weight in zip(offs, self._wobbles, WEIGHTS, strict=True)
        ]
        return Look(strengths, means)

    def learn(self, residual: float, look: Look, window: float, hours: float, fade: float, clip: float) -> None:
        """Learn a residual that was looked at.

        Args:
            residual: What to learn.
            look: What `look` returned for it.
            window: Length of the window, in hours.
            hours: How much has been learnt, this window included.
            fade: Weight of an hour in the ordinary wobble.
            clip: What `limit` takes.
        """
        if hours > SETTLED:
            self._means = look.means
        weight = min(1.0, max(fade * window, window / hours))
        self._fold(weight, WOBBLE_CLIP if hours > CLIP_WOBBLE_FROM else math.inf)
        most = self.limit(clip) if hours > SETTLED else ROUGH
        pace = min(1.0, max(TYPICAL_PACE * window, window / hours))
        self._typical += pace * (min(abs(residual), most) - self._typical)

    def limit(self, clip: float) -> float:
        """Return the largest residual the expectation is allowed to learn in one window."""
        return clip * TO_DEVIATION * self._typical + LEAST_LIMIT

    def edges(self, fewer: float, more: float, hours: float) -> tuple[float, float]:
        """Return the residuals at which one window after ordinary ones reaches these strengths."""
        reach = self._wobbles[0] / (WEIGHTS[0] * _shares(hours)[0])
        return self._centres[0] - fewer * reach, self._centres[0] + more * reach

    def calm(self) -> None:
        """Forget the present: every running mean is ordinary again."""
        self._means = list(self._centres)

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {
            "means": list(self._means),
            "centres": list(self._centres),
            "variances": list(self._variances),
            "typical": self._typical,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._means = fields.numbers(state, "means", len(SPANS))
        self._centres = fields.numbers(state, "centres", len(SPANS))
        self._variances = fields.numbers(state, "variances", len(SPANS))
        self._typical = fields.number(state, "typical")
        self._wobbles = [
            math.sqrt(variance) + least for variance, least in zip(self._variances, LEAST_WOBBLES, strict=True)
        ]

    def _fold(self, weight: float, clip: float) -> None:
        """Let the running means shape what counts as ordinary."""
        centres, variances, wobbles = self._centres, self._variances, self._wobbles
        for i, mean in enumerate(self._means):
            off = mean - centres[i]
            if not -clip <= off / wobbles[i] <= clip:
                off = math.copysign(clip * wobbles[i], off)
            centres[i] += weight * off
            variances[i] = variance = variances[i] + weight * (off * off - variances[i])
            wobbles[i] = math.sqrt(variance) + LEAST_WOBBLES[i]

    def _moved(self, residual: float, step: Step) -> list[float]:
        """Return where the running means stand once the window is counted in."""
        hours, gap, fresh = step
        # Of a window learnt in part, the learnt part is taken out again: it is in the means already.
        residual -= (1.0 - fresh) * self._means[0]
        starts = self._means
        if gap > 0.0:  # hours nobody saw are taken to have been ordinary
            starts = self._faded(gap, hours)
        return [start + share * (residual - fresh * start) for start, share in zip(starts, _shares(hours), strict=True)]

    def _faded(self, gap: float, hours: float) -> list[float]:
        kept = [max(0.0, (span - hours) / (span + hours)) ** (gap / hours) for span in SPANS]
        return [
            centre + (mean - centre) * share
            for mean, centre, share in zip(self._means, self._centres, kept, strict=True)
        ]


def strongest(ups: Sequence[float], lows: Sequence[float], enough: float) -> Evidence:
    """Pick the strongest span of either side; `enough` is what makes an anomaly."""
    up, up_span = _strongest(ups, enough)
    low, low_span = _strongest(lows, enough)
    return Evidence(up, up_span, low, low_span)


def _strongest(strengths: Sequence[float], enough: float) -> tuple[float, float]:
    most = max(strengths)
    if most <= 0.0:
        return 0.0, SPANS[0]
    at = strengths.index(most)
    if most > enough:
        at = next(i for i, strength in enumerate(strengths) if strength > enough)
    return most, SPANS[at]


@lru_cache(maxsize=64)
def _shares(hours: float) -> tuple[float, ...]:
    """Return the weight of a window of this length in every running mean."""
    return tuple(min(1.0, 2.0 * hours / (span + hours)) for span in SPANS)


def _bent(residual: float) -> float:
    """Bend a residual beyond reach: it hardly grows any more, yet no two oddities ever tie."""
    size = abs(residual)
    if size <= REACH:
        return residual
    return math.copysign(REACH * (1.0 + BEND * math.log(size / REACH)), residual)
