"""What an analysis says; the names of the fields are those its readers know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from detectors import words
from detectors.base import Sensitivity


class Method(StrEnum):
    """How the norm is found."""

    ROBUST = "robust"
    CLASSIC = "classic"


class Pattern(StrEnum):
    """How the anomalous buckets of an entity lie in time."""

    SINGLE = "single"
    CONSECUTIVE = "consecutive"
    WEEKEND = "weekend"
    SEPARATE = "separate"


class EntityKey(NamedTuple):
    """An entity; one name in two dimensions makes two of them."""

    dimension: str
    name: str

    @property
    def text(self) -> str:
        """How the entity reads in a sentence."""
        return words.entity(*self)


class Judgement(NamedTuple):
    """The amount of one bucket beside the norm of its entity.

    Attributes:
        bucket: Its number.
        value: Dollars in it.
        normal: The norm.
        low: Where the ordinary range begins.
        high: Where it ends.
        excess: Dollars beyond the norm; negative for a drop.
        z_score: Distance from the norm in ordinary deviations, never negative.
        severity: What anomalies are ranked by.
    """

    bucket: int
    value: float
    normal: float
    low: float
    high: float
    excess: float
    z_score: float
    severity: float


@dataclass(frozen=True, slots=True)
class TemporalAnomaly:
    """One bucket of one entity that is unlike the others.

    Attributes:
        entity_name: Who spent.
        entity_type: Its dimension.
        time_group: Start of the bucket.
        time_group_label: Weekday and date of the bucket.
        anomaly_value: Dollars spent in it.
        normal_value: The norm of the entity.
        normal_range_min: Where its ordinary range begins.
        normal_range_max: Where it ends.
        excess: Dollars beyond the norm; negative for a drop.
        z_score: Distance from the norm in ordinary deviations.
        severity_score: What the anomalies are ranked by.
        percentage_above_normal: Excess in percent of the norm; None where the norm is nothing.
        context: The same in a sentence.
    """

    entity_name: str
    entity_type: str
    time_group: datetime
    time_group_label: str
    anomaly_value: float
    normal_value: float
    normal_range_min: float
    normal_range_max: float
    excess: float
    z_score: float
    severity_score: float
    percentage_above_normal: float | None
    context: str

    @property
    def key(self) -> EntityKey:
        """Which entity it is about."""
        return EntityKey(self.entity_type, self.entity_name)


@dataclass(frozen=True, slots=True)
class TimeSummary:
    """The anomalies of one bucket.

    Attributes:
        time_group: Start of the bucket.
        time_group_label: Weekday and date of the bucket.
        total_anomalies: How many entities were unlike themselves, over all dimensions.
        primary_entity_type: The dimension whose anomalous entities the sums are over: every dollar
            appears once in each dimension, so only one is counted.
        total_cost: What they spent.
        normal_cost: What they spend ordinarily.
        total_anomalous_cost: What they spent beyond that; drops are not set against it.
        cost_multiplier: Spent over ordinary; None where ordinary is nothing.
        explanation: The same in a sentence.
    """

    time_group: datetime
    time_group_label: str
    total_anomalies: int
    primary_entity_type: str
    total_cost: float
    normal_cost: float
    total_anomalous_cost: float
    cost_multiplier: float | None
    explanation: str


@dataclass(frozen=True, slots=True)
class EntitySummary:
    """The anomalies of one entity.

    Attributes:
        entity_name: Who spent.
        entity_type: Its dimension.
        anomalous_time_periods: Labels of its anomalous buckets, in order of time.
        total_anomalous_cost: Dollars beyond the norm in them; drops are not set against it.
        normal_cost: The norm of one of them, on average.
        pattern: How they lie in time.
        anomaly_pattern: The same in words.
        ongoing: Whether the last bucket of the period is one of them.
    """

    entity_name: str
    entity_type: str
    anomalous_time_periods: tuple[str, ...]
    total_anomalous_cost: float
    normal_cost: float
    pattern: Pattern
    anomaly_pattern: str
    ongoing: bool

    @property
    def key(self) -> EntityKey:
        """Which entity it is about."""
        return EntityKey(self.entity_type, self.entity_name)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Something to do, and what it is concluded from.

    Attributes:
        text: The advice, with the figures it rests on.
        entities: Whom it is about.
        dollars: How much money it is about.
    """

    text: str
    entities: tuple[EntityKey, ...]
    dollars: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything an analysis found.

    Attributes:
        period_analyzed: Name of the period.
        start: Where it begins.
        end: Where it ends.
        sensitivity_used: The word that was asked for.
        method_used: How the norm was found.
        min_impact: Dollars an anomaly had to make up.
        time_groups_analyzed: Number of buckets.
        entities_analyzed: Number of entities of every dimension.
        total_anomalies_detected: Number of anomalies.
        temporal_anomalies: The anomalies, the most severe first.
        time_period_summary: One entry for every bucket with anomalies, in order of time.
        entity_summary: One entry for every entity with anomalies, the dearest first.
        recommendations: What to do, the dearest first.
        below_impact: How many more are unusual, but make up too few dollars.
        undecided: Entities with too few buckets to tell anything.
    """

    period_analyzed: str
    start: datetime
    end: datetime
    sensitivity_used: Sensitivity
    method_used: Method
    min_impact: float
    time_groups_analyzed: int
    entities_analyzed: Mapping[str, int]
    total_anomalies_detected: int
    temporal_anomalies: tuple[TemporalAnomaly, ...]
    time_period_summary: tuple[TimeSummary, ...]
    entity_summary: tuple[EntitySummary, ...]
    recommendations: tuple[Recommendation, ...]
    below_impact: int
    undecided: tuple[EntityKey, ...]
