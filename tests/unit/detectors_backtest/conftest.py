"""Recorded series with known oddities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from detectors.backtest.history import History
from detectors.backtest.settings import Settings
from detectors.base import Observation

HOUR = timedelta(hours=1)
START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


class Recorder:
    """Hours of ten dollars or so, with some wobble, and what is added to some of them."""

    start = START

    def hours(self, count: int = 24 * 21, extra: Mapping[int, float] | None = None) -> list[Observation]:
        odd = extra or {}
        return [Observation(START + n * HOUR, 10.0 + n * 7919 % 101 / 50 + odd.get(n, 0.0), HOUR) for n in range(count)]

    def history(
        self, extra: Mapping[int, float] | None = None, *, settings: Settings | None = None, **given
    ) -> History:
        return History(self.hours(extra=extra), settings or Settings(), unit=given.pop("unit", "$"), **given)


@pytest.fixture(scope="session")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="session")
def at() -> Callable[[int], datetime]:
    """Return the start of an hour of a recorded series."""
    return lambda hour: START + hour * HOUR
