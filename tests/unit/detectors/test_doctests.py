"""The examples in the docstrings of the detectors say what is true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import detectors

MODULES = sorted(one.name for one in pkgutil.walk_packages(detectors.__path__, "detectors."))
SHOWN = ("detectors.spend", "detectors.level", "detectors.generic", "detectors.river_adapter", "detectors.unsupervised")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name not in SHOWN
