"""One feature of a series: whether its like has been seen, and how rare it is to be that new."""

from __future__ import annotations

from typing import Any, NamedTuple

from detectors import fields
from detectors.novelty.rarity import Rarity
from detectors.novelty.seen import SETTLED, Seen


class Impression(NamedTuple):
    """What a feature makes of a value.

    Attributes:
        value: The value itself.
        distance: How far it is from the nearest seen before.
        decades: How rare so large a distance is.
    """

    value: float
    distance: float
    decades: float


class Sense:
    """The values of one feature, and how new each of them was.

    Args:
        memory: Values after which what was seen is forgotten.
    """

    __slots__ = ("_rarity", "seen")

    def __init__(self, memory: int) -> None:
        self._rarity = Rarity(memory)
        self.seen = Seen(memory)

    def look(self, value: float) -> Impression:
        """Weigh a value without learning it."""
        distance = self.seen.distance(value)
        return Impression(value, distance, self._rarity.decades(distance))

    def reach(self, impression: Impression, largest: float) -> float:
        """Return the distance as a share of the range seen, as far as it counts."""
        if self.seen.count <= SETTLED or not impression.distance:
            return 0.0
        limit = largest * self.seen.range
        return largest if impression.distance >= limit else impression.distance / self.seen.range

    def learn(self, impression: Impression) -> None:
        """Learn a value that was looked at."""
        self._rarity.learn(impression.distance)
        self.seen.learn(impression.value)

    def state(self) -> dict[str, Any]:
        """Return everything learnt, as plain values."""
        return {"seen": self.seen.state(), "rarity": self._rarity.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.seen.restore(fields.section(state, "seen"))
        self._rarity.restore(fields.section(state, "rarity"))
