"""Whose cost moved most between the window and the one of equal length before it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from local_platform.analytics import entities
from local_platform.analytics.entities import Entity
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.catalogue import Aggregation
from local_platform.analytics.newer.computing import Group, Metric, groups_by_bucket
from local_platform.analytics.periods import Bucket

_DIMENSIONS = {
    "model": entities.MODEL,
    "agent": entities.AGENT,
    "product": entities.PRODUCT,
    "customer": entities.ORGANIZATION,
}


def movers(connection: sqlite3.Connection, asked: Asked) -> list[Group]:
    """Return what moved, by dollars the largest move first; the result of each is its change in percent."""
    window = asked.window
    before = Bucket(window.start - (window.end - window.start), window.start)
    aggregation = Aggregation(_DIMENSIONS[asked.choice("groupBy", tuple(_DIMENSIONS), "model")])
    previous, current = map(_values, groups_by_bucket(connection, asked, aggregation, [before, window]))
    moved = sorted(
        previous.keys() | current.keys(),
        key=lambda entity: (-abs(current.get(entity, 0.0) - previous.get(entity, 0.0)), entity.name),
    )
    return [
        Group(entity.name, [_move(entity, previous.get(entity, 0.0), current.get(entity, 0.0))]) for entity in moved
    ]


def _values(groups: Sequence[Group]) -> dict[Entity, float]:
    return {metric.entity: metric.value for group in groups for metric in group.metrics}


def _move(entity: Entity, previous: float, current: float) -> Metric:
    more = {"currentValue": current, "previousValue": previous, "trend": _trend(previous, current)}
    return Metric(entity, "TOP_MOVERS", _percent(previous, current), more)


def _percent(previous: float, current: float) -> float:
    """Return the change in percent; what was not there before has grown by all of itself."""
    if not previous:
        return 100.0 if current else 0.0
    return round(100 * (current - previous) / previous, 6)


def _trend(previous: float, current: float) -> str:
    if not previous:
        return "new" if current else "neutral"
    if not current:
        return "eliminated"
    return "neutral" if current == previous else "up" if current > previous else "down"
