"""What an episode is compared with: the same hour of calm days of its kind before it opened; pure.

The choice depends on nothing that changes once an episode is open, so its first words and its last
are said against the same days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from daemon.alerts import Alert
from daemon.clock import from_ms, to_ms
from daemon.domain import HOUR_MS, MINUTE_MS
from daemon.store import Span

DAYS = 14
HOURS = 24
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Baseline:
    """Calm spans, each as long as the window that is compared with them, and what they are in words."""

    spans: Sequence[Span]
    words: str


def window_of(alert: Alert) -> Span:
    """Return from when to when the calls were made that the worst window of an alert counts.

    An hour that is over begins with the hour. The trailing one begins with a minute; what was called
    in its last minute after it was counted is none of it.
    """
    start, end = to_ms(alert.window_start), to_ms(alert.window_end)
    if end % HOUR_MS == 0:
        return start, end
    minutes_end = (end // MINUTE_MS + 1) * MINUTE_MS
    return minutes_end - (end - start), end + 1


def calm_before(alert: Alert) -> Span:
    """Return the fortnight that ends where the first window of an episode begins."""
    end = to_ms(alert.opened_at - (alert.window_end - alert.window_start))
    return end - DAYS * HOURS * HOUR_MS, end


def comparable(
    window: Span, calm: Span, zone: ZoneInfo, *, seen_since: int, episodes: Sequence[Span]
) -> Baseline | None:
    """Choose what is ordinary for a window; None where nothing went before.

    Args:
        window: The worst window of the episode.
        calm: The fortnight before it opened.
        zone: The owner's clock, which says what the same hour of another day is.
        seen_since: When the first call was seen; what was before is unknown, and not silence.
        episodes: When the series was not itself.
    """

    def usable(span: Span) -> bool:
        known = max(calm[0], seen_since) <= span[0] and span[1] <= calm[1]
        return known and not any(start < span[1] and span[0] < end for start, end in episodes)

    days = [span for span in _same_hour(window, calm, zone) if usable(span)]
    weekend = _is_weekend(window, zone)
    alike = [span for span in days if _is_weekend(span, zone) is weekend]
    if days:
        kind = ("weekend day" if weekend else "weekday") if alike else "day"
        return _of_days(alike or days, kind, zone)
    length = window[1] - window[0]
    hours = [(end - length, end) for end in range(calm[1], calm[1] - HOURS * length, -length)]
    before = [span for span in hours if usable(span)]
    return Baseline(before, f"{_plural(len(before), 'calm hour')} before") if before else None


def _same_hour(window: Span, calm: Span, zone: ZoneInfo) -> Iterator[Span]:
    """Yield the window on earlier days of the owner's clock, the latest first, back to where the fortnight begins."""
    wall = _wall(window[0], zone).replace(tzinfo=None)
    length = window[1] - window[0]
    start = window[0]
    while start > calm[0]:
        wall -= timedelta(days=1)
        start = to_ms(wall.replace(tzinfo=zone))
        yield start, start + length


def _of_days(spans: Sequence[Span], kind: str, zone: ZoneInfo) -> Baseline:
    first = _wall(min(spans)[0], zone)
    return Baseline(spans, f"the same hour of {_plural(len(spans), kind)} since {first:%a %d %b}")


def _is_weekend(span: Span, zone: ZoneInfo) -> bool:
    return _wall(span[0], zone).weekday() >= SATURDAY


def _wall(milliseconds: int, zone: ZoneInfo) -> datetime:
    return from_ms(milliseconds).astimezone(zone)


def _plural(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
