"""Explanation of an episode: who spent the dollars beyond the ordinary, and what made them."""

from detectors.explanation.explain import explain
from detectors.explanation.results import Contributor, Driver, Effect, Explanation
from detectors.explanation.usage import Cells, Labels, Usage

__all__ = ["Cells", "Contributor", "Driver", "Effect", "Explanation", "Labels", "Usage", "explain"]
