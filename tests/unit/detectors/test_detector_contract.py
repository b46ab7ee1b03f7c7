"""Every detector of the registry keeps the contract, and the checks notice one that does not."""

from __future__ import annotations

import pytest

from detectors import checks, registry
from detectors.base import Observation, Verdict
from detectors.spend import SpendDetector

CHECKS = {check.__name__: check for check in checks.yield_checks()}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize("name", registry.names())
def test_every_detector_keeps_the_contract(name, check):
    check(lambda: registry.create(name))


class LearnsWhileJudging(SpendDetector):
    def judge(self, observation: Observation) -> Verdict:
        verdict = super().judge(observation)
        super().learn(observation)
        return verdict


class AcceptsAnything(SpendDetector):
    def judge(self, observation: Observation) -> Verdict:
        return Verdict(0.5, False, 0.0, 0.0, 0.0, "whatever", False)


class ForgetsItself(SpendDetector):
    def restore(self, state) -> None:
        super().restore(state)
        self._forget()


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (LearnsWhileJudging, "check_judging_changes_nothing"),
        (AcceptsAnything, "check_useless_input_is_refused"),
        (ForgetsItself, "check_snapshot_keeps_everything"),
    ],
)
def test_a_broken_detector_fails_the_check_that_is_meant_for_it(broken, check):
    with pytest.raises(AssertionError):
        CHECKS[check](broken)
