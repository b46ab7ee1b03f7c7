"""Thousands of spend series, judged and learnt together: the same verdicts as one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from detectors.base import DetectorError, Observation, Sensitivity, span_in_hours
from detectors.fleet.arrays import Array, Mask
from detectors.fleet.block import Block, Moment, Rules, Window
from detectors.fleet.columns import HEIGHT, column_of, rescale, state_of
from detectors.fleet.verdicts import Verdicts
from detectors.season import cells_of
from detectors.spend import THRESHOLDS, SpendDetector

BLOCK = 2048  # series; a block's rows and what is reckoned from them then stay in a cache of 1 to 2 MB


class Fleet:
    """As many `SpendDetector` as there are series, in one matrix.

    All have the hyper-parameters in common, and every call brings one window for all of them. Each
    has its own past: one that had no window, a late or a repeated one goes on as it would alone.

    Cost: about half a microsecond of one core for a window of one series, and 1.8 kB a series.
    `python -m bench fleet` measures both.

    Args:
        count: How many series there are; `add` makes more.
        parameters: Those of `SpendDetector`, by name.

    Raises:
        DetectorError: The count is negative.

    Examples:
        >>> from datetime import UTC
        >>> hour, monday = timedelta(hours=1), datetime(2026, 1, 5, tzinfo=UTC)
        >>> fleet = Fleet(3)
        >>> for number in range(21 * 24):
        ...     dollars = (10.0 if 8 <= number % 24 < 18 else 2.0) * (1.0 + number * 7 % 11 / 100)
        ...     fleet.learn(monday + number * hour, [dollars, 5 * dollars, 9 * dollars], hour)
        >>> verdicts = fleet.update(monday + 21 * 24 * hour, [2.1, 90.0, float("nan")], hour)
        >>> verdicts.is_anomaly.tolist(), verdicts.present.tolist()
        ([False, True, False], [True, True, False])
        >>> verdicts.reason(1)
        'above the usual level for this hour'
        >>> fleet.export(1).name
        'spend'
    """

    def __init__(self, count: int, **parameters: Any) -> None:
        self._parameters = SpendDetector(**parameters).parameters()
        rules = {name: value for name, value in self._parameters.items() if name != "sensitivity"}
        self._rules = Rules(THRESHOLDS[Sensitivity(self._parameters["sensitivity"])], **rules)
        self._fresh = column_of(SpendDetector().state())
        self._columns = np.empty((HEIGHT, 0))
        self.add(count)

    def __len__(self) -> int:
        """Return how many series there are."""
        return self._columns.shape[1]

    def parameters(self) -> dict[str, Any]:
        """Return the hyper-parameters that all series have in common, by name."""
        return dict(self._parameters)

    def add(self, count: int) -> None:
        """Make room for more series, about which nothing is known; they come last.

        What is known is copied, so add many at a time.

        Raises:
            DetectorError: The count is negative.
        """
        if count < 0:
            raise DetectorError(f"{count} series cannot be added: series are never taken away, leave their values NaN")
        fresh = np.broadcast_to(self._fresh[:, np.newaxis], (HEIGHT, count))
        self._hold(np.concatenate([self._columns, fresh], axis=1))

    def update(self, at: datetime, values: ArrayLike, span: timedelta) -> Verdicts:
        """Judge a complete window of every series, then learn from it.

        Args:
            at: Start of the window, aware, in the zone whose clock shapes the series.
            values: What was measured in each series, in its own unit; NaN where there was no window.
            span: Length of the window.

        Raises:
            DetectorError: The stamp, the span or a value is of no use; then nobody has learnt anything.
        """

        def step(block: Block, moment: Moment, window: Window, verdicts: Verdicts) -> None:
            block.judge(window, verdicts)
            block.learn(moment, window, verdicts.present)

        return self._each(at, values, span, step)

    def judge(self, at: datetime, values: ArrayLike, span: timedelta) -> Verdicts:
        """Judge a window of any length, anywhere in the hour, without learning from it; as `update`."""
        return self._each(at, values, span, lambda block, _, window, verdicts: block.judge(window, verdicts))

    def learn(self, at: datetime, values: ArrayLike, span: timedelta) -> None:
        """Learn from a complete window without judging it; as `update`."""
        self._each(
            at, values, span, lambda block, moment, window, verdicts: block.learn(moment, window, verdicts.present)
        )

    def export(self, i: int) -> SpendDetector:
        """Return a detector that has learnt what is known about one series.

        Raises:
            DetectorError: There is no such series.
        """
        detector = SpendDetector(**self._parameters)
        detector.restore(state_of(self._columns[:, self._checked(i)]))
        return detector

    def adopt(self, i: int, detector: SpendDetector) -> None:
        """Put what a detector has learnt in place of what was known about one series.

        Raises:
            DetectorError: There is no such series, or the detector has other hyper-parameters.
        """
        if detector.parameters() != self._parameters:
            raise DetectorError(
                f"the detector has {detector.parameters()}, this fleet {self._parameters}: they must be the same"
            )
        self._columns[:, self._checked(i)] = column_of(detector.state())

    def settle(self, i: int, hours: float) -> bool:
        """Take what the last hours of one series did for normal; see `SpendDetector.settle`.

        Returns:
            Whether a level was taken over.

        Raises:
            DetectorError: There is no such series.
        """
        detector = self.export(i)
        is_settled = detector.settle(hours)
        if is_settled:
            self.adopt(i, detector)
        return is_settled

    @property
    def columns(self) -> Array:
        """Everything learnt, one column a series; see `detectors.fleet.columns`. Not to be changed."""
        columns = self._columns.view()
        columns.flags.writeable = False
        return columns

    @classmethod
    def of_columns(cls, columns: Array, **parameters: Any) -> Fleet:
        """Return a fleet that knows what `columns` of another one held.

        Raises:
            DetectorError: They are of another height, from another release.
        """
        if columns.ndim != 2 or columns.shape[0] != HEIGHT:
            raise DetectorError(f"columns of shape {columns.shape} do not fit: they must be {HEIGHT} high")
        fleet = cls(0, **parameters)
        copied = np.array(columns, dtype=np.float64, order="C")
        rescale(copied)
        fleet._hold(copied)
        return fleet

    def _hold(self, columns: Array) -> None:
        self._columns = columns
        self._blocks = [(where, Block(columns[:, where], self._fresh, self._rules)) for where in _parts(len(self))]

    def _each(
        self,
        at: datetime,
        values: ArrayLike,
        span: timedelta,
        step: Callable[[Block, Moment, Window, Verdicts], None],
    ) -> Verdicts:
        hours = span_in_hours(Observation(at, 0.0, span))
        numbers, present = self._usable(values)
        moment = Moment(at.timestamp(), hours, cells_of(at, hours))
        verdicts = Verdicts.blank(present)
        # Numbers may overflow into what is bounded a step later, as they do silently outside of arrays.
        with np.errstate(all="ignore"):
            for where, block in self._blocks:
                step(block, moment, block.weigh(moment, numbers[where]), verdicts.part(where))
        verdicts.clear(np.flatnonzero(~present))
        return verdicts

    def _usable(self, values: ArrayLike) -> tuple[Array, Mask]:
        """Return the values with nothing in place of NaN, and where there were any."""
        try:
            numbers = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DetectorError(f"the values are not all numbers: {error}") from error
        if numbers.shape != (len(self),):
            raise DetectorError(f"the values have shape {numbers.shape}: give one for each of the {len(self)} series")
        present = np.isfinite(numbers)
        if present.all():
            return numbers, present
        infinite = np.flatnonzero(np.isinf(numbers))
        if infinite.size:
            i = int(infinite[0])
            raise DetectorError(f"the value of series {i} is {numbers[i]}: pass NaN where nothing is known")
        return np.where(present, numbers, 0.0), present

    def _checked(self, i: int) -> int:
        if not 0 <= i < len(self):
            raise DetectorError(f"there is no series {i}: they are 0 to {len(self) - 1}")
        return i


def _parts(count: int) -> Iterator[slice]:
    for begin in range(0, count, BLOCK):
        yield slice(begin, min(begin + BLOCK, count))
