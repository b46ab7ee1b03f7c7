"""What the hierarchy of incidents must know of alerts: their excess at present, and the calls they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.alerts import Alert
from daemon.clock import to_ms
from daemon.domain import HOUR_MS, NAMED, TOTAL, Dimension, Entity, Measures, Metric, SeriesKey
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
    found: dict[str, Mover] = {}
    for alike in _alike([*joining, *heads]):
        # Whoever is alone leads itself, whatever it consists of.
        shared = await _shared(store, alike, sights) if len(alike) > 1 else {}
        found |= {alert.id: mover(alert, sights[alert.id], shared.get(alert.id, {})) for alert in alike}
    return found


def is_comparable(one: Alert, other: Alert) -> bool:
    """Tell whether two alerts are of one metric and to one side."""
    return one.series.metric is other.series.metric and (one.excess > 0) == (other.excess > 0)


def mover(alert: Alert, sight: Sight, shared: Mapping[str, float]) -> Mover:
    """Return an alert as the hierarchy sees it.

    Args:
        alert: The alert.
        sight: The window in which it is compared.
        shared: The traffic that it has in common with others, by their ids; its own among them.
    """
    metric = alert.series.metric
    side = 1 if alert.excess > 0 else -1
    excess = max(0.0, side * (sight.observed - sight.expected))
    own = shared.get(alert.id, 0.0)
    traffic = max(sight.observed, sight.expected) if metric.is_counter else own
    # Of a drop the calls that are missing cannot be counted: the day before stands for them, in proportion.
    scale = traffic / own if own > 0 else 0.0
    return Mover(
        alert.id,
        breadth=BREADTH.index(alert.series.entity.dimension),
        opened_at=alert.opened_at,
        excess=excess if metric.is_counter else excess * own,
        traffic=traffic,
        shared={other: scale * amount for other, amount in shared.items()},
    )


async def _shared(store: Store, alike: Sequence[Alert], sights: Mapping[str, Sight]) -> dict[str, dict[str, float]]:
    """Return the traffic that each alert shares with each, read once for all that are seen in the same window."""
    by_span: dict[Span, list[Alert]] = {}
    for alert in alike:
        by_span.setdefault(_span(alert, sights[alert.id]), []).append(alert)
    found: dict[str, dict[str, float]] = {}
    for span, seen in by_span.items():
        cells = await store.cells(seen[0].series.entity if len(seen) == 1 else TOTAL, [span])
        found |= crossed(cells, seen, alike)
    return found


def crossed(cells: Cells, seen: Iterable[Alert], alike: Sequence[Alert]) -> dict[str, dict[str, float]]:
    """Return how much of the traffic of each seen alert is also that of others.

    The work grows with the cells alone: a call is of few alerts, however many there are.
    """
    by_name = {alert.series.entity: alert for alert in alike}
    found: dict[str, dict[str, float]] = {alert.id: {} for alert in seen}
    for labels, measures in cells.items():
        named = (Entity(kind, name) for kind, name in zip(NAMED, labels, strict=True) if name is not None)
        of = [by_name[entity].id for entity in (TOTAL, *named) if entity in by_name]
        amount = _traffic(measures, alike[0].series.metric)
        for one in of:
            if one in found:
                for other in of:
                    found[one][other] = found[one].get(other, 0.0) + amount
    return found


def _alike(alerts: Sequence[Alert]) -> list[list[Alert]]:
    groups: dict[tuple[Metric, bool], list[Alert]] = {}
    for alert in alerts:
        groups.setdefault((alert.series.metric, alert.excess > 0), []).append(alert)
    return list(groups.values())


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


def _traffic(measures: Measures, metric: Metric) -> float:
    """Return what adds up: the metric itself, or the calls that a mean is over."""
    return (measures.value(metric) or 0.0) if metric.is_counter else float(measures.calls)
