"""A fleet beside as many single detectors, fed the same windows and held to say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from detectors.base import Observation, Verdict
from detectors.fleet.fleet import Fleet
from detectors.spend import SpendDetector

CLOSE = 1e-9  # relative; logarithms may differ in their last bit
TINY = 1e-12  # of the upper edge, since a lower edge near zero is a small difference of large amounts


class Pair:
    """A fleet and its single counterparts.

    Args:
        count: How many series.
        parameters: Hyper-parameters of all of them, by name.
    """

    def __init__(self, count: int, **parameters: Any) -> None:
        self.fleet = Fleet(count, **parameters)
        self.singles = [SpendDetector(**parameters) for _ in range(count)]

    def update(self, at: datetime, values: Sequence[float], span: timedelta) -> None:
        """Update both and compare what they say.

        Raises:
            AssertionError: They differ.
        """
        self._compare("update", at, values, span)

    def judge(self, at: datetime, values: Sequence[float], span: timedelta) -> None:
        """Let both judge and compare what they say; as `update`."""
        self._compare("judge", at, values, span)

    def _compare(self, method: str, at: datetime, values: Sequence[float], span: timedelta) -> None:
        verdicts = getattr(self.fleet, method)(at, values, span)
        for i, (single, value) in enumerate(zip(self.singles, values, strict=True)):
            _require(verdicts.present[i] == (not math.isnan(value)), f"series {i} has a window and has none")
            if verdicts.present[i]:
                alone = getattr(single, method)(Observation(at, value, span))
                require_alike(verdicts.verdict(i), alone)


def require_alike(together: Verdict, alone: Verdict) -> None:
    """Hold two verdicts to be the same, numbers as nearly as logarithms are.

    Raises:
        AssertionError: They are not.
    """
    message = f"together: {together}, alone: {alone}"
    said, wanted = ((one.is_anomaly, one.warming_up, one.reason) for one in (together, alone))
    _require(said == wanted, message)
    _require(math.isclose(together.score, alone.score, rel_tol=CLOSE, abs_tol=TINY), message)
    for name in ("expected", "low", "high"):
        one, other = getattr(together, name), getattr(alone, name)
        _require(math.isclose(one, other, rel_tol=CLOSE, abs_tol=TINY * (1.0 + alone.high)), f"{name}: {message}")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
