"""What a report is cut by: how an entity is shown, and how a query picks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local_platform import ids
from local_platform.analytics.columns import Word
from local_platform.analytics.scan import Keeps
from local_platform.wire import dumps


@dataclass(frozen=True, slots=True)
class Dimension:
    """A key of calls.

    Attributes:
        key: Its column.
        unknown: What calls that name none are counted under.
        kind: What its entities are, where they have ids.
    """

    key: str
    unknown: str
    kind: str = ""


PROVIDER = Dimension("provider", "")
MODEL = Dimension("model", "")
AGENT = Dimension("agent", "Unclassified")
TASK = Dimension("task", "Unclassified")
USER = Dimension("user", "Unclassified")
ORGANIZATION = Dimension("organization", "Unclassified", "organization")
PRODUCT = Dimension("product", "Unclassified", "product")
CREDENTIAL = Dimension("credential", "ANONYMOUS-API-KEY", "credential")


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as it is shown; the id is empty where the dimension has none."""

    name: str
    id: str


def shown(connection: sqlite3.Connection, dimension: Dimension, words: Iterable[Word]) -> dict[Word, Entity]:
    """Return entities under their present names."""
    distinct = set(words)
    numbers = [word for word in distinct if isinstance(word, int)]
    names = _present_names(connection, dimension.kind, numbers) if numbers else {}
    return {word: _entity(dimension, word, names) for word in distinct}


def picked(connection: sqlite3.Connection, dimension: Dimension, texts: Iterable[str]) -> Keeps:
    """Return what keeps the entities that a query names, by name or id."""
    wanted = frozenset(texts)
    known: dict[Word, bool] = {}

    def keeps(word: Word) -> bool:
        if word not in known:
            entity = shown(connection, dimension, [word])[word]
            known[word] = entity.name in wanted or entity.id in wanted
        return known[word]

    return keeps


def _present_names(connection: sqlite3.Connection, kind: str, numbers: list[int]) -> dict[int, str]:
    rows = connection.execute(
        "SELECT id, name FROM document WHERE kind = ? AND id IN (SELECT value FROM json_each(?))",
        (kind, dumps(numbers)),
    )
    return dict(rows.fetchall())


def _entity(dimension: Dimension, word: Word, names: Mapping[int, str]) -> Entity:
    if isinstance(word, int):
        number = ids.encode(dimension.kind, word)
        # A deleted resource is still what was paid for.
        return Entity(names.get(word, number), number)
    name = dimension.unknown if word is None else word
    return Entity(name, ids.of_name(dimension.kind, name) if dimension.kind else "")
