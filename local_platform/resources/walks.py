"""Walks through pages whose newest rows come first: what is added meanwhile must not push others onto a later page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

_MOST_REMEMBERED = 4096


class Walks:
    """Where the walk began that came by each page last."""

    def __init__(self) -> None:
        self._horizons: OrderedDict[tuple[Hashable, int], int] = OrderedDict()
        # Pages are read in several threads.
        self._lock = Lock()

    def horizon(self, question: Hashable, page: int, newest: int) -> int:
        """Return the number of the last row that a page may show.

        Args:
            question: Who asks for what, in which order and size.
            page: Which page; the first one begins a walk, any other goes on from the one before it.
            newest: The number of the last row that there is now.
        """
        with self._lock:
            # Remembered by page, so that several walks through the same pages leave each other alone.
            horizon = self._horizons.get((question, page - 1), newest)
            self._horizons[question, page] = horizon
            self._horizons.move_to_end((question, page))
            if len(self._horizons) > _MOST_REMEMBERED:
                self._horizons.popitem(last=False)
        return horizon
