"""How each of river's own anomaly detectors is built, asked and taught.

Predictive anomaly detection is left out: its `score_one` changes its statistics, so judging a
window would teach it, and its score stops at 1.0, so the worst values would all tie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from detectors.reasons import BELOW_ONE, score_of

TINY = 1e-10
TREE_WINDOW = 100  # windows


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one of river's detectors is built, asked and taught.

    Attributes:
        summary: What it is, in a sentence.
        build: Makes a fresh model from a seed; importing river.anomaly happens here.
        ask: Returns the model's raw score of a value.
        teach: Shows the model a value.
        squash: Maps raw scores into [0, 1), strictly increasing.
        in_deviations: Whether raw scores are standard deviations, so that the band can be exact.
        fill: Windows that the model needs before it scores anything at all.
    """

    summary: str
    build: Callable[[int], Any]
    ask: Callable[[Any, float], float]
    teach: Callable[[Any, float], None]
    squash: Callable[[float], float]
    in_deviations: bool = False
    fill: int = 0


def _gaussian(_seed: int) -> Any:
    from river import anomaly  # heavy, so only when chosen

    return anomaly.GaussianScorer(grace_period=0)


def _sad(_seed: int) -> Any:
    from river import anomaly  # heavy, so only when chosen

    return anomaly.StandardAbsoluteDeviation()


def _half_space_trees(seed: int) -> Any:
    from river import anomaly, preprocessing  # heavy, so only when chosen

    return preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(window_size=TREE_WINDOW, seed=seed)


def _loda(seed: int) -> Any:
    from river import anomaly, preprocessing  # heavy, so only when chosen

    return preprocessing.StandardScaler() | anomaly.LODA(n_random_cuts=20, seed=seed)


def _one_class_svm(_seed: int) -> Any:
    from river import anomaly, compose, preprocessing  # heavy, so only when chosen

    # The boundary is a straight line; on distances it can tell both sides from the middle.
    distance = compose.FuncTransformer(_distance)
    return preprocessing.StandardScaler() | distance | anomaly.OneClassSVM()


def _local_outlier_factor(_seed: int) -> Any:
    from river import anomaly  # heavy, so only when chosen

    return anomaly.LocalOutlierFactor(n_neighbors=20)


def _distance(features: dict[str, float]) -> dict[str, float]:
    return {"distance": abs(features["value"])}


def _ask_gaussian(model: Any, value: float) -> float:
    # score_one is exactly 1.0 beyond eight deviations; the deviations themselves never tie.
    return float(abs(value - model.gaussian.mu) / (model.gaussian.sigma + TINY))


def _ask_target(model: Any, value: float) -> float:
    return float(model.score_one(None, value))


def _teach_target(model: Any, value: float) -> None:
    model.learn_one(None, value)


def _ask_features(model: Any, value: float) -> float:
    return float(model.score_one({"value": value}))


def _teach_features(model: Any, value: float) -> None:
    model.learn_one({"value": value})


def _below_one(raw: float) -> float:
    return raw * (1.0 - 1e-9)


def _from_any_number(raw: float) -> float:
    return min(0.5 * (1.0 + raw / (1.0 + abs(raw))), BELOW_ONE)


RECIPES = {
    "gaussian": Recipe(
        "Distance from the mean of everything so far, in standard deviations (GaussianScorer).",
        _gaussian,
        _ask_gaussian,
        _teach_target,
        score_of,
        in_deviations=True,
    ),
    "half_space_trees": Recipe(
        "How rarely values fall into the same random half-spaces (HalfSpaceTrees); 170 KB a series.",
        _half_space_trees,
        _ask_features,
        _teach_features,
        _below_one,
        fill=TREE_WINDOW,
    ),
    "local_outlier_factor": Recipe(
        "How lonely a value is among the last 1000 (LocalOutlierFactor); slow.",
        _local_outlier_factor,
        _ask_features,
        _teach_features,
        score_of,
    ),
    "loda": Recipe(
        "How improbable a value is under a set of histograms (LODA).",
        _loda,
        _ask_features,
        _teach_features,
        _from_any_number,
    ),
    "one_class_svm": Recipe(
        "Side of a learnt boundary, on distances from the mean (OneClassSVM).",
        _one_class_svm,
        _ask_features,
        _teach_features,
        _from_any_number,
    ),
    "sad": Recipe(
        "Standard absolute deviation from the running mean (StandardAbsoluteDeviation).",
        _sad,
        _ask_target,
        _teach_target,
        score_of,
        in_deviations=True,
    ),
}
