"""From what was metered to groups of metrics."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from local_platform import ids
from local_platform.analytics.aggregates import aggregate
from local_platform.analytics.catalogue import TOKEN_TYPES
from local_platform.analytics.columns import KEYS, TOOL_KEYS, Numbers
from local_platform.analytics.entities import Dimension, Entity, picked, shown
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.catalogue import FILTERS, Aggregation, Source
from local_platform.analytics.newer.tools import events_by_bucket
from local_platform.analytics.periods import Bucket
from local_platform.analytics.scan import Selection, calls_by_bucket, one_view

_READERS = {Source.CALLS: calls_by_bucket, Source.TOOLS: events_by_bucket}
_KEYS = {Source.CALLS: KEYS.keys(), Source.TOOLS: TOOL_KEYS.keys()}

# What there is none of here: neither coding assistants nor bills of providers.
_ELSEWHERE = frozenset({"CODING_ASSISTANT", "CODING_ASSISTANTS", "PROVIDER_BILLING"})


@dataclass(frozen=True, slots=True)
class Metric:
    """A value of an entity; `more` are further fields that it has on the wire.

    Most say in `kind` how they were aggregated, some which report they are of: clients take its unit from that.
    """

    entity: Entity
    kind: str
    value: float
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics under one name."""

    name: str
    metrics: Sequence[Metric]


def ranked(groups: Iterable[Group]) -> list[Group]:
    """Return groups with the largest first."""
    return sorted(groups, key=lambda group: sum(metric.value for metric in group.metrics), reverse=True)


def groups_by_bucket(
    connection: sqlite3.Connection, asked: Asked, aggregation: Aggregation, buckets: Sequence[Bucket]
) -> list[list[Group]]:
    """Compute the groups of each bucket, ordered by name."""
    [groups] = several_by_bucket(connection, asked, [aggregation], buckets)
    return groups


def several_by_bucket(
    connection: sqlite3.Connection, asked: Asked, aggregations: Sequence[Aggregation], buckets: Sequence[Bucket]
) -> list[list[list[Group]]]:
    """Compute several aggregations in one reading, each as `groups_by_bucket` does; they group the same source alike."""
    if (sources := asked.words("costSource") | asked.words("costSources")) and sources <= _ELSEWHERE:
        return [[[] for _ in buckets] for _ in aggregations]
    first = aggregations[0]
    dimensions = [one for one in (first.by, first.within) if one is not None]
    wanted = [_Wanted.of(asked, one) for one in aggregations]
    selection = _selection(connection, asked, first.source, dimensions, [one.column for one in wanted])
    found: list[list[dict[tuple[int, ...], float]]] = [[] for _ in wanted]
    with one_view(connection):
        reading = _READERS[first.source](connection, selection, buckets)
        for bucket, columns in zip(buckets, reading, strict=True):
            for one, values in zip(wanted, found, strict=True):
                values.append(_values(one, dimensions, columns, bucket))
        met = [values for of_one in found for values in of_one]
        entities = [_entities(connection, one, position, selection, met) for position, one in enumerate(dimensions)]
        alone = _team(connection, asked) if not dimensions else Entity("", "")
    return [
        [list(_groups(one.kind, values, entities, alone)) for values in of_one]
        for one, of_one in zip(wanted, found, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An aggregation as one request asks for it."""

    aggregation: Aggregation
    how: str
    column: str

    @classmethod
    def of(cls, asked: Asked, aggregation: Aggregation) -> _Wanted:
        """Read what a request may choose."""
        how = aggregation.how if aggregation.fixed else asked.aggregate(aggregation.how)
        return cls(aggregation, how, _column(asked, aggregation))

    @property
    def kind(self) -> str:
        """What the metrics call themselves."""
        return self.aggregation.kind or self.how


def _column(asked: Asked, aggregation: Aggregation) -> str:
    if not aggregation.per_minute:
        return aggregation.column
    column, _ = TOKEN_TYPES[asked.choice("tokenType", tuple(TOKEN_TYPES), "TOTAL")].value
    return column


def _worth(aggregation: Aggregation, bucket: Bucket) -> float:
    return aggregation.worth / bucket.minutes if aggregation.per_minute else aggregation.worth


def _selection(
    connection: sqlite3.Connection,
    asked: Asked,
    source: Source,
    dimensions: Sequence[Dimension],
    columns: Sequence[str],
) -> Selection:
    keeps = {
        dimension.key: picked(connection, dimension, words)
        for name, dimension in FILTERS.items()
        if (words := asked.words(name)) and dimension.key in _KEYS[source]
    }
    names = [*(one.key for one in dimensions), *filter(None, columns)]
    # Counting takes any column; the one that everything has is as good as another.
    return Selection(asked.team, tuple(dict.fromkeys(names or ["agent"])), keeps)


def _values(
    wanted: _Wanted, dimensions: Sequence[Dimension], columns: Mapping[str, Numbers], bucket: Bucket
) -> dict[tuple[int, ...], float]:
    values = columns[wanted.column] if wanted.column else np.ones_like(next(iter(columns.values())))
    # A count is a number of calls whatever it is that would be summed up.
    unit = 1.0 if wanted.how == "count" else _worth(wanted.aggregation, bucket)
    found = aggregate(wanted.how, [columns[one.key] for one in dimensions], values)
    return {group: round(value * unit, 9) for group, value in found.items()}


def _entities(
    connection: sqlite3.Connection,
    dimension: Dimension,
    position: int,
    selection: Selection,
    found: Sequence[Mapping[tuple[int, ...], float]],
) -> dict[int, Entity]:
    """Return how the entities of one part of the groups are shown, by their numbers."""
    words = selection.vocabularies[dimension.key].words
    codes = {group[position] for of_bucket in found for group in of_bucket}
    entities = shown(connection, dimension, (words[code] for code in codes))
    return {code: entities[words[code]] for code in codes}


def _team(connection: sqlite3.Connection, asked: Asked) -> Entity:
    (name,) = connection.execute("SELECT name FROM document WHERE kind = 'team' AND id = ?", (asked.team,)).fetchone()
    return Entity(name, ids.encode("team", asked.team))


def _groups(
    kind: str,
    values: Mapping[tuple[int, ...], float],
    entities: Sequence[Mapping[int, Entity]],
    alone: Entity,
) -> Iterator[Group]:
    """Yield the groups of a bucket by name; the last part of a group is its metric, and may be the first, too."""
    metrics: dict[Entity, list[Metric]] = {}
    for group, value in values.items():
        shown_parts = [by_code[code] for by_code, code in zip(entities, group, strict=True)] or [alone]
        metrics.setdefault(shown_parts[0], []).append(Metric(shown_parts[-1], kind, value))
    for entity in sorted(metrics, key=lambda one: (one.name, one.id)):
        yield Group(entity.name, sorted(metrics[entity], key=lambda one: one.entity.name))
