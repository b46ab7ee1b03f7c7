"""What the hierarchy of incidents must know of alerts: their excess at present, and the calls they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.alerts import Alert
from daemon.clock import to_ms
from daemon.domain import HOUR_MS, NAMED, Dimension, Entity, Measures, Metric, SeriesKey
from daemon.store import Cells, Span, Store
from detectors.base import Observation, Verdict
from detectors.decision.episodes import end_of
from detectors.decision.hierarchy import Mover

BREADTH = (
    Dimension.AGENT, Dimension.API_KEY, Dimension.TASK_TYPE, Dimension.USER, Dimension.CUSTOMER,
    Dimension.MODEL, Dimension.PRODUCT, Dimension.PROVIDER, Dimension.TOTAL,
)  # fmt: skip
"""Which dimension says most about the cause, where several account for the excess equally well."""

CALM_MS = 24 * HOUR_MS
"""How much of the past says what a series consists of that has fallen silent."""

Verdicts = Mapping[SeriesKey, tuple[Observation, Verdict]]


@dataclass(frozen=True, slots=True)
class Sight:
    """The window in which an alert is compared with others."""

    start: datetime
    end: datetime
    observed: float
    expected: float


async def survey(
    store: Store, joining: Sequence[Alert], heads: Sequence[Alert], verdicts: Verdicts
) -> dict[str, Mover]:
    """Return, by alert id, what the hierarchy must know.

    Args:
        store: Where the calls are.
        joining: Alerts without an incident.
        heads: Alerts that lead one; those that nobody could join are left out.
        verdicts: The newest verdicts.
    """
    heads = [head for head in heads if any(is_comparable(head, one) for one in joining)]
    sights = {alert.id: _newest_odd(alert, verdicts) for alert in joining}
    sights |= {head.id: _present(head, verdicts) for head in heads}
    found = {}
    for alert in (*joining, *heads):
        others = [one for one in (*joining, *heads) if one.id != alert.id and is_comparable(one, alert)]
        # Whoever is alone leads itself, whatever it consists of.
        cells = await store.cells(alert.series.entity, [_span(alert, sights[alert.id])]) if others else {}
        found[alert.id] = mover(alert, sights[alert.id], cells, others)
    return found


def is_comparable(one: Alert, other: Alert) -> bool:
    """Tell whether two alerts are of one metric and to one side."""
    return one.series.metric is other.series.metric and (one.excess > 0) == (other.excess > 0)


def mover(alert: Alert, sight: Sight, cells: Cells, others: Iterable[Alert]) -> Mover:
    """Return an alert as the hierarchy sees it, with what its calls have in common with others."""
    metric = alert.series.metric
    side = 1 if alert.excess > 0 else -1
    excess = max(0.0, side * (sight.observed - sight.expected))
    amount = sum(_traffic(measures, metric) for measures in cells.values())
    traffic = max(sight.observed, sight.expected) if metric.is_counter else amount
    # Of a drop the calls that are missing cannot be counted: the day before stands for them, in proportion.
    scale = traffic / amount if amount > 0 else 0.0
    return Mover(
        alert.id,
        breadth=BREADTH.index(alert.series.entity.dimension),
        opened_at=alert.opened_at,
        excess=excess if metric.is_counter else excess * amount,
        traffic=traffic,
        shared={one.id: scale * _common(cells, one.series.entity, metric) for one in others},
    )


def _worst(alert: Alert) -> Sight:
    return Sight(alert.window_start, alert.window_end, alert.observed, alert.expected)


def _newest_odd(alert: Alert, verdicts: Verdicts) -> Sight:
    """Return the newest window if it is out of band; an alert of a late hour is about that hour."""
    is_odd = alert.series in verdicts and verdicts[alert.series][1].is_anomaly
    return _present(alert, verdicts) if is_odd else _worst(alert)


def _present(alert: Alert, verdicts: Verdicts) -> Sight:
    """Return the newest window of an alert that goes on, since its worst may be days ago."""
    if not alert.is_open or alert.series not in verdicts:
        return _worst(alert)
    observation, verdict = verdicts[alert.series]
    end = end_of(observation)
    return Sight(end - observation.span, end, observation.value, verdict.expected)


def _span(alert: Alert, sight: Sight) -> Span:
    start, end = to_ms(sight.start), to_ms(sight.end)
    is_drop = alert.series.metric.is_counter and alert.excess < 0
    return (start - CALM_MS, start) if is_drop else (start, end)


def _common(cells: Cells, entity: Entity, metric: Metric) -> float:
    if entity.dimension is Dimension.TOTAL:
        return sum(_traffic(measures, metric) for measures in cells.values())
    column = NAMED.index(entity.dimension)
    return sum(_traffic(measures, metric) for labels, measures in cells.items() if labels[column] == entity.name)


def _traffic(measures: Measures, metric: Metric) -> float:
    """Return what adds up: the metric itself, or the calls that a mean is over."""
    return (measures.value(metric) or 0.0) if metric.is_counter else float(measures.calls)
