"""The daemon's own vocabulary: calls that were metered, the series made of them, and alerts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum

from typing_extensions import override

NANO = 1_000_000_000
"""Money is stored as integer nano-dollars: a single cheap call costs less than a micro-dollar."""

MINUTE_MS = 60_000
HOUR_MS = 3_600_000

PARTITIONS = 256
"""Fixed for ever: series move between machines by partition, never by rehashing."""


class Metric(StrEnum):
    """What a series measures. Counters are zero where nothing happened; ratios have a gap there."""

    COST = "cost"
    CALLS = "calls"
    TOKENS = "tokens"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    ERROR_RATE = "error_rate"
    LATENCY = "latency"
    COST_PER_CALL = "cost_per_call"

    @property
    def is_counter(self) -> bool:
        """Whether an absent window means zero."""
        return self not in {Metric.ERROR_RATE, Metric.LATENCY, Metric.COST_PER_CALL}


class Dimension(StrEnum):
    """By what the calls are split."""

    TOTAL = "total"
    PROVIDER = "provider"
    MODEL = "model"
    AGENT = "agent"
    API_KEY = "api_key"
    CUSTOMER = "customer"
    PRODUCT = "product"
    USER = "user"
    TASK_TYPE = "task_type"


NAMED = tuple(dimension for dimension in Dimension if dimension is not Dimension.TOTAL)
"""The dimensions that a call may name a value of, in the order of every list of labels."""


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """One value of one dimension, such as the agent ``research-agent``."""

    dimension: Dimension
    name: str

    @override
    def __str__(self) -> str:
        return self.dimension if self.dimension is Dimension.TOTAL else f"{self.dimension}/{self.name}"

    def partition(self, tenant: str) -> int:
        """Return the partition that owns every series of this entity; stable over processes."""
        digest = hashlib.blake2b(f"{tenant}\0{self}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % PARTITIONS


TOTAL = Entity(Dimension.TOTAL, "")


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """Names one series; reads ``cost/agent/research-agent`` or ``cost/total``."""

    metric: Metric
    entity: Entity

    @override
    def __str__(self) -> str:
        return f"{self.metric}/{self.entity}"

    @classmethod
    def parse(cls, text: str) -> SeriesKey:
        """Read what `str` wrote.

        Raises:
            ValueError: The text names no metric or dimension that exists.
        """
        metric, _, rest = text.partition("/")
        dimension, _, name = rest.partition("/")
        return cls(Metric(metric), Entity(Dimension(dimension), name))


@dataclass(frozen=True, slots=True)
class Measures:
    """What adds up over calls. Times are sums of milliseconds, money is nano-dollars."""

    calls: int = 0
    errors: int = 0
    cost_nanos: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    latency_ms: int = 0

    def value(self, metric: Metric) -> float | None:
        """Return the metric of these calls; None where a ratio has nothing to divide by."""
        match metric:
            case Metric.COST:
                return self.cost_nanos / NANO
            case Metric.CALLS:
                return float(self.calls)
            case Metric.TOKENS:
                return float(self.total_tokens)
            case Metric.INPUT_TOKENS:
                return float(self.input_tokens)
            case Metric.OUTPUT_TOKENS:
                return float(self.output_tokens)
            case Metric.ERROR_RATE:
                return self.errors / self.calls if self.calls else None
            case Metric.LATENCY:
                return self.latency_ms / self.calls if self.calls else None
            case Metric.COST_PER_CALL:
                return self.cost_nanos / NANO / self.calls if self.calls else None


MEASURES = tuple(field.name for field in fields(Measures))
"""Column order wherever measures are stored."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One metered call as the platform's log shows it.

    Attributes:
        row_id: The platform's id of the log row; what de-duplication goes by.
        transaction_id: The caller's own id; may repeat.
        at: When the call was made, milliseconds since the epoch.
        entities: One entity for each dimension that the call names, the total included.
        measures: What the call adds to each of them.
    """

    row_id: str
    transaction_id: str
    at: int
    entities: tuple[Entity, ...]
    measures: Measures


def dollars(nanos: int) -> Decimal:
    """Return stored money as exact dollars."""
    return Decimal(nanos) / NANO
