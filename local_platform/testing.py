"""What tests of a platform need beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

USUAL = datetime(2026, 3, 10, 12, tzinfo=UTC)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = USUAL) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the present."""
        return self.now

    def forward(self, **by: float) -> None:
        """Move on, by what `timedelta` takes."""
        self.now += timedelta(**by)
