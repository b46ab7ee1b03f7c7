"""What reports can be filtered by: everything of a dimension that the team has."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from local_platform import ids
from local_platform.analytics import entities
from local_platform.analytics.columns import KEYS
from local_platform.analytics.entities import Dimension, shown
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.catalogue import TOOL_PROVIDER
from local_platform.analytics.scan import one_view

Options = Sequence[str | dict[str, str]]

# The source of a model lies in the record alone; the newest tell what is in use.
_RECORDS_READ = 5000


def options(connection: sqlite3.Connection, asked: Asked, dimension: str) -> Options:
    """Return the options of one of `DIMENSIONS`: names, or ids with labels where there are ids."""
    with one_view(connection):
        return DIMENSIONS[dimension](connection, asked)


def _metered(dimension: Dimension, connection: sqlite3.Connection, asked: Asked) -> Options:
    """Return what calls have named: the words of the copied columns, and those of the calls not copied yet."""
    copied = connection.execute(
        "SELECT words FROM call_column WHERE team = ? AND name = ? AND words IS NOT NULL", (asked.team, dimension.key)
    )
    words = {word for (text,) in copied for word in json.loads(text)}
    rest = connection.execute(
        f"SELECT DISTINCT {KEYS[dimension.key]} FROM completion NOT INDEXED"  # noqa: S608 - our own column
        " WHERE id > (SELECT through FROM folded) AND team = ?",
        (asked.team,),
    )
    words.update(word for (word,) in rest)
    found = shown(connection, dimension, words - {None}).values()
    if dimension.kind:
        return _labelled((entity.id, entity.name) for entity in found)
    return sorted(entity.name for entity in found)


def _documents(kind: str, connection: sqlite3.Connection, asked: Asked) -> Options:
    """Return the team's resources of a kind, those of the whole tenant among them."""
    rows = connection.execute(
        "SELECT id, name FROM document WHERE kind = ? AND tenant = ? AND team IN (0, ?)",
        (kind, asked.tenant, asked.team),
    )
    return _labelled((ids.encode(kind, number), name) for number, name in rows)


def _tool_providers(connection: sqlite3.Connection, asked: Asked) -> Options:
    rows = connection.execute(
        "SELECT DISTINCT json_extract(json, '$.toolProvider') AS provider FROM document"
        " WHERE kind = 'tool' AND tenant = ? AND team = ? ORDER BY provider",
        (asked.tenant, asked.team),
    )
    return [provider or TOOL_PROVIDER.unknown for (provider,) in rows]


def _model_sources(connection: sqlite3.Connection, asked: Asked) -> Options:
    rows = connection.execute(
        "SELECT DISTINCT json_extract(json, '$.modelSource') AS source FROM completion_record WHERE id IN"
        " (SELECT id FROM completion WHERE team = ? ORDER BY request_ms DESC LIMIT ?)"
        " AND source IS NOT NULL ORDER BY source",
        (asked.team, _RECORDS_READ),
    )
    return [source for (source,) in rows]


def _labelled(pairs: Iterable[tuple[str, str]]) -> Options:
    return [{"id": one, "label": label} for one, label in sorted(pairs, key=lambda pair: (pair[1], pair[0]))]


DIMENSIONS: dict[str, Callable[[sqlite3.Connection, Asked], Options]] = {
    "agents": partial(_metered, entities.AGENT),
    "api-keys": partial(_metered, entities.CREDENTIAL),
    "customers": partial(_documents, "organization"),
    "model-sources": _model_sources,
    "models": partial(_metered, entities.MODEL),
    "organizations": partial(_documents, "organization"),
    "products": partial(_documents, "product"),
    "providers": partial(_metered, entities.PROVIDER),
    "task-types": partial(_metered, entities.TASK),
    "teams": partial(_documents, "team"),
    "tool-providers": _tool_providers,
    "tools": partial(_documents, "tool"),
    "users": partial(_metered, entities.USER),
    "vendors": partial(_metered, entities.PROVIDER),
}
