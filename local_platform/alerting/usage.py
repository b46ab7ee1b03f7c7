"""What was used in a window, altogether and by group, and how it compares with a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from local_platform.alerting import metrics
from local_platform.alerting.metrics import NOTHING, Sums
from local_platform.alerting.vocabulary import Metric
from local_platform.alerting.windows import Window

_PLACES = 9


@dataclass(frozen=True, slots=True)
class Group:
    """What was summed up for one group of calls.

    Attributes:
        value: What the group is recognised by.
        label: What people call it.
        sums: The sums.
    """

    value: str
    label: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Usage:
    """What was summed up in a window.

    Attributes:
        window: The window.
        total: All calls; where there are groups, those that belong to one.
        groups: The same for each group, where there are groups.
        unattributed: The calls that belong to no group, where there are groups.
    """

    window: Window
    total: Sums
    groups: tuple[Group, ...] = ()
    unattributed: Sums = NOTHING

    def of(self, metric: Metric, sums: Sums) -> Decimal:
        """Return a metric's value over this window, nothing where no call says anything."""
        return metrics.value(metric, sums, self.window.minutes) or Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """What is used of a limit; without a limit above zero there is no share."""

    used: Decimal
    limit: Decimal | None

    @property
    def fraction(self) -> Decimal | None:
        """The used part, above one once the limit is passed."""
        return self.used / self.limit if self.limit else None

    @property
    def remaining(self) -> Decimal | None:
        """What is left."""
        return self.limit - self.used if self.limit else None

    @property
    def reached(self) -> bool:
        """Whether the limit is used up."""
        return self.limit is not None and 0 < self.limit <= self.used


def highest(shares: Iterable[Share]) -> Share | None:
    """Return the share of which most is used, or None where there is none."""
    return max(shares, key=lambda share: share.used, default=None)


def figure(value: Decimal | None) -> float | None:
    """Return a value as a JSON number."""
    return None if value is None else round(float(value), _PLACES)
