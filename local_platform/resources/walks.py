"""Walks through pages whose newest rows come first: what is added meanwhile must not push others onto a later page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

_MOST_REMEMBERED = 256


class Walks:
    """Where the latest walk through each question's pages began."""

    def __init__(self) -> None:
        self._newest: OrderedDict[Hashable, int] = OrderedDict()

    def horizon(self, question: Hashable, page: int, newest: int) -> int:
        """Return the number of the last row that a page may show.

        Args:
            question: Who asks for what, in which order and size.
            page: Which page; the first one begins a walk.
            newest: The number of the last row that there is now.
        """
        if page > 0:
            return self._newest.get(question, newest)
        self._newest[question] = newest
        self._newest.move_to_end(question)
        if len(self._newest) > _MOST_REMEMBERED:
            self._newest.popitem(last=False)
        return newest
