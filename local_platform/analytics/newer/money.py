"""What customers and products bring in, and what is left of it."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from local_platform.analytics.columns import Word
from local_platform.analytics.entities import ORGANIZATION, PRODUCT, Dimension, Entity, picked, shown
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.catalogue import FILTERS, Aggregation
from local_platform.analytics.newer.computing import Group, Metric, groups_by_bucket
from local_platform.analytics.revenue import earned_by, kept_earnings
from local_platform.billing.revenue import revenue

DIMENSIONS = {"customer": ORGANIZATION, "product": PRODUCT}

_MARGINS = {ORGANIZATION: "PROFIT_MARGIN_BY_CUSTOMER", PRODUCT: "PROFIT_MARGIN_BY_PRODUCT"}


def revenue_groups(connection: sqlite3.Connection, asked: Asked, dimension: Dimension) -> list[Group]:
    """Return what each customer or product brought in."""
    return [
        Group(entity.name, [Metric(entity, "sum", float(round(amount, 9)))])
        for entity, amount in _revenue(connection, asked, dimension).items()
    ]


def margin_groups(connection: sqlite3.Connection, asked: Asked, dimension: Dimension) -> list[Group]:
    """Return how many percent of what a customer or product brings in are not spent; who brings in nothing has none."""
    [costs] = groups_by_bucket(connection, asked, Aggregation(dimension, fixed=True), [asked.window])
    spent = {metric.entity: Decimal(str(metric.value)) for group in costs for metric in group.metrics}
    return [
        Group(entity.name, [Metric(entity, _MARGINS[dimension], _margin(amount, spent.get(entity, Decimal(0))))])
        for entity, amount in _revenue(connection, asked, dimension).items()
        if amount > 0
    ]


def _margin(earned: Decimal, spent: Decimal) -> float:
    return float(round(100 * (earned - spent) / earned, 6))


def _revenue(connection: sqlite3.Connection, asked: Asked, dimension: Dimension) -> dict[Entity, Decimal]:
    window = asked.window
    filters = [
        (one, picked(connection, one, words))
        for name, one in FILTERS.items()
        if one in (ORGANIZATION, PRODUCT) and (words := asked.words(name))
    ]
    earned = kept_earnings(revenue(asked.session(connection), [window.start, window.end]), filters)
    sums: dict[Word, Decimal] = {
        word: sum(amounts, Decimal(0)) for span in earned_by(dimension, earned) for word, amounts in span.items()
    }
    entities = shown(connection, dimension, sums)
    return {entities[word]: amount for word, amount in sums.items()}
