"""Batch analysis of spending over a period: what stood out, when, by how much, and what to do."""

from detectors.analysis.analyze import Buckets, analyze
from detectors.analysis.period import Period
from detectors.analysis.results import (
    Analysis,
    EntityKey,
    EntitySummary,
    Method,
    Pattern,
    Recommendation,
    TemporalAnomaly,
    TimeSummary,
)

__all__ = [
    "Analysis",
    "Buckets",
    "EntityKey",
    "EntitySummary",
    "Method",
    "Pattern",
    "Period",
    "Recommendation",
    "TemporalAnomaly",
    "TimeSummary",
    "analyze",
]
