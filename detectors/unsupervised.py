"""Our detectors where river wants an unsupervised one: under `river.evaluate` and inside river's filters.

River has two kinds of anomaly detectors. A supervised one, which ours are, takes the value as the
target ``y``. `river.evaluate` cannot run that kind: there ``y`` is the label of the row, the metrics
for scores (`ROCAUC`) accept only `base.AnomalyDetector`, and of everything else the runner asks
`predict_one`, which no anomaly detector has. Carrying the value among the features removes the clash.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from river import base
from typing_extensions import override

from detectors.base import Detector, Observation

FEATURES = ("at", "span", "value")


class Unsupervised(base.AnomalyDetector):
    """A detector whose features are ``{"at": datetime, "span": timedelta, "value": float}``.

    It adds nothing to the scores. As river asks of its estimators, a row may lack a feature: of such
    a window nothing is known, so it scores 0 and is not learnt. Other features are ignored.

    Args:
        detector: What judges and learns.

    References:
        The two kinds of anomaly detectors and their runner: https://riverml.xyz, modules `anomaly`
        and `evaluate` (0.26).

    Examples:
        >>> from detectors import registry
        >>> from detectors.checks import ordinary_weeks
        >>> model = Unsupervised(registry.create("level"))
        >>> for one in ordinary_weeks():
        ...     model.learn_one({"at": one.at, "span": one.span, "value": one.value})
        >>> after = {"at": one.at + one.span, "span": one.span}
        >>> model.score_one(after | {"value": 11.0}) < 0.8 < model.score_one(after | {"value": 1100.0})
        True
        >>> model.score_one(after)
        0.0
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    @override
    def score_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Return the score of the window that the features describe."""
        return self.detector.judge(_observation(x)).score if _is_complete(x) else 0.0

    @override
    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Learn the window that the features describe."""
        if _is_complete(x):
            self.detector.learn(_observation(x))

    @classmethod
    @override
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from detectors import registry  # it imports every detector, and only river's checks ask

        yield {"detector": registry.create("level")}


def _is_complete(x: dict[base.typing.FeatureName, Any]) -> bool:
    return all(name in x for name in FEATURES)


def _observation(x: dict[base.typing.FeatureName, Any]) -> Observation:
    return Observation(x["at"], float(x["value"]), x["span"])
