"""A question to the log."""

from __future__ import annotations

from dataclasses import dataclass

Condition = tuple[str, tuple[object, ...]]
"""A condition in SQL and its values."""


@dataclass(frozen=True, slots=True)
class Span:
    """The calls of a team, of one modality or all, within a time; None where it has no limit."""

    team: int
    modality: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None

    def conditions(self) -> list[Condition]:
        """Return what all its calls fulfil."""
        limits = (
            ("team = ?", self.team),
            ("modality = ?", self.modality),
            ("request_ms >= ?", self.start_ms),
            ("request_ms < ?", self.end_ms),
        )
        return [(text, (value,)) for text, value in limits if value is not None]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A question to the log.

    Attributes:
        span: Which calls it looks at.
        filters: What they must fulfil besides.
        order: Columns and directions, without ties.
    """

    span: Span
    filters: tuple[Condition, ...]
    order: tuple[tuple[str, str], ...]

    @property
    def where(self) -> str:
        """Everything that must hold, in SQL."""
        return " AND ".join(text for text, _ in (*self.span.conditions(), *self.filters))

    @property
    def values(self) -> tuple[object, ...]:
        """The values of that."""
        return tuple(value for _, values in (*self.span.conditions(), *self.filters) for value in values)
