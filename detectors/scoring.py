"""Scoring a recorded series as it would have been scored live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from detectors.base import Detector, Observation, Verdict


def score_rows(
    rows: Iterable[tuple[datetime, float]], detector: Detector, span: timedelta
) -> Iterator[tuple[Observation, Verdict]]:
    """Judge and learn row after row, in the order given, and yield one verdict for each row.

    Rows are given in order of arrival: a late or repeated row is judged against its own hour and
    not learnt.

    Args:
        rows: Start and value of every window.
        detector: A detector, usually fresh; it learns.
        span: Length of every window.

    Raises:
        DetectorError: A row cannot be judged.
    """
    for at, value in rows:
        observation = Observation(at, value, span)
        yield observation, detector.update(observation)
