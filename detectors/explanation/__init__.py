"""Explanation of an episode: who brought what is beyond the ordinary, and what made it."""

from detectors.explanation.explain import explain, explain_amount, explain_ratio
from detectors.explanation.results import Contributor, Driver, Effect, Explanation
from detectors.explanation.sentence import outstanding, reasons
from detectors.explanation.usage import Amounts, Cells, Labels, Ratio, Ratios, Usage, labels_at

__all__ = [
    "Amounts",
    "Cells",
    "Contributor",
    "Driver",
    "Effect",
    "Explanation",
    "Labels",
    "Ratio",
    "Ratios",
    "Usage",
    "explain",
    "explain_amount",
    "explain_ratio",
    "labels_at",
    "outstanding",
    "reasons",
]
