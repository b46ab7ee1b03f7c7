"""The daemon's own metrics in Prometheus' text form, read off its status at the moment they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from daemon.operations.results import Status

CONTENT_TYPE = CONTENT_TYPE_LATEST


def render(status: Status) -> bytes:
    """Return the metrics of one status."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(status))
    return generate_latest(registry)


class _Snapshot(Collector):
    """Presents one status as metric families."""

    def __init__(self, status: Status) -> None:
        self._status = status

    @override
    def collect(self) -> Iterator[Metric]:
        status = self._status
        yield _gauge("up", "Whether the last poll succeeded.", status.state == "ok")
        last = status.last_poll_at.timestamp() if status.last_poll_at else 0.0
        yield _gauge("last_poll_timestamp_seconds", "End of the last successful poll.", last)
        yield _gauge("series", "Series with a detector.", status.series)
        yield _gauge("open_alerts", "Alerts that are firing.", status.open_alerts)
        yield _counter("polls", "Polls since the start.", status.polls)
        yield _counter("transactions", "Metered calls recorded since the start.", status.transactions)
        yield _counter("rejected_rows", "Log rows set aside since the start.", status.rejected)
        yield self._messages()
        yield self._paused()

    def _messages(self) -> Metric:
        family = GaugeMetricFamily(
            "revenium_monitor_messages", "Messages by channel and state.", labels=("channel", "state")
        )
        for channel in self._status.channels:
            for state in ("pending", "delivered", "dead"):
                family.add_metric((channel.name, state), getattr(channel, state))
        return family

    def _paused(self) -> Metric:
        family = GaugeMetricFamily(
            "revenium_monitor_channel_paused", "Whether a channel is held back.", labels=("channel",)
        )
        for channel in self._status.channels:
            family.add_metric((channel.name,), float(channel.paused_for is not None))
        return family


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"revenium_monitor_{name}", meaning, value=float(value))


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(f"revenium_monitor_{name}", meaning, value=float(value))
