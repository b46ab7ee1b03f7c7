"""Our detectors pass river's own estimator checks, as far as those can be applied.

River's data-driven checks hand out credit-card rows to unsupervised detectors only, so they are
fed with observations here. Left out: the checks that drop features, because `at` and `span` are
not optional, and those that compare predictions, because river 0.26 asks a supervised anomaly
detector for `predict_one`, which none has. `check_judging_changes_nothing` and
`check_pickle_keeps_everything` of our own contract cover the same ground.
"""

from __future__ import annotations

import pytest
from river.checks import common

from detectors import registry
from detectors.checks import ordinary_weeks

GENERAL = [
    common.check_repr,
    common.check_str,
    common.check_tags,
    common.check_clone_same_class,
    common.check_clone_is_idempotent,
    common.check_init_has_default_params_for_tests,
    common.check_init_default_params_are_not_mutable,
    common.check_doc,
    common.check_clone_changes_memory_addresses,
    common.check_mutate_can_be_idempotent,
    common.check_pickling_supports_roundtrip,
    common.check_repr_roundtrips_clone,
    common.check_clone_with_new_params_applies,
    common.check_get_params_matches_signature,
]
WITH_DATA = [
    common.check_learn_one,
    common.check_predict_one_pure,
    common.check_no_state_aliasing_with_input,
    common.check_clone_is_independent,
    common.check_bounded_memory_growth,
]
NAMES = ["spend", "level", "gaussian"]


def dataset():
    return [({"at": one.at, "span": one.span}, one.value) for one in ordinary_weeks()]


@pytest.mark.parametrize("check", GENERAL, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_general_check_of_river_passes(name, check):
    check(registry.create(name))


@pytest.mark.parametrize("check", WITH_DATA, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_data_driven_check_of_river_passes(name, check):
    check(registry.create(name), dataset=dataset())


@pytest.mark.parametrize("name", NAMES)
def test_rivers_verbs_do_what_ours_do(name):
    ours, rivers = registry.create(name), registry.create(name)
    for observation in ordinary_weeks():
        x = {"at": observation.at, "span": observation.span}
        assert rivers.score_one(x, observation.value) == ours.judge(observation).score
        rivers.learn_one(x, observation.value)
        ours.learn(observation)
