"""How unusual the last hours were: two residuals, both sides, five spans; the worst one counts."""

from __future__ import annotations

from operator import neg
from typing import Any, NamedTuple

from detectors import fields
from detectors.habits import Habits
from detectors.progress import Step
from detectors.spans import SPANS, Evidence, Look, Spans, strongest

YOUTHS = tuple(24.0 + span / 2.0 for span in SPANS)  # hours of history with which a span counts half


class Sight(NamedTuple):
    """A window beside the hours before it.

    Attributes:
        ups: What each span says upwards, before the habits of the series are considered.
        lows: The same downwards.
        straight: What the straight residual's spans saw.
        ratios: What the logarithm's spans saw.
    """

    ups: list[float]
    lows: list[float]
    straight: Look
    ratios: Look


class Unusual:
    """What has been learnt about the residuals of a series and its habits.

    Either residual may see too much, only the logarithm sees too little: an amount cannot fall
    further than to nothing, which is a small straight distance.
    """

    __slots__ = ("_linear", "_logarithmic", "_lows", "_ups")

    def __init__(self) -> None:
        self._linear = Spans()
        self._logarithmic = Spans()
        self._ups = Habits()
        self._lows = Habits()

    def look(self, linear: float, logarithmic: float, step: Step) -> Sight:
        """Measure a window beside the hours before it, without learning from it."""
        straight = self._linear.look(linear, step)
        ratios = self._logarithmic.look(logarithmic, step)
        ups = list(map(max, straight.strengths, ratios.strengths))
        return Sight(ups, list(map(neg, ratios.strengths)), straight, ratios)

    def weigh(self, sight: Sight, hours: float, enough: float) -> Evidence:
        """Return the strongest, as this series counts after so many hours of history.

        What a young series is measured with is not sure itself, least of all its longest means.
        `enough` is what makes an anomaly.
        """
        trusts = [hours / (hours + youth) for youth in YOUTHS]
        return strongest(self._ups.temper(sight.ups, trusts), self._lows.temper(sight.lows, trusts), enough)

    def learn(
        self, linear: float, logarithmic: float, sight: Sight, window: float, hours: float, fade: float, clip: float
    ) -> None:
        """Learn the residuals of a window that was looked at; the rest is as in `Spans.learn`."""
        self._linear.learn(linear, sight.straight, window, hours, fade, clip)
        self._logarithmic.learn(logarithmic, sight.ratios, window, hours, fade, clip)

    def learn_habits(self, sight: Sight, window: float) -> None:
        """Learn what the series is used to."""
        self._ups.learn(sight.ups, window)
        self._lows.learn(sight.lows, window)

    def limit(self, clip: float) -> float:
        """Return the largest straight residual the level may learn from."""
        return self._linear.limit(clip)

    def edges(self, lower: float, upper: float, window: float, hours: float) -> tuple[float, float, float]:
        """Return what one window after ordinary ones needs to reach the evidence given for each side.

        `hours` is the history, as in `weigh`; with none at all the band is merely wide.

        Returns:
            The straight residual above, the logarithm below and the logarithm above.
        """
        doubt = 1.0 + YOUTHS[0] / max(hours, 1.0)
        fewer, more = lower * self._lows.first_scale * doubt, upper * self._ups.first_scale * doubt
        _, straight = self._linear.edges(fewer, more, window)
        return straight, *self._logarithmic.edges(fewer, more, window)

    def calm(self) -> None:
        """Forget the present: every running mean is ordinary again."""
        self._linear.calm()
        self._logarithmic.calm()

    def state(self) -> dict[str, Any]:
        """Return everything learnt."""
        return {
            "linear": self._linear.state(),
            "logarithmic": self._logarithmic.state(),
            "ups": self._ups.state(),
            "lows": self._lows.state(),
        }

    def restore(self, state: dict[str, Any], *, with_habits: bool) -> None:
        """Take back what `state` returned."""
        self._linear.restore(fields.section(state, "linear"))
        self._logarithmic.restore(fields.section(state, "logarithmic"))
        if with_habits:
            self._ups.restore(fields.section(state, "ups"))
            self._lows.restore(fields.section(state, "lows"))
