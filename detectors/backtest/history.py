"""What a backtest is given of a series, and how far along it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from detectors.backtest.settings import Settings
from detectors.base import Observation
from detectors.decision.episodes import Policy
from detectors.feedback import NONE, Lessons


@dataclass(frozen=True, slots=True)
class History:
    """The recorded windows of one series, in order of arrival.

    Attributes:
        observations: Every window, the oldest first; late ones may follow.
        settings: How the series is watched today.
        judged_from: Windows that end by then are learnt and not judged, as a daemon does with what
            it finds at its first start; None judges everything.
        unit: What the values are counted in, such as "$". Only worths of one unit are added up.
        adds_up: Whether windows add up (dollars, calls), as opposed to rates and means.
        lessons: What people said that is to hold from the start; none to see what would have been told
            before anybody said anything.
    """

    observations: Sequence[Observation]
    settings: Settings = field(default_factory=Settings)
    judged_from: datetime | None = None
    unit: str = ""
    adds_up: bool = True
    lessons: Lessons = NONE

    def policy(self, min_impact: float) -> Policy:
        """Return what an episode of this series must be worth."""
        return Policy(min_impact=min_impact, adds_up=self.adds_up)


@dataclass(frozen=True, slots=True)
class Headway:
    """How far a backtest is, in windows."""

    done: int
    total: int
