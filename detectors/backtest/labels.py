"""What people said about stretches of a series, and how a candidate does against it.

Most episodes carry no label. Nothing is claimed about those: precision and recall are over labelled
ones alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from detectors.backtest.telling import Told
from detectors.feedback import Kind


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of one series that a person spoke of; aware times, the end is not part of it."""

    series: str
    start: datetime
    end: datetime
    kind: Kind

    @property
    def is_real(self) -> bool:
        """Whether people want to be told of this; of everything else they do not."""
        return self.kind is Kind.REAL

    def covers(self, told: Told) -> bool:
        """Tell whether an episode and this stretch overlap."""
        return told.series == self.series and told.start < self.end and self.start < told.until


@dataclass(frozen=True, slots=True)
class Marks:
    """How a candidate does against the labels.

    Attributes:
        found: Real ones that were told.
        missed: Real ones that were not.
        repeated: Those that are not real and would be told again.
        told_real: Told episodes that are labelled real.
        told_labelled: Told episodes with any label.
    """

    found: tuple[Label, ...]
    missed: tuple[Label, ...]
    repeated: tuple[Label, ...]
    told_real: int
    told_labelled: int

    @property
    def recall(self) -> float | None:
        """Share of the real ones that were told; None where nothing is labelled real."""
        real = len(self.found) + len(self.missed)
        return len(self.found) / real if real else None

    @property
    def precision(self) -> float | None:
        """Share of real ones among told episodes that carry a label; None where none does."""
        return self.told_real / self.told_labelled if self.told_labelled else None


def label_of(told: Told, labels: Iterable[Label]) -> Kind | None:
    """Return what people said about a told episode; that it is real outweighs the rest."""
    covering = [label.kind for label in labels if label.covers(told)]
    return Kind.REAL if Kind.REAL in covering else next(iter(covering), None)


def mark(told: Sequence[Told], labels: Sequence[Label]) -> Marks:
    """Hold what would be told against what people said."""
    kinds = [label_of(one, labels) for one in told]
    unwanted = [one for one, kind in zip(told, kinds, strict=True) if kind is not Kind.REAL]
    real = [label for label in labels if label.is_real]
    found = tuple(label for label in real if any(map(label.covers, told)))
    return Marks(
        found=found,
        missed=tuple(label for label in real if label not in found),
        repeated=tuple(label for label in labels if not label.is_real and any(map(label.covers, unwanted))),
        told_real=kinds.count(Kind.REAL),
        told_labelled=len(kinds) - kinds.count(None),
    )
