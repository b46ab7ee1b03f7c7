"""Finding series by name or pattern, and naming the nearest where nothing matches."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from daemon.domain import SeriesKey
from daemon.errors import UnknownNameError
from daemon.spoken import matches


def matching(pattern: str, keys: Iterable[SeriesKey]) -> list[SeriesKey]:
    """Return the series that a pattern means."""
    return [key for key in keys if matches(pattern, str(key))]


def require(pattern: str, keys: Iterable[SeriesKey]) -> list[SeriesKey]:
    """Return the series that a pattern means.

    Raises:
        UnknownNameError: There is none.
    """
    known = list(keys)
    matched = matching(pattern, known)
    if not matched:
        names = [str(key) for key in known]
        near = difflib.get_close_matches(pattern, names, 3) or sorted(names)[:3]
        raise UnknownNameError(
            f"no series matches {pattern!r}; there are {len(names)}, such as {', '.join(near) or 'none yet'}"
        )
    return matched


def nearest(given: str, known: Iterable[str], most: int = 3) -> str:
    """Return the known names that are most like a given one, else the first ones; in words."""
    names = list(known)
    return ", ".join(difflib.get_close_matches(given, names, most, cutoff=0.4) or names[:most]) or "none yet"
