"""Days of a week that begins on a Monday, and the amounts spent in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from detectors.analysis import Period, analyze

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
AGENT = ("agent", "writer")


class Spending:
    """Makes periods of days and the amounts in them, and analyses them."""

    def __init__(self, start: datetime = MONDAY, width: timedelta = DAY) -> None:
        self.start = start
        self.width = width

    def period(self, count: int) -> Period:
        return Period.even("SEVEN_DAYS" if count == 7 else f"{count} BUCKETS", self.start, self.width, count)

    def amounts(self, *values: float | None) -> dict[datetime, float]:
        """Return amounts by bucket; None leaves a bucket out."""
        return {self.start + i * self.width: float(value) for i, value in enumerate(values) if value is not None}

    def analyze(self, *values: float | None, key=AGENT, **choice):
        """Analyse one entity."""
        return self.analyze_all({key: values}, **choice)

    def analyze_all(self, entities, **choice):
        """Analyse several entities of one period."""
        count = max(len(values) for values in entities.values())
        buckets = {key: self.amounts(*values) for key, values in entities.items()}
        return analyze(buckets, self.period(count), **choice)


@pytest.fixture
def spending() -> Spending:
    return Spending()


@pytest.fixture
def hourly() -> Spending:
    return Spending(width=timedelta(hours=1))


@pytest.fixture
def since():
    """Return spending that begins at another moment."""
    return Spending
