"""One recorded series through one way of watching it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from detectors.backtest.compare import compare
from detectors.backtest.history import Headway, History
from detectors.backtest.settings import Settings
from detectors.backtest.trial import Trial
from detectors.base import Observation
from detectors.feedback import NONE, Lessons


def replay(
    observations: Sequence[Observation],
    settings: Settings,
    *,
    judged_from: datetime | None = None,
    lessons: Lessons = NONE,
    progress: Callable[[Headway], None] | None = None,
) -> Trial:
    """Say what a daemon with these settings would have told of a series.

    Args:
        observations: Every window, in order of arrival.
        settings: How the series is watched.
        judged_from: Windows that end by then are learnt and not judged.
        lessons: What people said that is to hold from the start.
        progress: Told every thousand windows or so.

    Raises:
        DetectorError: The settings name what does not exist, or a window cannot be judged.

    Examples:
        >>> from datetime import UTC, timedelta
        >>> start, hour = datetime(2026, 3, 2, tzinfo=UTC), timedelta(hours=1)
        >>> dollars = [10.0 + n % 24 % 5 for n in range(24 * 14)]
        >>> dollars[300] = 200.0
        >>> trial = replay([Observation(start + n * hour, x, hour) for n, x in enumerate(dollars)], Settings())
        >>> [f"{one.start:%d %b %H:%M}" for one in trial.told]
        ['14 Mar 12:00']
    """
    history = History(observations, settings, judged_from, lessons=lessons)
    return compare({"series": history}, (), progress=progress).today
