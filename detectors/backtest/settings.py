"""How a series is watched, and what a candidate would change about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import override

from detectors import registry
from detectors.base import Detector, Sensitivity

Parameters = Mapping[str, float | bool]

Watching = tuple[str, Sensitivity, tuple[tuple[str, float | bool], ...]]
"""What the verdicts on a series depend on; settings that share it can share a replay."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one series is watched.

    Attributes:
        detector: Name in the registry.
        sensitivity: How much evidence an alarm needs.
        parameters: Hyper-parameters that differ from their defaults.
        min_impact: Smallest excess over the norm worth telling, in the unit of the series.
    """

    detector: str = "spend"
    sensitivity: Sensitivity = Sensitivity.NORMAL
    parameters: Parameters = field(default_factory=dict)
    min_impact: float = 0.0

    @property
    def watching(self) -> Watching:
        """Everything but the smallest impact, which decides what is told and not what is thought."""
        return self.detector, self.sensitivity, tuple(sorted(self.parameters.items()))

    def build(self) -> Detector:
        """Return a fresh detector.

        Raises:
            DetectorError: The detector, a parameter or its value is not known.
        """
        return registry.create(self.detector, sensitivity=self.sensitivity, **self.parameters)


@dataclass(frozen=True, slots=True)
class Change:
    """A candidate: what it changes of a series' settings; what is None stays as it is.

    Parameters belong to a detector: with another detector, those of the old one go.
    """

    detector: str | None = None
    sensitivity: Sensitivity | None = None
    parameters: Parameters | None = None
    min_impact: float | None = None

    def applied_to(self, settings: Settings) -> Settings:
        """Return the settings with the change."""
        detector = self.detector or settings.detector
        kept = settings.parameters if detector == settings.detector else {}
        return Settings(
            detector=detector,
            sensitivity=self.sensitivity or settings.sensitivity,
            parameters=kept if self.parameters is None else self.parameters,
            min_impact=settings.min_impact if self.min_impact is None else self.min_impact,
        )

    @override
    def __str__(self) -> str:
        parts = [
            self.detector or "",
            self.sensitivity or "",
            *(f"{name}={value:g}" for name, value in (self.parameters or {}).items()),
            "" if self.min_impact is None else f"min_impact={self.min_impact:g}",
        ]
        return ", ".join(filter(None, parts)) or "as today"


AS_TODAY = Change()
"""The candidate that changes nothing: what everything else is compared with."""
