"""Every detector is an estimator of river: its checks, its pipelines, its evaluation, its filters.

Of a supervised anomaly detector river checks the general rules only, since it has no data set for
that kind. The data-driven checks are run on the unsupervised view of each detector, with windows of
ours in place of river's credit-card rows, which have no stamps and would have to be downloaded. Left
out is `check_roc_auc` alone, which needs scikit-learn; river's own rolling curve asks for more below.
"""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from river import anomaly, base, checks, compose, evaluate, metrics
from river.checks import common

from detectors import registry
from detectors.base import DetectorError
from detectors.checks import HOUR, START, ordinary_weeks
from detectors.unsupervised import Unsupervised

NAMES = registry.names()
QUICK = [name for name in NAMES if name != "local_outlier_factor"]
FAULTS = range(250, 336, 17)


def make(name):
    tuned = {"grace": 100} if name not in ("spend", "level", "generic") else {}
    return registry.create(name, **tuned)


def labelled(count=336):
    """Return two ordinary weeks as features and labels, with a fault now and then in the second."""
    for number, one in enumerate(ordinary_weeks()[:count]):
        fault = number in FAULTS
        yield {"at": one.at, "span": one.span, "value": one.value * (10.0 if fault else 1.0)}, fault


def targets():
    return [({"at": one.at, "span": one.span}, one.value) for one in ordinary_weeks()]


def run_rivers_checks(model, monkeypatch):
    def datasets(model, scale=1):
        return [list(labelled())] if isinstance(model, base.AnomalyDetector) else []

    monkeypatch.setattr(checks, "_yield_datasets", datasets)
    done = [check for check in checks.yield_checks(model) if check.__name__ != "check_roc_auc"]
    for check in done:
        check(model.clone())
    return {check.__name__ for check in done}


@pytest.mark.parametrize("name", NAMES)
def test_every_detector_passes_rivers_checks_of_estimators(name, monkeypatch):
    assert len(run_rivers_checks(registry.create(name), monkeypatch)) >= 14


@pytest.mark.parametrize("name", QUICK)
def test_every_detector_passes_rivers_checks_of_unsupervised_detectors(name, monkeypatch):
    done = run_rivers_checks(Unsupervised(make(name)), monkeypatch)
    assert {"check_radically_disappearing_features", "check_bounded_memory_growth"} <= done


@pytest.mark.parametrize(
    "check",
    [common.check_learn_one, common.check_no_state_aliasing_with_input, common.check_clone_is_independent],
    ids=lambda check: check.__name__,
)
@pytest.mark.parametrize("name", QUICK)
def test_a_check_of_river_passes_with_the_value_as_target(name, check):
    check(make(name), dataset=targets())


@pytest.mark.parametrize("name", QUICK)
def test_rivers_verbs_do_what_ours_do(name):
    ours, rivers = make(name), make(name)
    for observation in ordinary_weeks():
        x = {"at": observation.at, "span": observation.span}
        assert rivers.score_one(x, observation.value) == ours.judge(observation).score
        rivers.learn_one(x, observation.value)
        ours.learn(observation)


def window(x):
    """Turn a row that counts its hours into the features of a window, the value if there is one."""
    return {"at": START + x["hour"] * HOUR, "span": HOUR} | {key: x[key] for key in x if key == "value"}


@pytest.mark.parametrize("name", QUICK)
def test_a_detector_ends_a_pipeline_of_river(name):
    alone = make(name)
    piped = compose.FuncTransformer(window) | Unsupervised(make(name))
    for hour, one in enumerate(ordinary_weeks()):
        piped.learn_one({"hour": hour, "value": one.value})
        alone.learn(one)
    for value in (12.0, 400.0):
        score = alone.score_one({"at": START + 336 * HOUR, "span": HOUR}, value)
        assert piped.score_one({"hour": 336, "value": value}) == score
    assert piped.clone().score_one({"hour": 336, "value": 400.0}) == 0.0


def test_with_the_value_as_target_a_pipeline_learns_and_its_last_step_scores():
    """River 0.26 passes no target on when a pipeline scores, not to its own detectors either."""
    piped = compose.FuncTransformer(window) | make("level")
    for hour, one in enumerate(ordinary_weeks()):
        piped.learn_one({"hour": hour}, one.value)
    with pytest.raises(TypeError, match="'y'"):
        piped.score_one({"hour": 336}, y=400.0)
    assert piped["LevelDetector"].score_one(piped.transform_one({"hour": 336}), 400.0) > 0.8


@pytest.mark.parametrize("name", QUICK)
def test_river_evaluates_a_detector_by_the_area_under_its_curve(name):
    score = evaluate.progressive_val_score(labelled(), Unsupervised(make(name)), metrics.RollingROCAUC(window_size=200))
    assert score.get() > 0.8


def test_river_evaluates_step_by_step():
    steps = evaluate.iter_progressive_val_score(
        labelled(), Unsupervised(make("level")), metrics.ROCAUC(n_thresholds=50), step=112
    )
    assert [one["Step"] for one in steps] == [112, 224, 336]


def test_river_refuses_to_evaluate_what_takes_the_value_as_target():
    with pytest.raises(ValueError, match="not compatible"):
        evaluate.progressive_val_score(labelled(), make("level"), metrics.ROCAUC())


def test_a_filter_of_river_takes_a_detector():
    sieve = anomaly.QuantileFilter(Unsupervised(make("level")), q=0.98)
    told = []
    for x, fault in labelled():
        if sieve.classify(sieve.score_one(x)) and x["at"] >= START + timedelta(days=8):
            told.append(fault)
        sieve.learn_one(x)
    assert sum(told) == len(FAULTS)


@pytest.mark.parametrize("missing", ["at", "span", "value"])
def test_a_row_that_lacks_a_feature_scores_nothing_and_teaches_nothing(missing):
    model = Unsupervised(make("level"))
    x, _ = next(labelled())
    del x[missing]
    model.learn_one(x)
    assert model.score_one(x) == 0.0
    assert model.detector.state() == make("level").state()


def test_a_value_that_is_no_number_is_refused_there_as_well():
    x, _ = next(labelled())
    with pytest.raises(DetectorError, match="leave the window"):
        Unsupervised(make("level")).learn_one(x | {"value": math.nan})
