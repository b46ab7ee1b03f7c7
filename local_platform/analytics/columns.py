"""Metered calls as columns of numbers: how reports hold them, and how a column is stored.

Names become small numbers, so that calls are compared, counted and sorted without touching text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from local_platform.wire import dumps, loads

# Whole numbers, mostly as narrow as their values allow: a report holds a month of calls at once.
Numbers = npt.NDArray[np.integer]
# An entity is known by its document's number, or else by its name, or not at all.
Word = int | str | None

TIME = "request_ms"
KEYS = {
    "provider": "provider",
    "model": "model",
    "agent": "agent",
    "task": "task_type",
    "user": "subscriber_email",
    "organization": "coalesce(organization_id, organization)",
    "product": "coalesce(product_id, product)",
    "credential": "coalesce(credential_id, credential)",
    "subscription": "subscription_id",
}
"""What calls are told apart by, and the SQL for it."""

MEASURES = {
    "total_cost": "total_cost",
    "input_cost": "input_cost",
    "output_cost": "output_cost",
    "duration_ms": "duration_ms",
    "total_tokens": "total_tokens",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "reasoning_tokens": "reasoning_tokens",
    "cached_tokens": "cached_tokens",
    "cache_creation_tokens": "cache_creation_tokens",
    "completed": "1 - failed",
}
"""What calls are measured by, and the SQL for it; all are whole numbers."""

TOOL_KEYS = {
    "tool": "tool_id",
    "tool_provider": "tool_provider",
    "agent": "agent",
    "organization": "organization_id",
    "product": "product_id",
    "credential": "credential_id",
}
"""What the events of tools are told apart by, and the SQL for it."""

_NAMES = KEYS.keys() | TOOL_KEYS.keys()
_WIDTHS = tuple((width, np.iinfo(width)) for width in ("i1", "<i2", "<i4", "<i8"))


class Vocabulary:
    """The words of one column, numbered as they turn up."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._numbers: dict[Word, int] = {}

    def codes(self, words: Iterable[Word]) -> Numbers:
        """Return the numbers of words, new ones for those not met before."""
        numbers = self._numbers
        codes = np.fromiter((numbers.setdefault(word, len(numbers)) for word in words), np.int64)
        self.words.extend(list(numbers)[len(self.words) :])
        return codes.astype(np.min_scalar_type(len(numbers)))


Vocabularies = dict[str, Vocabulary]


@dataclass(frozen=True, slots=True)
class Calls:
    """Some calls.

    Attributes:
        times: When they began, in milliseconds after the origin.
        columns: By name, an array in the order of the times.
        origin: The moment that times count from, in epoch milliseconds.
    """

    times: Numbers
    columns: Mapping[str, Numbers]
    origin: int = 0

    def between(self, start: int, end: int) -> Calls:
        """Return the calls from one moment until before another; they must be ordered by time."""
        first, last = np.searchsorted(self.times, (start - self.origin, end - self.origin))
        return self.picked(slice(first, last))

    def picked(self, which: slice | npt.NDArray[np.generic]) -> Calls:
        """Return the calls at some positions, or those that a mask marks."""
        return Calls(self.times[which], {name: column[which] for name, column in self.columns.items()}, self.origin)


@dataclass(frozen=True, slots=True)
class Packed:
    """One column of some calls as it is stored."""

    words: str | None
    type: str
    data: bytes


def from_rows(rows: Sequence[Sequence[object]], names: Sequence[str], vocabularies: Vocabularies) -> Calls:
    """Turn rows into columns ordered by time.

    Args:
        rows: The moment of each call, then what `names` say.
        names: The columns.
        vocabularies: Where the words of those that are names are numbered.
    """
    times, *columns = zip(*rows, strict=True) if rows else [()] * (len(names) + 1)
    calls = Calls(
        np.array(times, np.int64),
        {
            name: vocabularies[name].codes(column) if name in _NAMES else _narrow(np.array(column, np.int64))
            for name, column in zip(names, columns, strict=True)
        },
    )
    return calls.picked(np.argsort(calls.times, kind="stable"))


def joined(parts: Sequence[Calls], names: Iterable[str]) -> dict[str, Numbers]:
    """Return the columns of calls put behind each other, whatever their times."""
    # An empty part would still widen the numbers of the others.
    some = [part for part in parts if part.times.size] or parts[:1]
    return {name: np.concatenate([part.columns[name] for part in some]) for name in names}


def pack(column: Numbers, vocabulary: Vocabulary | None) -> Packed:
    """Render a column in as few bytes as its numbers need, with the words it uses."""
    words = None
    if vocabulary is not None:
        used, column = np.unique(column, return_inverse=True)
        words = dumps([vocabulary.words[code] for code in used])
    column = _narrow(column)
    return Packed(words, column.dtype.str, column.tobytes())


def unpack(packed: Packed, vocabulary: Vocabulary | None) -> Numbers:
    """Read a stored column; its words are numbered by the vocabulary."""
    numbers = np.frombuffer(packed.data, packed.type)
    if packed.words is None or vocabulary is None:
        return numbers
    words = cast("list[Word]", loads(packed.words.encode()))
    codes: Numbers = vocabulary.codes(words)[numbers]
    return codes


def _narrow(column: Numbers) -> Numbers:
    """Return the numbers in as few bytes as hold each of them."""
    least, most = (int(column.min()), int(column.max())) if column.size else (0, 0)
    return column.astype(next(width for width, limits in _WIDTHS if limits.min <= least and most <= limits.max))
